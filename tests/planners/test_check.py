"""Every fault of a plan, all at once, and what is merely doubtful."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from planners.check import check_plan, plan_warnings
from planners.orders import Duplicate, Orders
from planners.plan import Plan, PlannedWorker, Prewarm
from planners.registry import make_planner
from platforms import Platform
from tests.planners.examples import SIZE_MB, chain, roots, round_platform, star
from tests.planners.test_bounds import plan_of
from workloads import Workflow, WorkflowBuilder

CHAIN = chain(1.0, 1.0, 1.0)


def errors(plan: Plan, workflow: Workflow = CHAIN, **overrides: object) -> dict[str, str]:
    """What was expected, by field."""
    return {fault.field: fault.expected for fault in check_plan(plan, workflow, round_platform(**overrides))}


def warnings(plan: Plan, workflow: Workflow, platform: Platform) -> list[str]:
    assert check_plan(plan, workflow, platform) == ()
    return [str(fault) for fault in plan_warnings(plan, workflow, platform)]


def test_nothing_wrong() -> None:
    assert errors(plan_of(CHAIN, 0, None, 1)) == {}


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"workflow": "other"}, "workflow", f"{CHAIN.fingerprint}, the fingerprint of 'chain'"),
        ({"priority": (0, 1)}, "priority", "an entry for each of the 3 tasks"),
        ({"assignment": (0, 1, 0, 0)}, "assignment", "an entry for each of the 3 tasks"),
        ({"assignment": (0, 1, 2)}, "assignment[2]", "one of the 2 workers, from 0, or none"),
        ({"assignment": (0, -1, 1)}, "assignment[1]", "one of the 2 workers, from 0, or none"),
        ({"assignment": (0, 0, 0)}, "workers[1]", "a worker with a task"),
        ({"assignment": (0, None, 1)}, "flexible_mb", "a size, for 1 tasks are flexible"),
        ({"flexible_mb": 512}, "flexible_mb", "none, for no task is flexible"),
        ({"prewarms": (Prewarm(512, -1.0),)}, "prewarms[0].at_s", "seconds from 0 to 1e+09"),
        ({"prewarms": (Prewarm(512, math.inf),)}, "prewarms[0].at_s", "seconds from 0 to 1e+09"),
        ({"prewarms": (Prewarm(512, 1.0, 0),)}, "prewarms[0].count", "a whole number from 1 to 100000"),
        ({"estimated_makespan_s": math.nan}, "estimated_makespan_s", "finite seconds, or none"),
        (
            {"prewarms": (Prewarm(1, 1.0),)},
            "prewarms[0].memory_mb",
            "a size from 128 to 10240 MB in steps of 1 of ideal",
        ),
        (
            {"workers": (PlannedWorker("a", 512), PlannedWorker("b", 20_000))},
            "workers[1].memory_mb",
            "a size from 128 to 10240 MB in steps of 1 of ideal",
        ),
    ],
)
def test_each_fault(changes: dict[str, object], field: str, expected: str) -> None:
    assert errors(plan_of(CHAIN, 0, 1, 1, **changes)) == {field: expected}


def test_names() -> None:
    twice = (PlannedWorker("a", 512), PlannedWorker("a", 512), PlannedWorker("", 512))
    found = errors(plan_of(CHAIN, 0, 1, 2, workers=twice))
    assert list(found) == ["workers[0].name", "workers[1].name", "workers[2].name"]


def test_all_at_once() -> None:
    plan = plan_of(
        CHAIN,
        0,
        5,
        None,
        workflow="other",
        workers=(PlannedWorker("a", 1), PlannedWorker("a", 512)),
        flexible_mb=None,
        prewarms=(Prewarm(2, -1.0, -1),),
    )
    assert list(errors(plan)) == [
        "workflow",
        "assignment[1]",
        "workers[0].name",
        "workers[1].name",
        "workers[1]",
        "flexible_mb",
        "prewarms[0].at_s",
        "prewarms[0].count",
        "workers[0].memory_mb",
        "prewarms[0].memory_mb",
    ]


def with_floors(*floors_mb: float) -> Workflow:
    builder = WorkflowBuilder("floors")
    for i, floor_mb in enumerate(floors_mb):
        builder.add_task(f"t{i}", cpu_s=1.0, memory_mb=floor_mb)
    return builder.build()


def test_memory_floors() -> None:
    workflow = with_floors(512.0, 4000.0, 4000.0)
    assert errors(plan_of(workflow, 0, 1, None), workflow) == {
        "tasks['t1'].memory_mb": "at most 1769 MB, the size of worker 'w1'",
        "tasks['t2'].memory_mb": "at most 1769 MB, the size of flexible workers",
    }


class TestDurations:
    def test_a_task(self) -> None:
        workflow = roots(901.0, 900.0)
        found = errors(plan_of(workflow, 0, None), workflow, max_duration_s=900)
        assert found == {"tasks['t0'] expected seconds on worker 'w0'": "at most 900 s, the maximum duration on ideal"}
        assert errors(plan_of(workflow, 0, None), workflow) == {}

    def test_a_larger_size_is_quicker(self) -> None:
        builder = WorkflowBuilder("wide")
        builder.add_task("wide", cpu_s=1000.0, parallelism=2.0)
        workflow = builder.build()
        large = plan_of(workflow, 0, workers=(PlannedWorker("w0", 2 * SIZE_MB),))
        assert errors(large, workflow, max_duration_s=900) == {}

    def test_all_tasks_of_a_worker_that_holds(self) -> None:
        workflow = roots(500.0, 500.0)
        together = plan_of(workflow, 0, 0)
        assert list(errors(together, workflow, max_duration_s=900)) == ["workers['w0'] expected seconds of its tasks"]
        assert errors(plan_of(workflow, 0, 1), workflow, max_duration_s=900) == {}
        released = plan_of(workflow, 0, 0, workers=(PlannedWorker("w0", SIZE_MB, hold=False),))
        assert errors(released, workflow, max_duration_s=900) == {}

    def test_side_by_side_on_its_slots(self) -> None:
        workflow = roots(500.0, 500.0)
        two_slots = plan_of(workflow, 0, 0, workers=(PlannedWorker("w0", 2 * SIZE_MB),))
        assert errors(two_slots, workflow, max_duration_s=900) == {}

    def test_all_on_one_says_why_it_cannot(self) -> None:
        workflow, platform = roots(*[100.0] * 10), round_platform(max_duration_s=900)
        (fault,) = check_plan(make_planner("all-on-one").plan(workflow, platform), workflow, platform)
        assert str(fault) == (
            "plan: workers['w0'] expected seconds of its tasks is 1000.0;"
            " expected at most 900 s, the maximum duration on ideal"
        )


class TestLuckAndDurations:
    """Refused is what takes too long however lucky, and each time it is tried."""

    @pytest.mark.parametrize(("sigma", "refused"), [(0.0, True), (0.1, True), (0.2, False)])
    def test_luck_that_could_save_a_task(self, sigma: float, refused: bool) -> None:
        """A task of 1,700 s against 900 s: a factor of .53, 6 standard deviations of its logarithm at σ = .1."""
        workflow = roots(1700.0)
        platform = round_platform(max_duration_s=900, sigma=sigma)
        assert bool(check_plan(plan_of(workflow, 0), workflow, platform)) == refused
        assert bool(plan_warnings(plan_of(workflow, 0), workflow, platform)) != refused

    def test_a_straggler_is_bad_luck(self) -> None:
        """Expected are 1,050 s, for one in ten takes fifteen times as long; but most take 437.5 s."""
        workflow = roots(437.5)
        platform = round_platform(max_duration_s=900, straggler_probability=0.1, straggler_factor=15.0)
        assert check_plan(plan_of(workflow, 0), workflow, platform) == ()
        assert plan_warnings(plan_of(workflow, 0), workflow, platform)

    def test_many_tasks_are_not_all_lucky(self) -> None:
        """A hundred tasks of 10 s: σ = .3 leaves one .16 of its time, but their sum (sd 31 s) not 81 %."""
        workflow, together = roots(*[10.0] * 100), [0] * 100
        platform = round_platform(max_duration_s=810, sigma=0.3)
        assert check_plan(plan_of(workflow, *together), workflow, platform)
        lucky = round_platform(max_duration_s=820, sigma=0.3)
        assert check_plan(plan_of(workflow, *together), workflow, lucky) == ()
        assert plan_warnings(plan_of(workflow, *together), workflow, lucky)

    def test_a_next_attempt_finds_done_what_was_committed(self) -> None:
        """Ten roots of 100 s are results, saved one by one; in a chain only the last one is, and all is lost."""
        for workflow, refused in ((roots(*[100.0] * 10), False), (chain(*[100.0] * 10), True)):
            plan, platform = plan_of(workflow, *[0] * 10), round_platform(max_duration_s=900, max_attempts=3)
            assert bool(check_plan(plan, workflow, platform)) == refused
            assert bool(plan_warnings(plan, workflow, platform)) != refused


class TestWarnings:
    def test_a_task_that_an_unlucky_run_can_kill(self) -> None:
        workflow, platform = roots(811.0, 810.0), round_platform(max_duration_s=900)
        assert warnings(plan_of(workflow, 0, None), workflow, platform) == [
            "plan: tasks['t0'] expected seconds on worker 'w0' is 811.0;"
            " expected at most 810 s, for ideal ends what takes 900 s"
        ]

    def test_workers_that_wait_for_others_that_cannot_start(self) -> None:
        """Task t1 on w0 needs t0 on w1 as well: w0 waits with the only instance."""
        builder = WorkflowBuilder("crossed")
        builder.add_task("a", cpu_s=1.0)
        builder.add_task("b", cpu_s=1.0)
        builder.add_task("c", cpu_s=1.0, after=["a", "b"])
        workflow = builder.build()
        plan = plan_of(workflow, 0, 1, 0)
        assert warnings(plan, workflow, round_platform(concurrency=1)) == [
            "plan: workers that can hold and wait at once is 1;"
            " expected fewer than 1, the concurrency limit of ideal, or others can be kept from starting"
        ]
        assert warnings(plan, workflow, round_platform(concurrency=2)) == []
        assert warnings(plan, workflow, round_platform()) == []
        released = (PlannedWorker("w0", SIZE_MB, hold=False), PlannedWorker("w1", SIZE_MB))
        assert warnings(plan_of(workflow, 0, 1, 0, workers=released), workflow, round_platform(concurrency=1)) == []

    def test_one_task_a_worker_never_waits(self) -> None:
        workflow = star(*[1.0] * 5)
        plan = make_planner("one-per-task").plan(workflow, round_platform())
        assert warnings(plan, workflow, round_platform(concurrency=1)) == []

    def test_tasks_side_by_side_that_need_more_memory_than_there_is(self) -> None:
        workflow = with_floors(2000.0, 1500.0, 1600.0)
        plan = plan_of(workflow, 0, 0, 0, workers=(PlannedWorker("w0", 2 * SIZE_MB),))
        assert warnings(plan, workflow, round_platform()) == [
            "plan: workers['w0'] memory floors of tasks that can run at once is 3600.0;"
            " expected at most 3538 MB, its size"
        ]
        assert warnings(plan, workflow, round_platform(**{"cpu.slots": 1})) == []

    def test_duplicates_run_beside_the_tasks_of_the_consumer_s_worker(self) -> None:
        """2,000 MB of its own and a copy of 1,900 MB fit not into 3,538 MB; without the copy nothing is said."""
        builder = WorkflowBuilder("join")
        builder.add_task("a", cpu_s=1.0, memory_mb=1900)
        builder.add_task("b", cpu_s=1.0, memory_mb=2000)
        builder.add_task("c", cpu_s=1.0, after=["a", "b"])
        workflow = builder.build()
        two = tuple(PlannedWorker(name, 2 * SIZE_MB) for name in ("w0", "w1"))
        plan = plan_of(workflow, 0, 1, 1, workers=two)
        assert warnings(plan, workflow, round_platform()) == []
        copied = replace(plan, orders=Orders(duplicate=(Duplicate(0, 2),)))
        assert warnings(copied, workflow, round_platform()) == [
            "plan: workers['w1'] memory floors of tasks that can run at once is 3900.0;"
            " expected at most 3538 MB, its size"
        ]

    @pytest.mark.parametrize("orders", [Orders(cluster_fan_out_bytes=0), Orders(cluster_fan_in_bytes=0)])
    def test_flexible_workers_that_cluster_run_several_at_once(self, orders: Orders) -> None:
        workflow = with_floors(2000.0, 1500.0, 1600.0)
        plan = replace(plan_of(workflow, None, None, None), flexible_mb=2 * SIZE_MB)
        assert warnings(plan, workflow, round_platform()) == []
        clustering = replace(plan, orders=orders)
        assert warnings(clustering, workflow, round_platform()) == [
            "plan: memory floors of tasks that a flexible worker can run at once is 3600.0;"
            " expected at most 3538 MB, its size"
        ]
        assert warnings(clustering, workflow, round_platform(**{"cpu.slots": 1})) == []

    def test_a_prewarm_of_a_size_nobody_has(self) -> None:
        plan = plan_of(CHAIN, 0, 0, None, prewarms=(Prewarm(SIZE_MB, 0.0), Prewarm(512, 0.0)))
        assert warnings(plan, CHAIN, round_platform()) == [
            "plan: prewarms[1].memory_mb is 512; expected the size of a worker of the plan"
        ]
