"""Counters: how many instances, tasks and waiting invocations there are, and how many bytes move, over time."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import numpy as np

from executor.records.operations import Kind
from executor.records.run import Run
from faascast.timeline.activities import NS_PER_S, submitted_ns
from faascast.timeline.counts import Integers, counts_over_time
from faascast.traces.events import counter

Intervals: TypeAlias = "tuple[array[int], array[int]]"
"""Begins and ends in ns."""
Weighted: TypeAlias = tuple[Integers, Integers, Integers | int]


def counters(run: Run, pid: int, states: Mapping[str, Intervals], queued: Intervals) -> Iterator[bytes]:
    """All counters, on the process of the run. A transfer counts with its average rate, from its begin to its end."""
    by_state = {state: _integers(intervals) for state, intervals in states.items()}
    begins_ns, ends_ns = (np.concatenate([each[which] for each in by_state.values()]) for which in (0, 1))
    yield from _counter("live", pid, {"instances": (begins_ns, ends_ns, 1)})
    yield from _counter("instances", pid, {state: (*each, 1) for state, each in by_state.items()})
    operations, submitted = run.operations, submitted_ns(run)
    begins_ns, ends_ns = operations["begin_ns"] - submitted, operations["end_ns"] - submitted
    runs = operations["kind"] == Kind.EXECUTE
    yield from _counter("tasks", pid, {"running": (begins_ns[runs], ends_ns[runs], 1)})
    rates = {}
    for name, kind in (("fetched", Kind.FETCH), ("uploaded", Kind.UPLOAD)):
        moves = (operations["kind"] == kind) & (ends_ns > begins_ns)
        n_bytes = run.workflow.object_bytes[operations["object"][moves]].astype(np.float64)
        rate = np.rint(n_bytes * NS_PER_S / (ends_ns - begins_ns)[moves]).astype(np.int64)
        rates[name] = (begins_ns[moves], ends_ns[moves], rate)
    yield from _counter("bytes/s", pid, rates)
    if queued[0]:
        yield from _counter("waiting", pid, {"invocations": (*_integers(queued), 1)})


def _integers(intervals: Intervals) -> tuple[Integers, Integers]:
    begins_ns, ends_ns = (np.array(times_ns, dtype=np.int64) for times_ns in intervals)
    return begins_ns, ends_ns


def _counter(name: str, pid: int, intervals: Mapping[str, Weighted]) -> Iterator[bytes]:
    """A counter with a value for each name, told where one changes."""
    times_ns, counts = counts_over_time(intervals)
    columns = (count.tolist() for count in counts.values())
    for at_ns, *values in zip(times_ns.tolist(), *columns, strict=True):
        yield counter(name, pid, at_ns, dict(zip(counts, values, strict=True)))
