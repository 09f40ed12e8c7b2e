"""What every registered planner promises: a valid plan, the same in any process, on anything that is a workflow."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.check import check_plan
from planners.planner import Planner
from planners.registry import make_planner, planner_names
from platforms import Platform
from tests.planners.examples import all_planners, chain, evaluator_of, platforms, roots, round_platform, star, workflows
from tests.support import ROOT
from workloads import InvalidInput, Workflow, WorkflowBuilder, load_workflow

PLANNERS = all_planners()
each_planner = pytest.mark.parametrize("planner", PLANNERS, ids=str)


def two_tasks(**second: float) -> Workflow:
    builder = WorkflowBuilder("two")
    builder.add_task("a", cpu_s=1.0)
    builder.add_task("b", **{"cpu_s": 1.0} | second, after=["a"])  # type: ignore[arg-type]
    return builder.build()


@given(workflows(), platforms(), st.sampled_from(PLANNERS))
def test_a_plan_is_valid(workflow: Workflow, platform: Platform, planner: Planner) -> None:
    # One worker for all may exceed the maximum duration, groups of siblings may keep each other from starting.
    in_the_way = {"all-on-one": "max_duration_s", "uniform": "concurrency"}.get(planner.name)
    if in_the_way:
        platform = platform.model_copy(update={"limits": platform.limits.model_copy(update={in_the_way: None})})
    plan = planner.plan(workflow, platform, evaluator_of(workflow, platform))
    assert check_plan(plan, workflow, platform) == ()
    assert plan.planner == str(planner)


@given(workflows(), platforms(), st.sampled_from(PLANNERS))
def test_planning_twice_gives_one_plan(workflow: Workflow, platform: Platform, planner: Planner) -> None:
    assert planner.plan(workflow, platform, evaluator_of(workflow, platform)) == planner.plan(
        workflow, platform, evaluator_of(workflow, platform)
    )


@each_planner
@pytest.mark.parametrize(
    "workflow",
    [
        roots(1.0),
        roots(0.0, 0.0, 0.0),
        chain(1.0, 2.0, 3.0, size_bytes=1_000_000),
        chain(0.0, 0.0, 0.0),
        star(1.0, 2.0, 3.0, 4.0, 5.0, size_bytes=1_000_000),
        star(0.0, 0.0, 0.0, root_s=0.0),
    ],
    ids=["one", "free roots", "chain", "free chain", "star", "free star"],
)
def test_small_and_free_ones(planner: Planner, workflow: Workflow) -> None:
    platform = round_platform()
    plan = planner.plan(workflow, platform, evaluator_of(workflow, platform))
    assert check_plan(plan, workflow, platform) == ()
    assert sorted(plan.priority) == list(range(workflow.n_tasks))


@each_planner
@pytest.mark.parametrize(
    "spec", ["gen:chain,depth=10000", "gen:forkjoin,width=9998", "gen:layered,width=100,depth=100"]
)
def test_ten_thousand_tasks(planner: Planner, spec: str) -> None:
    workflow, platform = load_workflow(spec), round_platform()
    assert workflow.n_tasks == 10_000
    assert check_plan(planner.plan(workflow, platform, evaluator_of(workflow, platform)), workflow, platform) == ()


def test_the_hash_seed_decides_nothing() -> None:
    script = (
        "import sys, msgspec\n"
        "from planners.registry import make_planner, planner_names\n"
        "from platforms import load_platform\n"
        "from workloads import load_workflow\n"
        "workflow = load_workflow('gen:layered,width=7,depth=6,seed=3')\n"
        "platform = load_platform('aws-lambda-s3')\n"
        "plans = [make_planner(name).plan(workflow, platform) for name in planner_names()]\n"
        "sys.stdout.buffer.write(msgspec.json.encode(plans))\n"
    )
    written = {
        subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env={"PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(written) == 1
    assert len(msgspec.json.decode(written.pop())) == len(planner_names())


class TestSizes:
    @each_planner
    def test_the_default_grows_to_the_largest_floor(self, planner: Planner) -> None:
        workflow = two_tasks(memory_mb=5000.5)
        if getattr(planner, "size_mb", None) is not None:
            with pytest.raises(InvalidInput, match=r"at least 5000\.5 MB, the memory floor of task 'b'"):
                planner.plan(workflow, round_platform())
            return
        plan = planner.plan(workflow, round_platform())
        assert {plan.size_of(task) for task in range(2)} == {5001}
        assert plan.notes == ("size raised from the default of 1769 MB to 5001 MB, the largest memory floor",)

    @each_planner
    def test_a_floor_beyond_all_sizes_is_refused(self, planner: Planner) -> None:
        with pytest.raises(InvalidInput, match="20000"):
            planner.plan(two_tasks(memory_mb=20_000.0), round_platform())

    @pytest.mark.parametrize("name", planner_names())
    def test_every_fault_of_a_size_at_once(self, name: str) -> None:
        planner = make_planner(f"{name}[size_mb=64]")
        with pytest.raises(InvalidInput) as refused:
            planner.plan(two_tasks(memory_mb=100.0), round_platform())
        assert [fault.expected for fault in refused.value.faults] == [
            "a size from 128 to 10240 MB in steps of 1",
            "at least 100 MB, the memory floor of task 'b'",
        ]

    @pytest.mark.parametrize("name", planner_names())
    def test_steps_between_sizes(self, name: str) -> None:
        platform = round_platform(step_mb=100, default_mb=128, min_mb=128, max_mb=328)
        plan = make_planner(name).plan(two_tasks(memory_mb=200.0), platform)
        assert plan.size_of(0) == 228
        with pytest.raises(InvalidInput, match="at most 328 MB, the largest size of ideal"):
            make_planner(name).plan(two_tasks(memory_mb=329.0), platform)


def test_one_per_task() -> None:
    plan = make_planner("one-per-task").plan(chain(1.0, 2.0, 3.0), round_platform())
    assert plan.assignment == (0, 1, 2)
    assert [worker.name for worker in plan.workers] == ["w0", "w1", "w2"]
    assert all(worker.hold for worker in plan.workers)


def test_all_on_one_takes_the_longest_path_first() -> None:
    plan = make_planner("all-on-one").plan(star(1.0, 5.0, 3.0), round_platform())
    assert plan.assignment == (0, 0, 0, 0)
    assert plan.priority == (0, 3, 1, 2)
    assert len(plan.workers) == 1
