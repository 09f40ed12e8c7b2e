"""The world as recorded runs show it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from planners.knowledge.assumptions import ASSUMED, Assumptions, changed, published
from planners.knowledge.belief import Belief
from planners.knowledge.by_bytes import class_number, middle_of
from planners.knowledge.history import Topic
from planners.knowledge.predictor import Direction, Predictor, Request, Start
from platforms import Platform
from platforms.distribution import Constant
from platforms.sections import InitOfSize
from platforms.sections import Start as StartTable
from workloads import Workflow
from workloads.demand import Curve, MemoryTable

MOST_BYTES = 2**53
"""The largest object that is believed in."""
MOST_S = 1e9
"""The longest time, 32 years, as everywhere: a line goes on for ever."""
RATES = 1e-9, 1e18
"""The slowest rate that is believed in, in bytes/s, and that from which on there is no limit."""
_MOST_TOLD = 3
"""Bases of predictions that a note names."""


def belief_from(predictor: Predictor, workflow: Workflow, platform: Platform, name: str) -> Belief:
    """Workflow and platform in predicted figures; in assumed ones, and the notes say so, where there are none."""
    run_notes = _Notes(name)
    believed = _workflow(predictor, workflow, platform, run_notes)
    return Belief(believed, _platform(predictor, platform, run_notes), notes=tuple(run_notes.lines()))


@dataclass
class _Notes:
    """Counts what figures are based on."""

    name: str
    bases: dict[str, Counter[str]] = field(default_factory=dict)

    def count(self, what: str, basis: str) -> None:
        """One more figure of a kind."""
        self.bases.setdefault(what, Counter())[basis] += 1

    def lines(self) -> Iterator[str]:
        """A line for each kind of figure, the most frequent bases first."""
        for what, counts in self.bases.items():
            ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            told = [f"{n:,} from {basis}" for basis, n in ranked[:_MOST_TOLD]]
            if others := sum(n for _, n in ranked[_MOST_TOLD:]):
                told.append(f"{others:,} from other records")
            yield f"{self.name}: {what}: {'; '.join(told)}"


# ---- the workflow


def _workflow(predictor: Predictor, workflow: Workflow, platform: Platform, notes: _Notes) -> Workflow:
    """Sizes of what is in the store from the start can be looked up there; all else is predicted, parents first."""
    sizes = workflow.object_bytes.tolist()
    tasks = _Tasks(predictor, platform, notes)
    inputs, outputs = workflow.inputs.tuples(), workflow.outputs.tuples()
    cpu_s = np.zeros(workflow.n_tasks)
    curves: dict[int, Curve] = {}
    for task in workflow.topological_order.tolist():
        function = workflow.functions[workflow.task_function[task]]
        n_bytes = sum(sizes[found] for found in inputs[task])
        demand = tasks.demand(function, n_bytes)
        if isinstance(demand, MemoryTable):
            curves[task] = demand
        else:
            cpu_s[task] = demand
        for place, found in enumerate(outputs[task]):
            sizes[found] = tasks.output_bytes(function, place, n_bytes)
    return replace(
        workflow,
        io_s=_without(curves, np.zeros(workflow.n_tasks)),
        cpu_s=_without(curves, cpu_s),
        parallelism=np.ones(workflow.n_tasks),
        curves=curves,
        object_bytes=np.array(sizes, dtype=np.int64),
    )


def _without(curves: Mapping[int, Curve], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A workflow has no such figures of tasks with a curve."""
    values[list(curves)] = np.nan
    return values


class _Tasks:
    """Believed figures of tasks."""

    def __init__(self, predictor: Predictor, platform: Platform, notes: _Notes) -> None:
        self._predictor = predictor
        self._platform = platform
        self._notes = notes
        self._demands: dict[tuple[str, int], MemoryTable | float] = {}
        self._bases: dict[tuple[str, int], str] = {}

    def demand(self, function: str, n_bytes: int) -> MemoryTable | float:
        """Computing on so many bytes: a table over sizes, or, of one recorded size, CPU seconds of one thread.

        Tasks of a function whose inputs are of one class of bytes are taken for equal.
        """
        key = function, class_number(n_bytes)
        if key not in self._demands:
            self._demands[key] = self._demand(key, middle_of(key[1]))
        self._notes.count("run times", self._bases[key])
        return self._demands[key]

    def _demand(self, key: tuple[str, int], n_bytes: float) -> MemoryTable | float:
        function, _ = key
        recorded_mb = self._predictor.sizes_mb(Topic.RUN, function)
        if not recorded_mb:
            self._bases[key] = f"no record: {ASSUMED.run_s:g} s on one vCPU assumed"
            return ASSUMED.run_s
        points = []
        for memory_mb in self._sizes_mb(recorded_mb):
            found = self._predictor.run_s(function, memory_mb, n_bytes)
            assert found is not None  # for it was recorded
            points.append((float(memory_mb), min(found.value, MOST_S)))
            self._bases[key] = found.basis  # that of the largest size stays
        if len(recorded_mb) > 1:
            return MemoryTable(points)
        ((only_mb, run_s),) = points
        return run_s * min(self._platform.vcpus(only_mb), 1.0)

    def _sizes_mb(self, recorded_mb: tuple[int, ...]) -> list[int]:
        """The recorded sizes, and below the smallest, where time grows as the CPU shrinks, its halves."""
        if len(recorded_mb) == 1:
            return [*recorded_mb]
        smallest, halves = recorded_mb[0], list[int]()
        while smallest > self._platform.sizes.min_mb:
            smallest = max(smallest // 2, self._platform.sizes.min_mb)
            halves.append(smallest)
        return [*reversed(halves), *recorded_mb]

    def output_bytes(self, function: str, place: int, n_bytes: int) -> int:
        """The size of an output."""
        found = self._predictor.output_bytes(function, place, n_bytes)
        if found is None:
            self._notes.count("object sizes", f"no record: {ASSUMED.object_bytes:,} bytes assumed")
            return ASSUMED.object_bytes
        self._notes.count("object sizes", found.basis)
        return min(round(found.value), MOST_BYTES)


# ---- the platform


def _platform(predictor: Predictor, platform: Platform, notes: _Notes, assumed: Assumptions = ASSUMED) -> Platform:
    def overall_s(topic: Start | Request, otherwise: float) -> float:
        found = predictor.overall_s(topic)
        if found is None:
            notes.count("the platform's times", f"no record: a {topic} of {otherwise:g} s assumed")
        return otherwise if found is None else min(found.value, MOST_S)

    get_s, get_rate = _speed(predictor, Topic.GET, assumed.get_s, notes)
    put_s, put_rate = _speed(predictor, Topic.PUT, assumed.put_s, notes)
    rate = _one_rate(predictor, get_rate, put_rate)
    return published(
        platform,
        start=_start(
            predictor, platform.start, overall_s(Topic.COLD, assumed.cold_s), overall_s(Topic.WARM, assumed.warm_s)
        ),
        invocation=changed(platform.invocation, call_s=overall_s(Topic.CALL, assumed.call_s)),
        ledger=changed(
            platform.ledger,
            request_s=overall_s(Topic.REQUEST, assumed.request_s),
            notify_s=overall_s(Topic.NOTIFY, assumed.notify_s),
        ),
        network=changed(platform.network, connection_bytes_per_s=max(rate, RATES[0]) if rate < RATES[1] else None),
        store=changed(platform.store, get_latency_s=get_s, put_latency_s=put_s),
    )


def _start(predictor: Predictor, start: StartTable, cold_s: float, warm_s: float) -> StartTable:
    """Cold starts by size; what of them is billed is told by size, the rest is the same for all."""
    overall = predictor.overall_s(Topic.INIT)
    init_s = min(cold_s, ASSUMED.init_s if overall is None else overall.value)
    by_size = [(mb, predictor.start_s(Topic.INIT, mb)) for mb in predictor.sizes_mb(Topic.INIT)]
    sizes = [(mb, Constant(value_s=min(found.value, MOST_S))) for mb, found in by_size if found]
    return changed(
        start,
        provisioning_s=max(0.0, cold_s - init_s),
        init_s=init_s,
        init_by_size=tuple(InitOfSize(memory_mb=mb, init_s=found) for mb, found in sizes),
        init_s_per_package_mb=0,
        warm_s=warm_s,
    )


def _speed(predictor: Predictor, direction: Direction, assumed_s: float, notes: _Notes) -> tuple[float, float]:
    """Latency and rate; a rate that the records cannot tell from the latency is assumed, and taken off it."""
    speed = predictor.speed(direction)
    if speed is None:
        notes.count("the platform's times", f"no record: a {direction} of {assumed_s:g} s and its bytes assumed")
        return assumed_s, ASSUMED.bytes_per_s
    if speed.bytes_per_s is None:
        rate = ASSUMED.bytes_per_s
        notes.count("the platform's times", f"{direction}s of one amount alone: {rate / 1e6:g} MB/s assumed")
        return min(max(0.0, speed.latency_s - speed.mean_bytes / rate), MOST_S), rate
    return min(speed.latency_s, MOST_S), speed.bytes_per_s


def _one_rate(predictor: Predictor, get_rate: float, put_rate: float) -> float:
    """A platform's connections have one rate in both directions: that which all recorded bytes took together."""
    moved = [_moved(predictor, Topic.GET), _moved(predictor, Topic.PUT)]
    if not sum(moved):
        return min(get_rate, put_rate)
    took_s = moved[0] / get_rate + moved[1] / put_rate
    return sum(moved) / took_s if took_s else math.inf


def _moved(predictor: Predictor, direction: Direction) -> float:
    speed = predictor.speed(direction)
    return speed.mean_bytes * speed.n if speed else 0.0
