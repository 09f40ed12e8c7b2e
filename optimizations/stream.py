"""Stream: a task reads what its parent makes while it is made.

*Plan*: `Orders.stream`, edges with data between two named workers, each in so many chunks: more overlap more, but each
is a request, whose price has to be worth it at what a second of the run costs. Of use where moving what is handed over
takes long beside making it or working on it, and nothing else keeps the consumer. NIMBLE's rule says when its worker
should be up: as late as it can without making anything later; so one that is not live then is called early
(`async-upload`), that long before.
*Worker* (`executor/worker/streams.py`): a worker offers what a task of its makes when that begins to run; the worker of
the consumer has the chunks brought, and runs the task ahead on them. What came of it counts once the task's set is
complete with the version it read; else it was in vain.
*Combination*: not with preload of the consumer, whose inputs are not there yet, nor with copies of either task, of
which nobody knows beforehand whose version counts.
*In vain*: a stream that breaks, or whose producer's version does not count; the consumer's run ahead is repeated.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from executor.records.operations import Kind
from executor.records.run import Run
from optimizations.account import Account
from optimizations.async_upload import median_s, rounded_s
from optimizations.mapped import can_stream, map_conflicts
from optimizations.optimization import Optimization
from planners.evaluator import Observation
from planners.orders import EarlyCall
from planners.orders import Stream as Order
from planners.pipeline import handed_over, pipeline
from planners.plan import Plan
from planners.transfers import Transfers
from platforms import Platform
from workloads import Fault, Workflow

CHUNKS = (2, 4, 8, 16)
"""Numbers of chunks worth a try."""
MOST_CHUNKS = 1024
MOST = 256
"""Edges of one plan, at most: those that gain most."""
_STEP_S = 0.001


class Stream(Optimization):
    """Consumers that begin before their producers end."""

    name = "stream"

    def is_on(self, plan: Plan) -> bool:
        """Whether anything is read while it is made."""
        return bool(plan.orders.stream)

    def off(self, plan: Plan) -> Plan:
        """The plan without it. Early calls stay: they are of use without it too."""
        return msgspec.structs.replace(plan, orders=msgspec.structs.replace(plan.orders, stream=()))

    def account(self, run: Run) -> Account:
        """Edges over which something was read before it was committed; used if the consumer's run ahead counted."""
        operations, orders = run.operations, run.plan.orders.stream
        kind, task = operations["kind"], operations["task"]
        rows = np.flatnonzero(kind == Kind.EXECUTE)
        counted = set(task[rows[run.tasks["counts"] & (operations["object"][rows] >= 0)]].tolist())
        committed_ns = dict(zip(task[rows].tolist(), np.round(run.tasks["committed_s"] * 1e9).tolist(), strict=True))
        fetched = set[tuple[int, int]]()
        makers = run.workflow.object_producer
        begin_ns = operations["begin_ns"] - run.submitted_ns
        for row in np.flatnonzero(kind == Kind.FETCH).tolist():
            maker = int(makers[operations["object"][row]])
            if maker >= 0 and not begin_ns[row] >= committed_ns.get(maker, math.inf):
                fetched.add((maker, int(task[row])))
        applied = [order for order in orders if (order.producer, order.consumer) in fetched]
        used = sum(order.consumer in counted for order in applied)
        return Account(len(orders), len(applied), used, len(applied) - used)

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        """Of each consumer the edge expected to gain most; the half of these that gains more; the best one."""
        found = sorted(_candidates(plan, workflow, platform, observation), key=lambda each: (-each.gain_s, each[:2]))
        first = {each.consumer: each for each in reversed(found)}
        found = [each for each in found if first[each.consumer] is each][:MOST]
        for n in dict.fromkeys((len(found), math.ceil(len(found) / 2), min(1, len(found)))):
            if n:
                yield _with(plan, found[:n])

    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        """What cannot be read ahead, or would not be heard of; and what it cannot go with."""
        asked = Counter((order.producer, order.consumer) for order in plan.orders.stream)
        chunks: dict[int, set[int]] = {}
        for order in plan.orders.stream:
            chunks.setdefault(order.producer, set()).add(order.chunks)
        for order in plan.orders.stream:
            field = f"orders.stream[{workflow.task_names[order.producer]!r}, {workflow.task_names[order.consumer]!r}]"
            yield from _misplaced(plan, workflow, order, field)
            if not 2 <= order.chunks <= MOST_CHUNKS:
                yield Fault("plan", f"{field}.chunks", order.chunks, f"a whole number from 2 to {MOST_CHUNKS}")
            if len(chunks[order.producer]) > 1:
                yield Fault("plan", f"{field}.chunks", order.chunks, "the same for all that read what the task makes")
            if asked[order.producer, order.consumer] > 1:
                yield Fault("plan", field, asked[order.producer, order.consumer], "one order")
            yield from _conflicts(plan, workflow, order, field)


def _misplaced(plan: Plan, workflow: Workflow, order: Order, field: str) -> Iterator[Fault]:
    home, there = plan.assignment[order.consumer], plan.assignment[order.producer]
    if home is None or there is None:
        yield Fault("plan", field, "flexible", "tasks of named workers")
    elif home == there:
        yield Fault("plan", field, plan.workers[home].name, "tasks of two workers")
    elif not plan.workers[home].hold:
        yield Fault("plan", field, "released", "a consumer whose worker holds, or it would not be there")
    if not handed_over(workflow, order.producer, order.consumer):
        yield Fault("plan", field, None, "an object that the consumer reads of the producer's")


def _conflicts(plan: Plan, workflow: Workflow, order: Order, field: str) -> Iterator[Fault]:
    """Preload, duplicate and backup say for themselves which tasks they leave to it; here, who waits for a copy."""
    allowed = can_stream(workflow, order.producer, order.consumer)
    task = order.consumer if order.consumer in workflow.lane_of else order.producer
    yield from map_conflicts("stream", field, workflow, task, allowed=allowed)
    if order.consumer in {each.consumer for each in plan.orders.duplicate}:
        who = workflow.task_names[order.consumer]
        yield Fault("plan", field, "stream and duplicate", f"optimization stream or duplicate for {who!r}, not both")


class _Candidate(NamedTuple):
    """An edge, its chunks, by how much its consumer is expected to end earlier, and a call that this takes.

    From the gain is taken how long the run would go on for the price of the requests.
    """

    producer: int
    consumer: int
    chunks: int
    gain_s: float
    call: EarlyCall | None


def _with(plan: Plan, found: Sequence[_Candidate]) -> Plan:
    """A producer's chunks are those of its edge that gains most."""
    chunks = {each.producer: each.chunks for each in reversed(found)}
    streams = tuple(Order(each.producer, each.consumer, chunks[each.producer]) for each in found)
    calls = {call.worker: call for call in plan.orders.call_early}
    more = {each.call.worker: each.call for each in reversed(found) if each.call and each.call.worker not in calls}
    early = (*plan.orders.call_early, *(more[worker] for worker in sorted(more)))
    return msgspec.structs.replace(plan, orders=msgspec.structs.replace(plan.orders, stream=streams, call_early=early))


class _Times:
    """What was seen of a plan, in the median over the runs: s since the submission."""

    def __init__(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> None:
        self.plan, self.workflow, self.platform = plan, workflow, platform
        self.begin_s, self.end_s = median_s(observation.starts_s), median_s(observation.ends_s)
        self.committed_s = median_s(observation.committed_s)
        self.called_s, self.up_s = median_s(observation.called_s), median_s(observation.up_s)
        self.told_s = platform.ledger.notify_s.mean_s
        whole = observation.evaluation
        usd_per_s = whole.mean_cost_usd / float(whole.makespans_s.mean())
        chunk_usd = platform.prices.usd_per_put + platform.prices.usd_per_get
        self.chunk_s = chunk_usd / usd_per_s if chunk_usd else 0.0
        """How long the run goes on for the price of one more chunk."""
        transfers = Transfers(workflow, platform)
        parents = workflow.parents
        edges = list(zip(parents.indices.tolist(), parents.keys.tolist(), strict=True))
        self.fetch_s = dict(zip(edges, transfers.edge_fetch_s.tolist(), strict=True))

    def run_s(self, task: int) -> float:
        """How long a task runs."""
        return float(self.end_s[task] - self.begin_s[task])

    def others_s(self, consumer: int, producer: int) -> float:
        """When all that a task reads of others than one is there."""
        home = self.plan.assignment[consumer]
        found = [0.0]
        for parent in self.workflow.parents.row(consumer).tolist():
            if parent != producer:
                is_local = self.plan.assignment[parent] == home
                done_s = self.end_s[parent] if is_local else self.committed_s[parent] + self.told_s
                found.append(float(done_s + (0.0 if is_local else self.fetch_s[parent, consumer])))
        return max(found)


def _candidates(plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[_Candidate]:
    times, barred = _Times(plan, workflow, platform, observation), _barred(plan)
    roots = {plan.assignment[task] for task in range(workflow.n_tasks) if not workflow.parents.row(task).size}
    for consumer, home in enumerate(plan.assignment):
        if home is None or consumer in barred or not plan.workers[home].hold:
            continue
        for producer in workflow.parents.row(consumer).tolist():
            there = plan.assignment[producer]
            if there in (None, home) or producer in barred or not handed_over(workflow, producer, consumer):
                continue
            if not can_stream(workflow, producer, consumer):
                continue
            found = _best(times, producer, consumer, is_called=home in roots)
            if found and found.gain_s > _STEP_S:
                yield found


def _barred(plan: Plan) -> set[int]:
    """Tasks that others want otherwise."""
    orders = plan.orders
    duplicated = {task for each in orders.duplicate for task in (each.task, each.consumer)}
    return duplicated | {each.task for each in orders.backup} | set(orders.preload)


def _best(times: _Times, producer: int, consumer: int, *, is_called: bool) -> _Candidate | None:
    """The number of chunks by which an edge gains most, if it was seen in all runs."""
    begin_s, run_s, works_s = times.begin_s[producer], times.run_s(producer), times.run_s(consumer)
    home = times.plan.assignment[consumer]
    if home is None or math.isnan(begin_s + run_s + works_s + times.up_s[home] + times.committed_s[producer]):
        return None
    start_s = times.platform.invocation.call_s.mean_s + float(times.up_s[home] - times.called_s[home])
    is_late = times.up_s[home] > begin_s
    up_s = begin_s + start_s + 2 * times.told_s if is_late and not is_called else times.up_s[home] + times.told_s
    ready_s = max(float(up_s), times.others_s(consumer, producer))
    n_objects = len(handed_over(times.workflow, producer, consumer))
    pipes = [pipeline(times.workflow, times.platform, producer, consumer, chunks) for chunks in CHUNKS]
    ends_s = [pipe.end_s(pipe.arrivals_s(begin_s, run_s, float(up_s)), ready_s, works_s) for pipe in pipes]
    prices_s = [times.chunk_s * n_objects * (pipe.chunks - 1) for pipe in pipes]
    price_s, end_s, pipe = min(zip(prices_s, ends_s, pipes, strict=True), key=lambda each: each[0] + each[1])
    call = None
    if is_late and not is_called:
        after_s = max(0.0, end_s - works_s - start_s - 2 * times.told_s - begin_s)
        call = EarlyCall(producer, home, rounded_s(after_s))
    return _Candidate(producer, consumer, pipe.chunks, float(times.end_s[consumer] - end_s) - price_s, call)
