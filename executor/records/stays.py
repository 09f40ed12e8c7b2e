"""Stays: when each invocation and each prewarm of a run was on its instance, and how much of that is billed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executor.records.left import NOT_YET, Left, Stay
from executor.records.measured import NS_PER_S

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Stays:
    """One entry per delivery of a worker, then one per prewarm; times in ns, `NOT_YET` for what never happened."""

    rows: list[Stay]
    admitted_ns: Array
    provisioned_ns: Array
    started_ns: Array
    ended_ns: Array
    cold: Array
    memory_mb: Array
    billed_ns: Array
    is_prewarm: Array

    @property
    def admitted(self) -> Array:
        """Whether it got an instance."""
        return np.asarray(self.admitted_ns != NOT_YET)


def stays_of(left: Left) -> Stays:
    """Those of a run that has come to its end."""
    rows: list[Stay] = [*left.deliveries, *left.prewarms]
    prices = left.platform.prices
    times = [(row.admitted_ns, row.provisioned_ns, row.started_ns, row.ended_ns, row.memory_mb) for row in rows]
    admitted_ns, provisioned_ns, started_ns, ended_ns, memory_mb = np.array(times, dtype="i8").reshape(-1, 5).T
    cold = np.array([row.cold for row in rows], dtype="?")
    billed_from = np.where(cold & prices.bill_init, provisioned_ns, started_ns)
    step_ns = round(prices.billing_step_s * NS_PER_S)
    never = (ended_ns == NOT_YET) | (billed_from == NOT_YET)
    ran = np.where(never, 0, ended_ns - billed_from)
    return Stays(
        rows,
        admitted_ns,
        provisioned_ns,
        started_ns,
        ended_ns,
        cold,
        memory_mb,
        billed_ns=-(-ran // step_ns) * step_ns,
        is_prewarm=np.arange(len(rows)) >= len(left.deliveries),
    )
