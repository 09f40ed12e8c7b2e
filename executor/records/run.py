"""A run: one execution of a workflow under a plan on a platform, real or simulated, and all that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from executor.faults.script import FaultScript
from executor.records.backend import SIMULATOR, Backend
from executor.records.bill import Bill
from executor.records.critical_path import Segment, critical_path
from executor.records.events import event_table
from executor.records.evidence import Evidence
from executor.records.measured import moved_bytes
from executor.records.operations import Kind, Outcome
from executor.records.table import Table
from executor.records.waste import NO_WASTE, Waste, is_calm, waste_of
from planners.plan import Plan
from platforms import Platform
from workloads import Workflow


@dataclass(frozen=True, eq=False)
class Run:
    """Times in the tables are seconds since the submission.

    ``makespan_ns`` is None for a run that failed; ``failure`` then says why. Tables: ``tasks`` (one row per
    execution), ``transfers``, ``invocations`` (prewarms too), ``instances``, ``operations`` (everything, with
    causes; times in integer ns), ``events`` (the same in words).
    """

    workflow: Workflow
    plan: Plan
    platform: Platform
    seed: int
    status: Literal["complete", "failed"]
    failure: str | None
    makespan_ns: int | None
    last_operation: int | None
    """Row of the commit that completed the run."""
    bill: Bill
    invocations: Table
    instances: Table
    operations: Table
    faults: FaultScript | None
    """What was to go wrong, besides the platform's rates."""
    lost_invocation: int | None
    """Row in `invocations` of the delivery after which the platform gave a worker up."""
    make_tasks: Callable[[], Table]
    make_transfers: Callable[[], Table]
    make_bound: Callable[[], float] | None
    """None for a real run: see `lower_bound_s`."""
    backend: Backend = SIMULATOR
    """What carried it out."""
    evidence: Evidence | None = field(default=None, repr=False)
    """What it is known by, if that was kept."""
    notes: Mapping[int, str] = field(default_factory=dict, repr=False)
    """By row of `operations`: what is known of a failure beyond its outcome, with tracebacks. Real runs alone."""
    widths: Mapping[str, int] = field(default_factory=dict)
    """Per map node whose splitter was committed, how many of its lanes were to run."""
    ledger_commits: int | None = None
    """How many tasks the ledger has as committed, by former attempts too; None if only the tables tell."""

    @cached_property
    def tasks(self) -> Table:
        """One row per execution."""
        return self.make_tasks()

    @property
    def n_committed(self) -> int:
        """How many tasks are committed."""
        if self.ledger_commits is not None:
            return self.ledger_commits
        return len(np.unique(self.tasks["task"][np.isfinite(self.tasks["committed_s"])]))

    @cached_property
    def transfers(self) -> Table:
        """One row per get or put."""
        return self.make_transfers()

    @cached_property
    def events(self) -> Table:
        """One row per operation, in words: who, what, when, why, and what came of it."""
        return event_table(self.workflow, self.operations, self.invocations, self.last_operation)

    @property
    def submitted_ns(self) -> int:
        """The submission, on the clock of the operations; all other tables count from it."""
        begins_ns = self.operations["begin_ns"]
        return int(begins_ns.min()) if begins_ns.size else 0

    @property
    def makespan_s(self) -> float | None:
        """From the submission to the commit of the last result."""
        return None if self.makespan_ns is None else self.makespan_ns / 1e9

    @property
    def cost_usd(self) -> float:
        """The sum of the bill."""
        return self.bill.cost_usd

    @cached_property
    def lower_bound_s(self) -> float | None:
        """No plan can be faster with this run's luck: see `sim.bounds`.

        None for a real run: its measured times hold what sharing the host cost, which another plan might not pay.
        """
        return None if self.make_bound is None else self.make_bound()

    @property
    def cold_starts(self) -> int:
        """Invocations that found no idle instance (prewarms apart)."""
        return int(np.count_nonzero(self.invocations["start"] == "cold"))

    @property
    def warm_starts(self) -> int:
        """Invocations that found an idle instance (prewarms apart)."""
        return int(np.count_nonzero(self.invocations["start"] == "warm"))

    @property
    def n_workers(self) -> int:
        """Logical workers that were invoked."""
        started = self.invocations.where(np.isin(self.invocations["start"], ("cold", "warm")))
        return len(np.unique(started["worker"]))

    @property
    def bytes_fetched(self) -> int:
        """Bytes that gets brought to workers."""
        return self._bytes(Kind.FETCH)

    @property
    def bytes_uploaded(self) -> int:
        """Bytes that puts brought to the store."""
        return self._bytes(Kind.UPLOAD)

    def _bytes(self, kind: Kind) -> int:
        arrived = (self.operations["kind"] == kind) & (self.operations["outcome"] == Outcome.DONE)
        return int(moved_bytes(self.workflow, self.operations)[arrived].sum())

    @cached_property
    def waste(self) -> Waste:
        """What was done in vain."""
        orders = self.plan.orders
        if is_calm(self.operations) and not (orders.duplicate or orders.backup):
            return NO_WASTE
        return waste_of(self.workflow, self.tasks, self.invocations, self.operations, self.platform.prices)

    def critical_path(self) -> tuple[Segment, ...]:
        """Consecutive segments, each with one cause, from the submission to the last commit, adding up exactly."""
        if self.last_operation is None:
            return ()
        return critical_path(self.operations, self.invocations, self.last_operation)


__all__ = ["Kind", "Run"]
