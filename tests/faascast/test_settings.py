"""Settings hold wherever they fit, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pytest

from faascast.faults import BadInput
from faascast.settings import parameters_of, plain_value, resolve
from planners.evaluator import Evaluator
from planners.plan import Plan
from planners.planner import Planner
from platforms import Platform, load_platform
from workloads import Workflow
from workloads.parameters import Figure


@dataclass(frozen=True)
class Greedy(Planner):
    """A planner that nobody registered."""

    name: ClassVar[str] = "greedy"

    depth: Annotated[int, Figure("how far it looks", "tasks", least=1)] = 2

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        raise NotImplementedError


def faults(*arguments: object) -> tuple[str, ...]:
    with pytest.raises(BadInput) as raised:
        resolve(*arguments)  # type: ignore[arg-type]
    return raised.value.faults


def test_a_size_is_the_planners_parameter_and_the_platforms_default() -> None:
    resolved = resolve(["heft", "uniform[size_mb=1024]", "wukong"], "aws-lambda-s3", {"size_mb": "512"})
    assert [*map(str, resolved.planners)] == ["heft[size_mb=512]", "uniform[size_mb=1024]", "wukong[size_mb=512]"]
    assert resolved.asked == ("heft", "uniform[size_mb=1024]", "wukong")
    assert resolved.platform.sizes.default_mb == 512
    [use] = resolved.uses
    assert (use.fields, use.planners) == (("sizes.default_mb",), ("heft", "wukong"))
    assert str(use) == "size_mb = 512 sets sizes.default_mb; size_mb of heft, wukong"


def test_a_parameter_at_its_default_in_brackets_is_said_too() -> None:
    [planner] = resolve(["uniform[group=3]"], "ideal", {"size_mb": "512"}).planners
    assert str(planner) == "uniform[size_mb=512]"
    with pytest.raises(BadInput, match="uniform says its own in brackets"):
        resolve(["uniform[group=3]"], "ideal", {"group": "5"})


def test_a_platform_field_leaves_planners_alone() -> None:
    resolved = resolve(["heft"], "aws-lambda-s3", {"keep_alive_s": "60", "start.warm_s": "0.5"})
    assert [*map(str, resolved.planners)] == ["heft"]
    assert resolved.platform.keep_alive.duration_s == 60  # type: ignore[union-attr]
    assert resolved.platform.start.warm_s.mean_s == 0.5


def test_values_need_not_be_text() -> None:
    by_value = resolve(["uniform"], "aws-lambda-s3", {"group": 5, "keep_alive_s": 60, "size_mb": 1024})
    by_text = resolve(["uniform"], "aws-lambda-s3", {"group": "5", "keep_alive_s": "60", "size_mb": "1024"})
    assert by_value.planners == by_text.planners
    assert by_value.platform.fingerprint == by_text.platform.fingerprint


def test_planners_and_platforms_that_are_made_already() -> None:
    platform = load_platform("local")
    resolved = resolve([Greedy(depth=3), Greedy()], platform, {"depth": 4, "keep_alive_s": 5})
    assert resolved.planners == (Greedy(depth=3), Greedy(depth=4))
    assert resolved.platform.keep_alive.duration_s == 5  # type: ignore[union-attr]
    assert platform != resolved.platform


def test_without_settings_nothing_changes() -> None:
    platform = load_platform("local")
    resolved = resolve(["heft"], platform)
    assert resolved.platform == platform
    assert resolved.uses == ()


def test_a_setting_that_fits_nowhere_is_told_with_what_is_near() -> None:
    [fault] = faults(["uniform"], "ideal", {"grop": "2"})
    assert "grop" in fault
    assert "perhaps group of uniform" in fault
    [fault] = faults(["uniform"], "ideal", {"keep_alive_x": "2"})
    assert "perhaps keep_alive" in fault


def test_all_faults_are_told_at_once() -> None:
    found = faults(["hefd", "uniform[grp=3]"], "aws-lambda-s4", {"keep_alive_s": "60"})
    assert len(found) == 3
    assert "hefd" in found[0]
    assert "grp" in found[1]
    assert "aws-lambda-s4" in found[2]


def test_what_is_not_simulated_yet_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platforms.platform.NOT_SIMULATED_YET", {"network.model": "independent", "cpu.slots": None})
    assert faults(["heft"], "aws-lambda-s3", {"network.model": "shared", "cpu.slots": "2"}) == (
        "platform aws-lambda-s3: network.model is set, but is not simulated yet",
        "platform aws-lambda-s3: cpu.slots is set, but is not simulated yet",
    )


def test_a_bad_value_is_told_by_both_that_it_is_for() -> None:
    found = faults(["heft"], "aws-lambda-s3", {"size_mb": "-3"})
    assert [fault.partition(" is ")[0] for fault in found] == [
        "aws-lambda-s3: sizes.default_mb",
        "planner heft: size_mb",
    ]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("60", 60),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("inf", "inf"),
        ("true", True),
        (False, False),
        (7, 7),
        ("fair", "fair"),
    ],
)
def test_settings_are_told_as_plain_data(value: object, plain: object) -> None:
    assert plain_value(value) == plain
    assert type(plain_value(value)) is type(plain)


def test_parameters_are_the_settings() -> None:
    assert parameters_of(resolve(["uniform"], "ideal", {"group": "5"}).uses) == {"group": 5}
