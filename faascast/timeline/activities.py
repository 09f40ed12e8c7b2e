"""Activities: what each instance of a run did at every moment.

While an invocation runs, its instance computes or waits. Of several reasons to wait at once the one nearest to
computing counts: a fetch before an upload, an upload before a request to the ledger, that before a call. What
remains is held: the worker waits for others, billed. What an instance did when it was killed came to nothing; the
time since the last thing that ended otherwise is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from executor.records.events import OUTCOMES, outcomes
from executor.records.measured import took_place
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

Reason: TypeAlias = tuple[int, int, int]
"""begin_ns, end_ns, rank"""


@dataclass(frozen=True, slots=True)
class Span:
    """One activity of one instance; times are since the submission."""

    instance: int
    begin_ns: int
    end_ns: int
    activity: Activity
    invocation: int
    """Of which invocation; −1 while the instance is idle."""

    @property
    def begin_s(self) -> float:
        """Its begin in seconds."""
        return self.begin_ns / NS_PER_S

    @property
    def end_s(self) -> float:
        """Its end in seconds."""
        return self.end_ns / NS_PER_S


def submitted_ns(run: Run) -> int:
    """The submission, on the clock of the operations."""
    return run.submitted_ns


def to_ns(time_s: float) -> int:
    """A time of a table in the whole ns that it was made of: exact for what is less than 50 days away."""
    return round(time_s * NS_PER_S)


def or_ns(time_s: float, otherwise_ns: int) -> int:
    """A time of a table in ns, or the other where there is none: the run ended before."""
    return to_ns(time_s) if np.isfinite(time_s) else otherwise_ns


def last_exit_ns(run: Run) -> int:
    """When the last invocation ended, or the makespan if that is later."""
    ends_s = run.invocations["ended_s"]
    return max(to_ns(float(ends_s[np.isfinite(ends_s)].max(initial=0.0))), run.makespan_ns or 0)


def last_exit_s(run: Run) -> float:
    """The same in seconds."""
    return last_exit_ns(run) / NS_PER_S


def spans(run: Run) -> Iterator[Span]:
    """Every instance's activities, instance by instance, without gap or overlap until the last exit.

    What other runs did on an instance they shared is not in this run's records: it counts as idle.
    """
    until_ns = last_exit_ns(run)
    reasons, served = _Reasons(run), invocations_by_instance(run)
    invocations = run.invocations
    for instance in run.instances.rows():
        serial = instance["instance"]
        free_ns = max(0, to_ns(instance["created_s"]))
        for number in served.get(serial, ()):
            admitted_ns = to_ns(invocations["admitted_s"][number])
            yield from _span(serial, free_ns, admitted_ns, Activity.KEEP_ALIVE)
            yield from _serving(run, serial, number, reasons.of(number), until_ns)
            free_ns = or_ns(invocations["ended_s"][number], until_ns)
        yield from _span(serial, free_ns, min(until_ns, or_ns(instance["ended_s"], until_ns)), Activity.KEEP_ALIVE)


def invocations_by_instance(run: Run) -> dict[int, list[int]]:
    """The invocations that each instance served, prewarms too, in that order."""
    served: dict[int, list[int]] = {}
    instance = run.invocations["instance"]
    for number in np.lexsort((run.invocations["admitted_s"], instance)).tolist():
        if instance[number] >= 0:
            served.setdefault(int(instance[number]), []).append(number)
    return served


class _Reasons:
    """Per invocation, what it had under way and when; what was killed with it came to nothing and is left out."""

    def __init__(self, run: Run) -> None:
        operations = run.operations
        counts = np.isin(operations["kind"], tuple(_RANK)) & (operations["invocation"] >= 0)
        counts &= outcomes(operations) != OUTCOMES.index("killed")
        rows = np.flatnonzero(counts)
        self._rows = rows[np.argsort(operations["invocation"][rows], kind="stable")]
        of_all = np.arange(run.invocations.n_rows + 1)
        self._first = np.searchsorted(operations["invocation"][self._rows], of_all).tolist()
        self._operations = operations
        self._submitted_ns = submitted_ns(run)

    def of(self, invocation: int) -> list[Reason]:
        """What one invocation had under way."""
        operations = self._operations
        rows = self._rows[self._first[invocation] : self._first[invocation + 1]]
        begins_ns, ends_ns = (times[rows] - self._submitted_ns for times in took_place(operations))
        ranks = [_RANK[kind] for kind in operations["kind"][rows].tolist()]
        return list(zip(begins_ns.tolist(), ends_ns.tolist(), ranks, strict=True))


def _serving(run: Run, serial: int, number: int, reasons: Sequence[Reason], until_ns: int) -> Iterator[Span]:
    """One invocation, from its admission to its end."""
    invocations = run.invocations
    names = ("admitted_s", "provisioned_s", "started_s", "ended_s")
    admitted_ns, provisioned_ns, started_ns, ended_ns = (or_ns(invocations[name][number], until_ns) for name in names)
    if invocations["start"][number] in ("cold", "prewarm"):
        provisioned_ns = min(provisioned_ns, started_ns)
        yield from _span(serial, admitted_ns, provisioned_ns, Activity.PROVISIONING, number)
        yield from _span(serial, provisioned_ns, started_ns, Activity.INIT, number)
    else:
        yield from _span(serial, admitted_ns, started_ns, Activity.WARM_START, number)
    running = list(_running(serial, started_ns, ended_ns, reasons, number))
    if invocations["status"][number] == "killed" and running and running[-1].activity is Activity.HOLD:
        running[-1] = replace(running[-1], activity=Activity.LOST)
    yield from running


def _running(serial: int, begin_ns: int, end_ns: int, reasons: Sequence[Reason], number: int) -> Iterator[Span]:
    """The time of a running invocation, parted by the first of the reasons that hold at each moment."""
    changes = [(min(max(begins_ns, begin_ns), end_ns), rank, 1) for begins_ns, _, rank in reasons]
    changes += [(min(max(ends_ns, begin_ns), end_ns), rank, -1) for _, ends_ns, rank in reasons]
    under_way = [0] * _HOLD
    since_ns, doing = begin_ns, _HOLD
    for time_ns, rank, change in sorted(changes):
        under_way[rank] += change
        now = next((rank for rank, n in enumerate(under_way) if n > 0), _HOLD)
        if now != doing:
            yield from _span(serial, since_ns, time_ns, WHILE_RUNNING[doing], number)
            since_ns, doing = (time_ns, now) if time_ns > since_ns else (since_ns, now)
    yield from _span(serial, since_ns, end_ns, WHILE_RUNNING[doing], number)


def _span(serial: int, begin_ns: int, end_ns: int, activity: Activity, invocation: int = -1) -> Iterator[Span]:
    if end_ns > begin_ns:
        yield Span(serial, begin_ns, end_ns, activity, invocation)
