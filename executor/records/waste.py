"""Waste: what a run did that came to nothing, in seconds of instances and in money.

Runs of tasks that failed, were killed, or lost against another version; transfers that failed or were given up; and
the starts of workers that were delivered again after a death. Money is those seconds at the price of the instance's
size: it is part of the bill, not on top of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executor.records.operations import NO_ROW, Kind, Outcome
from executor.records.table import Table
from platforms.sections import Prices


@dataclass(frozen=True, slots=True)
class Waste:
    """Seconds by what they went into, and what they cost."""

    runs_s: float
    transfers_s: float
    starts_s: float
    n_runs: int
    """Executions that do not count."""
    n_redeliveries: int
    """Starts of workers that had died."""
    usd: float

    @property
    def total_s(self) -> float:
        """All seconds."""
        return self.runs_s + self.transfers_s + self.starts_s


NO_WASTE = Waste(runs_s=0.0, transfers_s=0.0, starts_s=0.0, n_runs=0, n_redeliveries=0, usd=0.0)


def is_calm(operations: Table) -> bool:
    """Whether all went well, and no task ran twice: then nothing was done in vain, and no table need be made."""
    runs = operations["task"][operations["kind"] == Kind.EXECUTE]
    return not operations["outcome"].any() and len(np.unique(runs)) == len(runs)


def waste_of(tasks: Table, transfers: Table, invocations: Table, operations: Table, prices: Prices) -> Waste:
    """What a run did in vain, from its tables."""
    runs = tasks.where(~tasks["counts"])
    moved = transfers.where(transfers["outcome"] != Outcome.DONE.name.lower())
    again = _redelivered(operations)
    started_s = np.fmin(invocations["started_s"], invocations["ended_s"])[again] - invocations["admitted_s"][again]
    usd_per_s = np.array([prices.usd_per_s(mb) for mb in invocations["memory_mb"].tolist()])
    (runs_s, moved_s), (runs_usd, moved_usd) = zip(*(_spent(each, usd_per_s) for each in (runs, moved)), strict=True)
    starts_s = np.nan_to_num(started_s)
    return Waste(
        runs_s=runs_s,
        transfers_s=moved_s,
        starts_s=float(starts_s.sum()),
        n_runs=runs.n_rows,
        n_redeliveries=len(again),
        usd=runs_usd + moved_usd + float((starts_s * usd_per_s[again]).sum()),
    )


def _spent(rows: Table, usd_per_s: NDArray[Any]) -> tuple[float, float]:
    """Seconds and their price."""
    spent_s = rows["end_s"] - rows["start_s"]
    return float(spent_s.sum()), float((spent_s * usd_per_s[rows["invocation"].astype("i8")]).sum())


def _redelivered(operations: Table) -> NDArray[Any]:
    """Invocations that were started because a former epoch had died, each once."""
    starts = np.flatnonzero(operations["kind"] == Kind.START)
    cause = operations["cause"][starts]
    kind = np.where(cause == NO_ROW, -1, operations["kind"][cause])
    died = np.isin(kind, (Kind.LOST, Kind.TIMER))
    return np.unique(operations["invocation"][starts[died]])
