"""HEFT on a platform, by hand and against a plain search of every slot of every worker.

By hand: a call .1 (the client makes one at a time, a worker two), cold start .5, put .05, get .03, ledger .01,
word to a waiting worker .005, 1 MB/s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given

from planners.bounds import lower_bound
from planners.estimate import DURATION_SHARE, Estimate
from planners.heft import Heft
from planners.plan import Plan
from planners.ranks import order_by_rank, upward_ranks
from platforms import Platform, load_platform
from tests.planners.examples import SIZE_MB, chain, platforms, roots, round_platform, star, workflows
from workloads import Workflow, WorkflowBuilder

MB = 1_000_000


def plan_of(workflow: Workflow, size_mb: int | None = None, **overrides: object) -> Plan:
    return Heft(size_mb).plan(workflow, round_platform(**overrides))


class TestByHand:
    def test_a_chain_pays_one_start(self) -> None:
        """Up at .6, 6 s of computing, upload 1.05, commit .01."""
        plan = plan_of(chain(1.0, 2.0, 3.0, size_bytes=MB))
        assert plan.assignment == (0, 0, 0)
        assert plan.estimated_makespan_s == pytest.approx(0.6 + 6 + 1.06)

    def test_roots_longer_than_a_start(self) -> None:
        """Workers up at .6, .7, .8: the client calls one at a time."""
        plan = plan_of(roots(1.0, 1.0, 1.0))
        assert plan.assignment == (0, 1, 2)
        assert plan.estimated_makespan_s == pytest.approx(1.8 + 0.01)

    def test_roots_shorter_than_a_start(self) -> None:
        """Starts .6 and .7 on w0, .7 on w1 (called at .1), then .8 on either: w0 first, for all else is equal."""
        plan = plan_of(roots(*[0.1] * 5))
        assert plan.assignment == (0, 0, 1, 0, 1)
        assert plan.estimated_makespan_s == pytest.approx(0.9 + 0.01)

    def test_a_worker_is_opened_where_it_is_worth_its_start(self) -> None:
        """The root ends at 1.6. Elsewhere its output is visible at 2.66, a new worker up at 3.26 and ready at 4.29."""
        assert plan_of(star(2.0, 2.0, size_bytes=MB)).assignment == (0, 0, 0)
        plan = plan_of(star(5.0, 5.0, size_bytes=MB))
        assert plan.assignment == (0, 0, 1)
        assert plan.estimated_makespan_s == pytest.approx(4.29 + 5 + 1.06)

    def test_calls_queue_at_the_worker_that_makes_them(self) -> None:
        """No data: visible at 1.66, calls at 1.66, 1.71, 1.76 (two at a time), the last worker up at 2.36."""
        plan = plan_of(star(9.0, 9.0, 9.0, 9.0))
        assert plan.assignment == (0, 0, 1, 2, 3)
        assert plan.estimated_makespan_s == pytest.approx(1.76 + 0.6 + 0.03 + 9 + 0.06)

    def test_a_waiting_worker_is_told_and_fetches(self) -> None:
        """Both 1 s roots end at 1.6 and 1.7; the fan-in on w1 hears of the first at 2.66 + .005 and fetches 1.03."""
        builder = WorkflowBuilder("join")
        for name, megabytes in [("a", 1), ("b", 3)]:
            builder.add_object(f"d{name}", megabytes * MB)
            builder.add_task(name, cpu_s=1.0, outputs=[f"d{name}"])
        builder.add_task("c", cpu_s=1.0, inputs=["da", "db"])
        plan = plan_of(builder.build())
        assert plan.assignment == (1, 0, 0)  # b, with more to hand over, comes first and is on w0
        assert plan.estimated_makespan_s == pytest.approx(0.7 + 1 + 1.06 + 0.005 + 1.03 + 1 + 0.01)

    def test_priority_is_the_order_of_starts(self) -> None:
        plan = plan_of(star(1.0, 3.0, 2.0, size_bytes=9 * MB))
        assert plan.assignment == (0, 0, 0, 0)
        assert plan.priority == (0, 3, 1, 2)

    def test_a_gap_is_used(self) -> None:
        """From 1.6 on w0 waits until 21.8 for what b on w1 made: time for c, though it ranks lowest."""
        builder = WorkflowBuilder("gap")
        for name, megabytes in [("a", 20), ("b", 10)]:
            builder.add_object(f"d{name}", megabytes * MB)
            builder.add_task(name, cpu_s=1.0, outputs=[f"d{name}"])
        builder.add_task("end", cpu_s=1.0, inputs=["da", "db"])
        builder.add_task("c", cpu_s=0.2)
        plan = plan_of(builder.build(), concurrency=2)
        assert plan.assignment == (0, 1, 0, 0)
        assert plan.priority == (0, 1, 3, 2)
        assert plan.estimated_makespan_s == pytest.approx(1.7 + 10.06 + 0.005 + 10.03 + 1 + 0.01)


class TestSlots:
    def test_two_slots_of_one_worker_side_by_side(self) -> None:
        plan = plan_of(roots(5.0, 5.0), 2 * SIZE_MB)
        assert plan.assignment == (0, 0)
        assert plan.estimated_makespan_s == pytest.approx(5.6 + 0.01)

    def test_a_fetch_waits_for_the_worker(self) -> None:
        """Of two roots the second reads 1 MB: on the first one's worker, up at .6, it starts at 1.63."""
        builder = WorkflowBuilder("roots")
        builder.add_object("given", MB)
        builder.add_task("long", cpu_s=9.0)
        builder.add_task("reads", cpu_s=8.0, inputs=["given"])
        plan = plan_of(builder.build(), 2 * SIZE_MB, call_s=1.0)
        assert plan.assignment == (0, 0)
        assert plan.estimated_makespan_s == pytest.approx(1.0 + 0.5 + 1.03 + 8 + 0.01)

    def test_a_slot_is_an_equal_part_of_the_cpu(self) -> None:
        """Four CPU seconds take two alone on two vCPUs, but four on the slot they are planned for."""
        builder = WorkflowBuilder("wide")
        builder.add_task("wide", cpu_s=4.0, parallelism=2.0)
        assert plan_of(builder.build(), 2 * SIZE_MB).estimated_makespan_s == pytest.approx(4.6 + 0.01)


class TestLimits:
    def test_no_more_workers_than_the_concurrency_limit(self) -> None:
        assert plan_of(roots(5.0, 5.0, 5.0), concurrency=2).assignment == (0, 1, 0)
        assert plan_of(roots(5.0, 5.0, 5.0), concurrency_per_size=2).assignment == (0, 1, 0)

    def test_unless_the_open_ones_are_full(self) -> None:
        plan = plan_of(roots(*[500.0] * 3), concurrency=1, max_duration_s=900)
        assert plan.assignment == (0, 1, 2)

    def test_a_worker_does_not_outlive_its_share_of_the_maximum_duration(self) -> None:
        half_s = DURATION_SHARE * 900 / 2
        assert plan_of(chain(half_s, half_s), max_duration_s=900).assignment == (0, 0)
        assert plan_of(chain(half_s, half_s + 0.1), max_duration_s=900).assignment == (0, 1)

    def test_a_task_longer_than_its_share_has_a_worker_of_its_own(self) -> None:
        assert plan_of(chain(1.0, 870.0, 1.0), max_duration_s=900).assignment == (0, 1, 2)


@given(workflows())
def test_where_nothing_but_computing_takes_time_it_is_optimal(workflow: Workflow) -> None:
    """Unbounded processors, free transfers and starts: the longest chain of tasks."""
    platform = load_platform("ideal", {"default_mb": 3538, "cpu.slots": 1})
    exec_s = workflow.durations_s(3538, 2.0)
    end_s = [0.0] * workflow.n_tasks
    for task in workflow.topological_order.tolist():
        end_s[task] = exec_s[task] + max((end_s[parent] for parent in workflow.parents.row(task)), default=0.0)
    assert Heft().plan(workflow, platform).estimated_makespan_s == pytest.approx(max(end_s))


@given(workflows(), platforms())
def test_the_estimate_is_not_below_the_bound(workflow: Workflow, platform: Platform) -> None:
    plan = Heft().plan(workflow, platform)
    assert plan.estimated_makespan_s is not None
    assert plan.estimated_makespan_s >= lower_bound(workflow, plan, platform).path_s * (1 - 1e-9)


@given(workflows(), platforms())
def test_the_same_plan_as_by_a_plain_search(workflow: Workflow, platform: Platform) -> None:
    plan = Heft().plan(workflow, platform)
    plain = Plain(workflow, platform, plan.workers[0].memory_mb)
    plain.schedule()
    assert plan.assignment == tuple(plain.worker[task] for task in range(workflow.n_tasks))
    assert plan.estimated_makespan_s == pytest.approx(plain.makespan_s())


@dataclass
class Worker:
    up_s: float
    end_s: list[float]
    busy: list[list[tuple[float, float]]]


class Plain:
    """The rules of `planners.heft` once more, in loops over everything."""

    def __init__(self, workflow: Workflow, platform: Platform, size_mb: int) -> None:
        self.workflow, self.platform = workflow, platform
        self.estimate = Estimate(workflow, platform, size_mb)
        self.workers: list[Worker] = []
        self.worker: dict[int, int] = {}
        self.finish_s: dict[int, float] = {}
        self.calls_s: dict[int, float] = {}

    def schedule(self) -> None:
        estimate = self.estimate
        ranks = upward_ranks(self.workflow, estimate.slot_exec_s, estimate.edges_s(), estimate.result_s)
        for task in order_by_rank(self.workflow, ranks):
            self.place(task)

    def makespan_s(self) -> float:
        return max(end_s + float(self.estimate.result_s[task]) for task, end_s in self.finish_s.items())

    def place(self, task: int) -> None:
        exec_s = float(self.estimate.slot_exec_s[task])
        offers = [
            (start_s, -idle_s, number, slot)
            for number in range(len(self.workers))
            for slot in range(self.estimate.slots)
            for start_s, idle_s in self.openings(task, number, slot, exec_s)
        ]
        best = math.inf if not offers else min(offers)[0]
        equal = [offer[1:] for offer in offers if offer[0] <= best * (1 + 1e-9)]
        caller, new_s = self.new_worker(task)
        limit = self.platform.limits.concurrency
        may_open = limit is None or len(self.workers) < limit or not offers
        if may_open and new_s < best * (1 - 1e-9):
            number, slot, best = len(self.workers), 0, new_s
            self.open(task, caller, new_s)
        else:
            _, number, slot = min(equal)
        self.workers[number].busy[slot].append((best, best + exec_s))
        self.worker[task], self.finish_s[task] = number, best + exec_s

    def openings(self, task: int, number: int, slot: int, exec_s: float) -> list[tuple[float, float]]:
        """Earliest start in each idle interval of a slot that is long enough, and the interval's begin."""
        worker = self.workers[number]
        ready_s = max(worker.up_s, self.met_s(task, number, told=True)) + self.fetch_s(task, number)
        busy = sorted(times for times in worker.busy[slot] if times[0] < times[1])
        begins = [worker.up_s, *(end for _, end in busy)]
        ends = [*(begin for begin, _ in busy), worker.end_s[slot]]
        starts = [(max(ready_s, begin), begin, end) for begin, end in zip(begins, ends, strict=True)]
        return [(start, begin) for start, begin, end in starts if start + exec_s <= end and begin < end]

    def met_s(self, task: int, number: int | None, *, told: bool) -> float:
        met_s = 0.0
        for parent in self.workflow.parents.row(task).tolist():
            if self.worker[parent] == number:
                met_s = max(met_s, self.finish_s[parent])
            else:
                word_s = self.estimate.notify_s if told else 0.0
                met_s = max(met_s, self.finish_s[parent] + float(self.estimate.visible_s[parent]) + word_s)
        return met_s

    def fetch_s(self, task: int, number: int | None) -> float:
        transfers, producer = self.estimate.transfers, self.workflow.object_producer
        missing = [
            each
            for each in self.workflow.inputs.row(task).tolist()
            if producer[each] < 0 or self.worker[int(producer[each])] != number
        ]
        each_s = [float(transfers.fetch_s[each]) for each in missing]
        return max(max(each_s, default=0.0), sum(each_s) / self.platform.network.parallel_transfers)

    def new_worker(self, task: int) -> tuple[int, float]:
        """Who calls it, and when the task could start on it."""
        caller, latest_s = -1, -1.0
        for parent in self.workflow.parents.row(task).tolist():
            visible_s = self.finish_s[parent] + float(self.estimate.visible_s[parent])
            if visible_s > latest_s:
                caller, latest_s = self.worker[parent], visible_s
        call_s = max(self.met_s(task, None, told=False), self.calls_s.get(caller, 0.0))
        return caller, call_s + self.estimate.call_s + self.estimate.start_s + self.fetch_s(task, None)

    def open(self, task: int, caller: int, new_s: float) -> None:
        up_s = new_s - self.fetch_s(task, None)
        call_s = up_s - self.estimate.call_s - self.estimate.start_s
        invocation = self.platform.invocation
        at_a_time = invocation.client_callers if caller < 0 else invocation.callers
        self.calls_s[caller] = call_s + self.estimate.call_s / at_a_time
        end_s = up_s + DURATION_SHARE * (self.platform.limits.max_duration_s or math.inf)
        slots = self.estimate.slots
        self.workers.append(Worker(up_s, [end_s] * slots, [[] for _ in range(slots)]))
