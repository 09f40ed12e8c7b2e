"""Causes: the words for what a makespan is spent on, in the order in which they are always shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from executor.records.critical_path import Segment, WaitCause

NS_PER_S = 1_000_000_000

MEANING: Mapping[WaitCause, str] = MappingProxyType(
    {
        WaitCause.INVOCATION: "calls to the platform, one after the other where a caller is busy",
        WaitCause.CONCURRENCY: "invocations that wait because the account's concurrency is reached",
        WaitCause.SIZE_CONCURRENCY: "invocations that wait because the concurrency of their size is reached",
        WaitCause.RAMP: "invocations that wait for the ramp of new instances of their size",
        WaitCause.START_UP: "cold and warm starts, from admission until the worker runs",
        WaitCause.FETCH: "data objects from the store, latency and bytes, each as if alone",
        WaitCause.CPU: "tasks computing, each as if alone; also of tasks that others had to wait for",
        WaitCause.CPU_SHARE: "what computing takes longer because tasks share vCPUs",
        WaitCause.UPLOAD: "data objects to the store, latency and bytes, each as if alone",
        WaitCause.NETWORK_SHARE: "what transfers take longer where they share a network or its burst is used up",
        WaitCause.DEPENDENCY: "commits, reads of dependency sets, word to waiting workers",
        WaitCause.OVERHEAD: "what real workers take between what they do: taking note, deciding, waking up",
        WaitCause.THROTTLE: "back-off after a call was refused",
        WaitCause.RETRY: "work of an instance that died, which had to be done again",
    }
)
"""What is counted under each cause, in the order in which causes are shown."""

CAUSES = tuple(MEANING)


@dataclass(frozen=True, slots=True)
class CauseTotal:
    """All segments of a critical path with one cause."""

    cause: WaitCause
    length_ns: int
    n_segments: int


def totals(path: Iterable[Segment]) -> tuple[CauseTotal, ...]:
    """The causes that a path has, in the order of `CAUSES`; their lengths add up to the path's."""
    lengths_ns = dict.fromkeys(CAUSES, 0)
    counts = dict.fromkeys(CAUSES, 0)
    for segment in path:
        lengths_ns[segment.cause] += segment.length_ns
        counts[segment.cause] += 1
    return tuple(CauseTotal(cause, lengths_ns[cause], counts[cause]) for cause in CAUSES if counts[cause])
