"""What `import faascast` gives, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import faascast
from planners.registry import make_planner
from workloads import load_workflow

FORK = "gen:forkjoin,width=4"


@pytest.mark.parametrize("name", faascast.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(faascast, name).__name__ == name
    assert name in dir(faascast)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = faascast.simulat  # type: ignore[attr-defined]


def test_importing_it_imports_nothing_else() -> None:
    probe = "import sys; before = set(sys.modules); import faascast; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert not {name.partition(".")[0] for name in done.stdout.split()} & {
        "numpy",
        "pydantic",
        "simpy",
        "scipy",
        "typer",
    }


def test_a_simulation_takes_names_or_objects(tmp_path: Path) -> None:
    workflow, platform = load_workflow(FORK), faascast.load_platform("aws-lambda-s3")
    plan = make_planner("uniform").plan(workflow, platform)
    runs = [
        faascast.simulate(FORK, "uniform", "aws-lambda-s3", seed=4),
        faascast.simulate(workflow, make_planner("uniform"), platform, seed=4),
        faascast.simulate(workflow, plan, platform, seed=4),
    ]
    assert len({run.makespan_ns for run in runs}) == 1
    assert runs[0].tasks.to_pandas()["task"].nunique() == 6


def test_without_a_seed_one_is_drawn_and_recorded() -> None:
    first, second = (faascast.simulate(FORK, "heft") for _ in range(2))
    assert first.seed != second.seed
    assert faascast.simulate(FORK, "heft", seed=first.seed).makespan_ns == first.makespan_ns


def test_a_run_that_fails_is_returned() -> None:
    settings = {"max_duration_s": 13.52, "max_attempts": 1, "noise.sigma": 0}
    run = faascast.simulate("gen:chain,depth=1,cpu_s=13.5", "heft", seed=1, settings=settings)
    assert run.status == "failed"
    assert run.makespan_s is None


def test_bad_input_is_raised_with_all_its_faults() -> None:
    with pytest.raises(faascast.BadInput) as raised:
        faascast.simulate("nope", "hefd", "nowhere", seed=-1)
    assert len(raised.value.faults) == 4
    assert str(raised.value) == "\n".join(raised.value.faults)


def test_a_plan_of_another_workflow_is_refused() -> None:
    platform = faascast.load_platform("aws-lambda-s3")
    plan = make_planner("heft").plan(load_workflow("gen:chain,depth=3"), platform)
    with pytest.raises(faascast.BadInput, match="fingerprint"):
        faascast.simulate(FORK, plan, platform)


def test_a_plan_has_its_sizes() -> None:
    workflow, platform = load_workflow(FORK), faascast.load_platform("aws-lambda-s3")
    plan = make_planner("heft").plan(workflow, platform)
    with pytest.raises(faascast.BadInput, match="the plan says the size of every worker"):
        faascast.simulate(workflow, plan, platform, settings={"size_mb": 512})
