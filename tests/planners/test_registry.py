"""Planners by name and parameters."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Annotated, ClassVar

import pytest

from planners import registry, switches
from planners.evaluator import Evaluator
from planners.parameters import parameters_of
from planners.plan import Plan
from planners.planner import Planner
from planners.registry import make_planner, planner_descriptions, planner_names, split_specs
from planners.switches import all_switches
from planners.uniform import Uniform
from platforms import Platform, load_platform
from workloads import InvalidInput, Workflow, load_workflow
from workloads.parameters import Figure


@dataclass(frozen=True)
class Every(Planner):
    """One parameter of each kind."""

    name: ClassVar[str] = "every"

    whole: Annotated[int, Figure("how many", "tasks", least=1, most=9)] = 3
    share: Annotated[float | None, Figure("how much", "1")] = None
    wild: Annotated[bool, Figure("whether", "")] = False
    word: Annotated[str, Figure("which", "")] = "x"

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        raise NotImplementedError


@pytest.fixture
def every(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("every", "tests.planners.test_registry:Every", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry, EntryPoint("every", "no:Such", group)])


def faults_of(spec: str) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        make_planner(spec)
    return [str(fault) for fault in refused.value.faults]


def test_those_of_this_package() -> None:
    names = planner_names()
    assert list(names) == sorted(names)
    assert {"all-on-one", "heft", "non-uniform", "one-per-task", "uniform", "wukong"} <= set(names)


def test_an_entry_point_is_found_by_the_name_of_its_planner() -> None:
    for name in planner_names():
        assert make_planner(name).name == name
        assert str(make_planner(name)) == name


def test_parameters() -> None:
    assert make_planner("uniform[size_mb=512, group = 4]") == Uniform(size_mb=512, group=4)
    assert make_planner(" uniform [] ") == Uniform()
    assert make_planner("uniform[size_mb=none]") == Uniform()


@pytest.mark.parametrize(
    ("spec", "canonical"),
    [
        ("uniform[group=4,size_mb=512]", "uniform[size_mb=512,group=4]"),
        ("uniform[group=3]", "uniform"),
        ("heft[size_mb=0512]", "heft[size_mb=512]"),
        ("heft[sla=95]", "heft[sla=p95]"),
        ("heft[sla=p99.90]", "heft[sla=p99.9]"),
        ("heft[sla=average]", "heft"),
        ("heft[optimizations= prewarm + preload]", "heft[optimizations=preload+prewarm]"),
        ("heft[optimizations=all]", "heft[optimizations=all]"),
        ("heft[sizes=2048+1024+02048]", "heft[sizes=1024+2048]"),
        ("heft[sizes=auto]", "heft[sizes=auto]"),
        ("refined[sizes= 3008 + 512 ]", "refined[sizes=512+3008]"),
    ],
)
def test_canonical_name(spec: str, canonical: str) -> None:
    assert str(make_planner(spec)) == canonical
    assert make_planner(canonical) == make_planner(spec)


@pytest.mark.usefixtures("every")
def test_every_kind_of_parameter_both_ways() -> None:
    spec = "every[whole=2,share=0.25,wild=true,word=yes]"
    planner = make_planner(spec)
    assert planner == Every(2, 0.25, True, "yes")
    assert str(planner) == spec
    assert make_planner("every[share=none,wild=false]") == Every()
    assert str(Every(share=0.0)) == "every[share=0.0]"


@pytest.mark.usefixtures("every")
def test_all_that_is_wrong_with_parameters_at_once() -> None:
    assert faults_of("every[whole=2.5,share=nan,wild=1,wrod=x]") == [
        "planner every: whole is '2.5'; expected a whole number from 1 to 9 (how many)",
        "planner every: share is nan; expected a finite number ≥ 0, or none (how much)",
        "planner every: wild is '1'; expected true or false (whether)",
        "planner every: wrod is 'x'; expected 'word'? one of optimizations, sla, whole, share, wild, word",
    ]
    assert faults_of("every[share=inf]") == [
        "planner every: share is inf; expected a finite number ≥ 0, or none (how much)"
    ]
    assert faults_of("every[whole=10,share=-1]") == [
        "planner every: whole is 10; expected a whole number from 1 to 9 (how many)",
        "planner every: share is -1.0; expected a finite number ≥ 0, or none (how much)",
    ]


def test_texts_with_rules_of_their_own_are_read_before_anything_is_planned() -> None:
    assert faults_of("stepconf[sizes=512+1.5+x,optimizations=prewarn+stream+stream,sla=p100]") == [
        "planner stepconf: sizes is '1.5'; expected whole numbers of MB, as 2048+4096",
        "planner stepconf: sizes is 'x'; expected whole numbers of MB, as 2048+4096",
        f"planner stepconf: optimizations is 'prewarn'; expected 'prewarm'? one of {', '.join(all_switches())}",
        "planner stepconf: optimizations is 'stream'; expected each optimization once",
        "planner stepconf: sla is 'p100'; expected average, or a percentile between 0 and 100, as p95",
    ]
    assert faults_of("heft[sizes=automatic]") == [
        "planner heft: sizes is 'automatic'; expected whole numbers of MB, as 2048+4096",
    ]


def test_an_unknown_name_gets_the_nearest() -> None:
    assert faults_of("unifrom") == [
        f"planner: name is 'unifrom'; expected 'uniform'? one of {', '.join(planner_names())}"
    ]
    assert faults_of("zzz")[0].endswith(f"expected one of {', '.join(planner_names())}")


@pytest.mark.parametrize("spec", ["", "uniform[", "uniform]", "uniform[a=1]]", "[size_mb=1]", "uni form"])
def test_not_a_name(spec: str) -> None:
    assert faults_of(spec) == [f"planner is {spec!r}; expected name or name[parameter=value,…]"]


def test_malformed_parameters_are_all_named() -> None:
    found = faults_of("uniform[size_mb,group=1,group=2,=3]")
    assert [fault.split(" is ")[0] for fault in found] == ["planner: size_mb", "planner: group"]


def test_lists_split_outside_brackets() -> None:
    assert split_specs("wukong, uniform[size_mb=512,group=4],,heft") == (
        "wukong",
        "uniform[size_mb=512,group=4]",
        "heft",
    )


def test_descriptions_are_a_line_and_the_parameters() -> None:
    descriptions = {each.name: each for each in planner_descriptions()}
    assert tuple(descriptions) == planner_names()
    for each in descriptions.values():
        assert each.summary.endswith(".")
        assert [parameter.name for parameter in each.parameters][:2] == ["optimizations", "sla"]
    [group] = [parameter for parameter in descriptions["uniform"].parameters if parameter.name == "group"]
    assert (group.name, group.default, group.expected) == ("group", 3, "a whole number ≥ 1")


def test_a_parameter_of_another_type_is_a_mistake_of_the_planner() -> None:
    @dataclass(frozen=True)
    class Wrong(Every):
        many: Annotated[list[int] | None, Figure("no", "")] = None

    with pytest.raises(TypeError, match="parameter many"):
        parameters_of(Wrong)


@dataclass(frozen=True)
class Unreadable(Planner):
    """With a parameter that cannot be read from text."""

    name: ClassVar[str] = "unreadable"

    level: int = 3

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        raise NotImplementedError


@dataclass(frozen=True)
class Nameless(Planner):
    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        raise NotImplementedError


class Undecided(Planner):
    name = "undecided"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("no_such_package:Planner", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("tests.planners.test_registry:NoSuch", "AttributeError: "),
        ("tests.planners.test_registry:faults_of", "expected a class derived from Planner that writes decide"),
        ("tests.planners.test_registry:Undecided", "expected a class derived from Planner that writes decide"),
        ("tests.planners.test_registry:Nameless", "name is missing; expected the planner's name"),
        ("tests.planners.test_registry:Unreadable", "parameter level: "),
    ],
)
def test_what_is_registered_and_no_planner_is_told(value: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("theirs", value, registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    [fault] = faults_of("theirs")
    assert fault.startswith("entry point theirs of faascast.planners")
    assert told in fault
    [description] = planner_descriptions()
    assert (description.name, description.parameters) == ("theirs", ())
    assert description.summary == f"cannot be used: {fault}"


def test_a_planner_has_to_return_a_plan() -> None:
    class Empty(Planner):
        name = "empty"

        def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
            return None  # type: ignore[return-value]

    with pytest.raises(TypeError, match="decide of empty returned NoneType, not a Plan"):
        Empty().plan(load_workflow("gemm"), load_platform("aws-lambda-s3"))


def test_an_optimization_that_cannot_be_imported_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("theirs", "no_such_package:Switch", switches.GROUP)
    monkeypatch.setattr(switches, "entry_points", lambda group: [entry])
    switches.all_switches.cache_clear()
    with pytest.raises(InvalidInput, match=r"entry point theirs of faascast\.optimizations is .*no_such_package"):
        switches.make_switches("all")
    switches.all_switches.cache_clear()
