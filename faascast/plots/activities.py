"""Activities: what each instance of a run did at every moment, as data for pictures.

While an invocation runs, its instance computes or waits. Of several reasons to wait at once the one nearest to
computing counts: a fetch before an upload, an upload before a request to the ledger, that before a call. What
remains is held: the worker waits for others, billed. What an instance did when it was killed has no end, and no
record; the time since the last thing that had is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from executor.records.operations import Kind
from executor.records.run import Run

NS_PER_S = 1_000_000_000


class Activity(StrEnum):
    """What an instance does."""

    PROVISIONING = "provisioning"
    INIT = "initialization"
    WARM_START = "warm start"
    COMPUTING = "computing"
    FETCH = "fetch"
    UPLOAD = "upload"
    DEPENDENCY = "commit, dependency"
    CALL = "invocation of others"
    HOLD = "held for others"
    LOST = "lost, killed"
    KEEP_ALIVE = "idle, kept alive"


WHILE_RUNNING = (
    Activity.COMPUTING,
    Activity.FETCH,
    Activity.UPLOAD,
    Activity.DEPENDENCY,
    Activity.CALL,
    Activity.HOLD,
    Activity.LOST,
)
"""What a running invocation may do; of several at once the first counts."""

_RANK = {
    Kind.EXECUTE: 0,
    Kind.FETCH: 1,
    Kind.UPLOAD: 2,
    Kind.COMMIT: 3,
    Kind.READ: 3,
    Kind.INVOKE: 4,
    Kind.TIMER: 4,
}
_HOLD = 5


@dataclass(frozen=True, slots=True)
class Span:
    """One activity of one instance, in seconds since the submission."""

    instance: int
    begin_s: float
    end_s: float
    activity: Activity


@dataclass(frozen=True, slots=True)
class _Reason:
    begin_s: float
    end_s: float
    rank: int


def submitted_ns(run: Run) -> int:
    """The submission, on the clock of the operations."""
    begins_ns = run.operations["begin_ns"]
    return int(begins_ns.min()) if begins_ns.size else 0


def last_exit_s(run: Run) -> float:
    """When the last invocation ended, or the makespan if that is later."""
    ends_s = run.invocations["ended_s"]
    return max(float(ends_s[np.isfinite(ends_s)].max(initial=0.0)), run.makespan_s or 0.0)


def spans(run: Run) -> Iterator[Span]:
    """Every instance's activities, instance by instance, without gap or overlap until the last exit.

    What other runs did on an instance they shared is not in this run's records: it counts as idle.
    """
    until_s = last_exit_s(run)
    reasons = _reasons(run)
    served: dict[int, list[dict[str, Any]]] = {}
    for number, row in enumerate(run.invocations.rows()):
        served.setdefault(row["instance"], []).append(row | {"reasons": reasons.get(number, ())})
    for instance in run.instances.rows():
        serial = instance["instance"]
        free_s = max(0.0, instance["created_s"])
        for row in sorted(served.get(serial, ()), key=lambda row: row["admitted_s"]):
            yield from _span(serial, free_s, row["admitted_s"], Activity.KEEP_ALIVE)
            yield from _serving(serial, row, until_s)
            free_s = _or(row["ended_s"], until_s)
        yield from _span(serial, free_s, min(until_s, instance["ended_s"]), Activity.KEEP_ALIVE)


def _reasons(run: Run) -> dict[int, list[_Reason]]:
    """Per invocation, what it had under way and when."""
    began_ns = submitted_ns(run)
    reasons: dict[int, list[_Reason]] = {}
    names = ("kind", "invocation", "begin_ns", "end_ns")
    for kind, invocation, begin_ns, end_ns in zip(*(run.operations[name].tolist() for name in names), strict=True):
        rank = _RANK.get(kind)
        if rank is not None and invocation >= 0:
            begin_s, end_s = (begin_ns - began_ns) / NS_PER_S, (end_ns - began_ns) / NS_PER_S
            reasons.setdefault(invocation, []).append(_Reason(begin_s, end_s, rank))
    return reasons


def _serving(serial: int, row: dict[str, Any], until_s: float) -> Iterator[Span]:
    """One invocation, from its admission to its end."""
    times_s = (row["admitted_s"], row["provisioned_s"], row["started_s"], row["ended_s"])
    admitted_s, provisioned_s, started_s, ended_s = (_or(time_s, until_s) for time_s in times_s)
    if row["start"] in ("cold", "prewarm"):
        yield from _span(serial, admitted_s, min(provisioned_s, started_s), Activity.PROVISIONING)
        yield from _span(serial, provisioned_s, started_s, Activity.INIT)
    else:
        yield from _span(serial, admitted_s, started_s, Activity.WARM_START)
    running = list(_running(serial, started_s, ended_s, row["reasons"]))
    if row["status"] == "killed" and running and running[-1].activity is Activity.HOLD:
        running[-1] = replace(running[-1], activity=Activity.LOST)
    yield from running


def _running(serial: int, begin_s: float, end_s: float, reasons: Sequence[_Reason]) -> Iterator[Span]:
    """The time of a running invocation, parted by the first of the reasons that hold at each moment."""
    changes = [(min(max(each.begin_s, begin_s), end_s), each.rank, 1) for each in reasons]
    changes += [(min(max(each.end_s, begin_s), end_s), each.rank, -1) for each in reasons]
    under_way = [0] * _HOLD
    since_s, doing = begin_s, _HOLD
    for time_s, rank, change in sorted(changes):
        under_way[rank] += change
        now = next((rank for rank, n in enumerate(under_way) if n > 0), _HOLD)
        if now != doing:
            yield from _span(serial, since_s, time_s, WHILE_RUNNING[doing])
            since_s, doing = (time_s, now) if time_s > since_s else (since_s, now)
    yield from _span(serial, since_s, end_s, WHILE_RUNNING[doing])


def _span(serial: int, begin_s: float, end_s: float, activity: Activity) -> Iterator[Span]:
    if end_s > begin_s:
        yield Span(serial, begin_s, end_s, activity)


def _or(time_s: float, otherwise_s: float) -> float:
    """The time, or the other where the run ended before."""
    return time_s if np.isfinite(time_s) else otherwise_s
