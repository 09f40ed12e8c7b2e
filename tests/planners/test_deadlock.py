"""Deadlocks foreseen, by hand. Against simulated ones they are held in `tests.sim.test_deadlocks`."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from planners.check import check_plan, plan_warnings
from planners.orders import EarlyCall, Orders
from planners.plan import Plan, PlannedWorker
from platforms import Platform
from tests.planners.examples import SIZE_MB, chain, round_platform
from workloads import Workflow, WorkflowBuilder

LARGE_MB = 2 * SIZE_MB


def tasks(**after: str) -> Workflow:
    """Tasks by name, each after others: `b="a"` is a → b."""
    builder = WorkflowBuilder("by hand")
    for name, parents in after.items():
        builder.add_task(name, cpu_s=1.0, after=parents.split())
    return builder.build()


def on(workflow: Workflow, *workers: int | None, sizes_mb: dict[int, int] | None = None, hold: bool = True) -> Plan:
    """Tasks on workers, in the order of the tasks."""
    n = max((worker + 1 for worker in workers if worker is not None), default=0)
    return Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=tuple(PlannedWorker(f"w{i}", (sizes_mb or {}).get(i, SIZE_MB), hold) for i in range(n)),
        assignment=workers,
        flexible_mb=SIZE_MB if None in workers else None,
        priority=tuple(range(len(workers))),
    )


def said(plan: Plan, workflow: Workflow, platform: Platform) -> tuple[list[str], list[str]]:
    """Faults and warnings."""
    faults = [str(fault) for fault in check_plan(plan, workflow, platform)]
    return faults, [str(fault) for fault in plan_warnings(plan, workflow, platform)]


def verdict(plan: Plan, workflow: Workflow, **limits: object) -> str:
    faults, warnings = said(plan, workflow, round_platform(**limits))
    return "refused" if faults else "warned" if warnings else "fine"


class TestCertain:
    def test_a_worker_that_holds_for_what_another_must_run(self) -> None:
        """Edges a (w0) → b (w1) → c (w0): while b runs, w0 holds."""
        workflow = chain(1.0, 1.0, 1.0)
        assert said(on(workflow, 0, 1, 0), workflow, round_platform(concurrency=1))[0] == [
            "plan: instances held at one instant by 'w0', whoever runs 't1' is 2;"
            " expected at most 1, the concurrency limit of ideal, or none of them can go on"
        ]
        assert verdict(on(workflow, 0, 1, 0), workflow, concurrency=2) == "fine"
        assert verdict(on(workflow, 0, None, 0), workflow, concurrency=1) == "refused"
        assert verdict(on(workflow, 0, 1, 0, hold=False), workflow, concurrency=1) == "fine"

    def test_two_workers_that_need_each_other(self) -> None:
        """Edges a (w0) → d (w1) and b (w1) → c (w0): whoever comes first waits for the other, who cannot start."""
        workflow = tasks(a="", b="", c="b", d="a")
        assert said(on(workflow, 0, 1, 0, 1), workflow, round_platform(concurrency=1))[0] == [
            "plan: instances held at one instant by 'w0', 'w1' is 2;"
            " expected at most 1, the concurrency limit of ideal, or none of them can go on"
        ]
        assert verdict(on(workflow, 0, 1, 0, 1), workflow, concurrency=2) == "fine"

    @pytest.mark.parametrize(("most", "expected"), [(2, "refused"), (3, "refused"), (4, "fine")])
    def test_nested(self, most: int, expected: str) -> None:
        """A chain on w0, w1, w2, a flexible worker, w2, w1, w0: in its middle all four."""
        workflow = chain(*[1.0] * 7)
        assert verdict(on(workflow, 0, 1, 2, None, 2, 1, 0), workflow, concurrency=most) == expected

    def test_each_size_by_itself(self) -> None:
        """Nested as above: w0 and w2 are large, w1 is not; the chain's middle needs two large instances."""
        workflow = chain(*[1.0] * 5)
        plan = on(workflow, 0, 1, 2, 1, 0, sizes_mb={0: LARGE_MB, 2: LARGE_MB})
        limit = f"the concurrency limit of ideal for {LARGE_MB} MB"
        assert said(plan, workflow, round_platform(concurrency_per_size=1))[0] == [
            "plan: instances held at one instant by 'w0', whoever runs 't2' is 2;"
            f" expected at most 1, {limit}, or none of them can go on"
        ]
        for_large = {"limits.concurrency_of_sizes": [{"memory_mb": LARGE_MB, "concurrency": 2}]}
        assert verdict(plan, workflow, concurrency_per_size=1, **for_large) == "fine"
        assert verdict(plan, workflow, concurrency=2, **for_large) == "refused"

    def test_long_lists_are_cut(self) -> None:
        depth = 9
        workflow = chain(*[1.0] * (2 * depth))
        plan = on(workflow, *range(depth), *reversed(range(depth)))
        (fault,) = said(plan, workflow, round_platform(concurrency=3))[0]
        assert "by 'w0', 'w1', 'w2', 'w3', 5 more is 9" in fault

    def test_where_instances_die_it_is_not_for_good(self) -> None:
        """Once w0 is killed, w1 gets its turn, and w0's next attempt finishes."""
        workflow = chain(1.0, 1.0, 1.0)
        dying = {"concurrency": 1, "max_duration_s": 9.0}
        assert verdict(on(workflow, 0, 1, 0), workflow, **dying, max_attempts=1) == "refused"
        assert verdict(on(workflow, 0, 1, 0), workflow, **dying, max_attempts=2) == "warned"


class TestPossible:
    def test_who_holds_must_also_wait(self) -> None:
        """Tasks b and c (w0) both need a alone: when w0 is called nothing is missing, so it never waits."""
        workflow = tasks(a="", b="a", c="a")
        assert verdict(on(workflow, 1, 0, 0), workflow, concurrency=1) == "fine"
        waits = tasks(a="", x="", b="a", c="x")
        assert verdict(on(waits, 1, 2, 0, 0), waits, concurrency=1) == "warned"

    def test_what_came_long_before_is_not_waited_for(self) -> None:
        """Task c (w0) needs a, too, but so did x, before b for which w0 is called."""
        workflow = tasks(a="", x="a", b="x", c="a b")
        assert verdict(on(workflow, 1, 2, 0, 0), workflow, concurrency=1) == "fine"

    def test_workers_one_after_the_other_do_not_wait_together(self) -> None:
        """w0 (a, d) waits for x; w2 (e, h), called when d is done, for y. Of the two at most one waits."""
        workflow = tasks(a="", x="a", d="x", e="d", y="e", h="y")
        assert verdict(on(workflow, 0, 1, 0, 2, 3, 2), workflow, concurrency=1) == "refused"
        assert verdict(on(workflow, 0, 1, 0, 2, 3, 2), workflow, concurrency=2) == "fine"

    def test_a_worker_that_can_be_called_before_may_wait_with_it(self) -> None:
        """The same, but w2 may also be called for the root f: then it holds from the beginning."""
        workflow = tasks(a="", x="a", d="x", e="d", y="e", h="y", f="")
        assert verdict(on(workflow, 0, 1, 0, 2, 3, 2, 2), workflow, concurrency=2) != "fine"
        assert verdict(on(workflow, 0, 1, 0, 2, 3, 2, 2), workflow, concurrency=3) == "fine"

    def test_a_caller_that_is_refused_holds(self) -> None:
        """Edge a (w0) → b (w1): nobody waits, but w0, refused, calls in vain as long as it has the only instance."""
        workflow = chain(1.0, 1.0)
        assert verdict(on(workflow, 0, 1), workflow, concurrency=1) == "fine"
        plan, platform = on(workflow, 0, 1), round_platform(concurrency=1, over_limit="refuse")
        assert said(plan, workflow, platform)[1] == [
            "plan: workers that can hold and wait or call at once is 1;"
            " expected fewer than 1, the concurrency limit of ideal, or others can be kept from starting"
        ]
        assert verdict(on(workflow, 0, 0), workflow, concurrency=1, over_limit="refuse") == "fine"

    def test_a_flexible_worker_that_goes_on_does_not_call(self) -> None:
        workflow, fork = chain(1.0, 1.0, 1.0), tasks(a="", b="a", c="a")
        for over_limit, expected in (("queue", "fine"), ("refuse", "warned")):
            assert verdict(on(fork, None, None, None), fork, concurrency=1, over_limit=over_limit) == expected
            assert verdict(on(workflow, None, None, None), workflow, concurrency=1, over_limit=over_limit) == "fine"


def test_who_is_taken_for_dead_holds_beside_its_next_epoch() -> None:
    """One worker that waits, two places: enough, but not for two epochs of it."""
    workflow = chain(1.0, 1.0, 1.0)
    alarms = {"faults.rates.false_alarm_per_s": 0.01}
    assert verdict(on(workflow, 0, 1, 0), workflow, concurrency=2, max_attempts=2) == "fine"
    assert verdict(on(workflow, 0, 1, 0), workflow, concurrency=2, max_attempts=2, **alarms) == "warned"


def test_thousands_of_workers() -> None:
    """2,000 workers hold while one runs, then another 2,000, called when that one is done."""
    n = 2_000
    builder = WorkflowBuilder("waves")
    for wave in range(2):
        for i in range(n):
            builder.add_task(f"a{wave}.{i}", cpu_s=1.0, after=["x0"] if wave else [])
        builder.add_task(f"x{wave}", cpu_s=1.0, after=[f"a{wave}.{i}" for i in range(n)])
        for i in range(n):
            builder.add_task(f"d{wave}.{i}", cpu_s=1.0, after=[f"x{wave}"])
    workflow = builder.build()
    wave_of = [0] * (2 * n + 1) + [1] * (2 * n + 1)
    workers = [None if i % (2 * n + 1) == n else wave * n + i % (2 * n + 1) % (n + 1) for i, wave in enumerate(wave_of)]
    assert verdict(on(workflow, *workers), workflow, concurrency=n) == "refused"
    assert verdict(on(workflow, *workers), workflow, concurrency=n + 1) == "fine"


def test_a_deadlock_that_only_an_early_call_can_bring_about_is_its_fault() -> None:
    """Chain a (w0), b (w1), c (w2) with one instance: each leaves it to the next, but w2 called by a takes it first."""
    workflow, platform = chain(1.0, 1.0, 1.0), round_platform(concurrency=1)
    plan = on(workflow, 0, 1, 2)
    assert said(plan, workflow, platform) == ([], [])
    early = replace(plan, orders=Orders(call_early=(EarlyCall(0, 2, 0.0),)))
    assert said(early, workflow, platform)[1] == [
        "plan: workers that can hold and wait at once is 1;"
        " expected fewer than 1, the concurrency limit of ideal, or others can be kept from starting;"
        " only since orders.call_early has 'w2' wait: without it this plan is free of that"
    ]
