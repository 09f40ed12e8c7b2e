"""The lower bound of plans, by hand and against simulated runs on platforms of constant times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.bounds import lower_bound
from planners.check import check_plan, plan_warnings
from planners.formula import predict
from planners.plan import Plan, PlannedWorker, Prewarm
from planners.planner import Planner
from planners.registry import make_planner
from platforms import Platform
from sim.simulate import simulate
from tests.planners.examples import (
    SIZE_MB,
    all_planners,
    chain,
    evaluator_of,
    platforms,
    roots,
    round_platform,
    star,
    workflows,
)
from workloads import Workflow, WorkflowBuilder


def plan_of(workflow: Workflow, /, *assignment: int | None, **changes: object) -> Plan:
    """A plan by hand, with as many workers as the assignment names."""
    named = [worker for worker in assignment if worker is not None]
    content: dict[str, object] = {
        "planner": "by hand",
        "workflow": workflow.fingerprint,
        "workers": tuple(PlannedWorker(f"w{i}", SIZE_MB) for i in range(max(named, default=-1) + 1)),
        "assignment": assignment,
        "flexible_mb": SIZE_MB if None in assignment else None,
        "priority": tuple(range(len(assignment))),
    }
    return Plan(**content | changes)  # type: ignore[arg-type]


class TestPath:
    """On the platform of round numbers: a call .1, a cold start .5, a warm one .2."""

    def test_one_task(self) -> None:
        """Call and cold start .6, computing 2, upload of 1 MB 1.05, commit .01."""
        workflow = chain(2.0, size_bytes=1_000_000)
        for worker in (0, None):
            plan = plan_of(workflow, worker)
            assert lower_bound(workflow, plan, round_platform()).path_s == pytest.approx(3.66)

    def test_two_workers(self) -> None:
        """As above without data till 1.6, upload .05, commit .01, then call and warm start .3, fetch .03, 1 more."""
        workflow = chain(1.0, 1.0)
        plan = plan_of(workflow, 0, 1)
        assert lower_bound(workflow, plan, round_platform()).path_s == pytest.approx(0.6 + 1.06 + 0.33 + 1.06)

    def test_starts_add_up_along_a_chain(self) -> None:
        workflow = chain(*[1.0] * 5)
        plan = plan_of(workflow, 0, 1, 1, 2, 2)
        handed_over_s = 0.06 + 0.3 + 0.03
        bound = lower_bound(workflow, plan, round_platform())
        assert bound.path_s == pytest.approx(0.6 + 1 + handed_over_s + 2 + handed_over_s + 2 + 0.06)

    def test_one_worker(self) -> None:
        workflow = chain(1.0, 1.0, size_bytes=5_000_000)
        plan = plan_of(workflow, 0, 0)
        assert lower_bound(workflow, plan, round_platform()).path_s == pytest.approx(0.6 + 2 + 5.06)

    def test_flexible_workers_may_continue(self) -> None:
        workflow = chain(1.0, 1.0, size_bytes=5_000_000)
        plan = plan_of(workflow, None, None)
        assert lower_bound(workflow, plan, round_platform()).path_s == pytest.approx(0.6 + 2 + 5.06)

    def test_a_cold_start_shorter_than_a_warm_one(self) -> None:
        workflow = chain(1.0, 1.0)
        platform = round_platform(warm_s=9.0)
        plan = plan_of(workflow, 0, 1)
        assert lower_bound(workflow, plan, platform).path_s == pytest.approx(0.6 + 1.06 + 0.63 + 1.06)

    @pytest.mark.parametrize("prewarmed", [True, False])
    def test_an_instance_that_can_be_idle_at_once(self, prewarmed: bool) -> None:
        workflow = roots(1.0)
        prewarms = (Prewarm(SIZE_MB, 0.0),) if prewarmed else ()
        pool = [] if prewarmed else [{"memory_mb": SIZE_MB, "count": 1}]
        platform = round_platform(**{"pool.initial": pool})
        plan = plan_of(workflow, 0, prewarms=prewarms)
        assert lower_bound(workflow, plan, platform).path_s == pytest.approx(0.1 + 0.2 + 1 + 0.01)

    def test_a_worker_is_called_for_what_it_hears_of_first(self) -> None:
        """Of t0 and t1, children of root and both on w1: told at 1.66, up at 1.96, fetched 1.99."""
        workflow = star(1.0, 4.0)
        plan = plan_of(workflow, 0, 1, 1)
        assert lower_bound(workflow, plan, round_platform()).path_s == pytest.approx(1.99 + 4 + 0.06)

    def test_a_worker_is_not_called_for_a_task_that_has_to_wait_there(self) -> None:
        """On w0 slow and quick; on w1 first (after slow) and second (after quick and first), so not before slow ends.

        That is at 5.6; it is visible at 5.66, and w1 up at 5.96 if it finds an instance, which it does not.
        """
        builder = WorkflowBuilder("mixed")
        for name, cpu_s, inputs in [
            ("slow", 5.0, []),
            ("quick", 1.0, []),
            ("first", 2.0, ["slow"]),
            ("second", 1.0, ["quick", "first"]),
        ]:
            builder.add_object(f"of {name}", 0)
            builder.add_task(name, cpu_s=cpu_s, inputs=[f"of {each}" for each in inputs], outputs=[f"of {name}"])
        workflow = builder.build()
        workers = (PlannedWorker("w0", 2 * SIZE_MB), PlannedWorker("w1", SIZE_MB))
        plan = plan_of(workflow, 0, 0, 1, 1, workers=workers)
        bound = lower_bound(workflow, plan, round_platform())
        assert bound.path_s == pytest.approx(5.96 + 0.03 + 2 + 1 + 0.06)
        run = simulate(workflow, plan, round_platform(), seed=1)
        assert run.makespan_s == pytest.approx(5.96 + 0.3 + 0.03 + 2 + 0.03 + 1 + 0.06)


class TestOthers:
    def test_the_busiest_worker(self) -> None:
        workflow = roots(1.0, 2.0, 3.0, 4.0)
        bound = lower_bound(workflow, plan_of(workflow, 0, 1, 1, 0), round_platform())
        assert bound.worker_s == pytest.approx(0.6 + 5)
        assert bound.makespan_s == bound.worker_s > bound.path_s

    def test_slots_share_the_work(self) -> None:
        workflow = roots(1.0, 2.0, 3.0, 4.0)
        plan = plan_of(workflow, 0, 0, 0, 0, workers=(PlannedWorker("w0", 2 * SIZE_MB),))
        assert lower_bound(workflow, plan, round_platform()).worker_s == pytest.approx(0.6 + 5)

    def test_slots_beyond_the_cpu_do_not(self) -> None:
        workflow = roots(1.0, 2.0, 3.0, 4.0)
        platform = round_platform(**{"cpu.slots": 8})
        assert lower_bound(workflow, plan_of(workflow, 0, 0, 0, 0), platform).worker_s == pytest.approx(0.6 + 10)

    def test_the_concurrency_limit(self) -> None:
        workflow = roots(*[1.0] * 10)
        bound = lower_bound(workflow, plan_of(workflow, *[None] * 10), round_platform(concurrency=2))
        assert bound.platform_s == pytest.approx(5.0)

    def test_the_concurrency_limit_of_a_size(self) -> None:
        """Four tasks on two small workers of which one runs at a time: 4 s; six on a large one with two slots: 3 s."""
        workflow = roots(*[1.0] * 10)
        workers = tuple(PlannedWorker(f"w{i}", mb) for i, mb in enumerate((SIZE_MB, SIZE_MB, 2 * SIZE_MB)))
        plan = plan_of(workflow, 0, 0, 1, 1, *[2] * 6, workers=workers)
        assert lower_bound(workflow, plan, round_platform(concurrency_per_size=1)).platform_s == pytest.approx(4.0)

    def test_the_cores_of_the_host(self) -> None:
        workflow = roots(*[1.0] * 10)
        bound = lower_bound(workflow, plan_of(workflow, *[None] * 10), round_platform(**{"host.cores": 4.0}))
        assert bound.platform_s == pytest.approx(2.5)


def test_the_formula_promises_what_is_impossible() -> None:
    """The circularity's price: two workers one after another, without a start between them."""
    workflow, platform = chain(1.0, 1.0), round_platform()
    plan = make_planner("one-per-task").plan(workflow, platform)
    assert predict(workflow, plan, platform).makespan_s == pytest.approx(1.05 + 0.03 + 1.05)
    assert lower_bound(workflow, plan, platform).makespan_s == pytest.approx(3.05)


@given(workflows(), platforms(), st.sampled_from(all_planners()))
def test_no_run_undercuts_it(workflow: Workflow, platform: Platform, planner: Planner) -> None:
    plan = planner.plan(workflow, platform, evaluator_of(workflow, platform))
    if check_plan(plan, workflow, platform):
        return
    run = simulate(workflow, plan, platform, seed=1)
    if run.makespan_s is not None:
        assert run.makespan_s >= lower_bound(workflow, plan, platform).makespan_s * (1 - 1e-6)


@given(workflows(), st.data())
def test_nor_under_any_assignment(workflow: Workflow, data: st.DataObject) -> None:
    """Workers chosen at random, flexible ones among them, called for this task before that."""
    drawn = st.lists(st.sampled_from([None, 0, 1, 2]), min_size=workflow.n_tasks, max_size=workflow.n_tasks)
    chosen = data.draw(drawn)
    number = {worker: i for i, worker in enumerate(sorted({worker for worker in chosen if worker is not None}))}
    assignment = [None if worker is None else number[worker] for worker in chosen]
    memory_mb = 2 * SIZE_MB
    workers = tuple(PlannedWorker(f"w{i}", memory_mb) for i in number.values())
    flexible_mb = memory_mb if None in assignment else None
    plan = plan_of(workflow, *assignment, workers=workers, flexible_mb=flexible_mb)
    platform = round_platform()
    assert check_plan(plan, workflow, platform) == ()
    run = simulate(workflow, plan, platform, seed=1)
    if run.makespan_s is None:  # two tasks with large floors on one worker
        assert plan_warnings(plan, workflow, platform)
    else:
        assert run.makespan_s >= lower_bound(workflow, plan, platform).makespan_s * (1 - 1e-6)
