"""From what a run left, and its operations, to the `Run`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from executor.records.backend import SIMULATOR, Backend
from executor.records.billing import make_bill
from executor.records.evidence import Evidence
from executor.records.left import Left
from executor.records.run import Run
from executor.records.stays import stays_of
from executor.records.table import Table
from executor.records.tables import instance_table, invocation_table, task_table, transfer_table


def make_run(
    left: Left,
    operations: Table,
    make_bound: Callable[[], float] | None,
    backend: Backend = SIMULATOR,
    notes: Mapping[int, str] | None = None,
    evidence: Evidence | None = None,
) -> Run:
    """Everything known of a run; tables of tasks and transfers, and the bound, are made when asked for."""
    stays = stays_of(left)
    invocations = invocation_table(left, stays)
    makespan_ns = left.makespan_ns
    return Run(
        workflow=left.workflow,
        plan=left.plan,
        platform=left.platform,
        seed=left.seed,
        status="failed" if makespan_ns is None else "complete",
        failure=left.failure if makespan_ns is None else None,
        makespan_ns=makespan_ns,
        last_operation=None if makespan_ns is None else left.last_row,
        bill=make_bill(left, stays),
        invocations=invocations,
        instances=instance_table(left),
        operations=operations,
        faults=left.faults,
        lost_invocation=left.lost,
        make_tasks=partial(task_table, left, operations, invocations),
        make_transfers=partial(transfer_table, left, operations, invocations),
        make_bound=make_bound,
        backend=backend,
        evidence=evidence,
        notes=notes or {},
        widths={node.name: left.widths[node.splitter] for node in left.workflow.maps if node.splitter in left.widths},
        ledger_commits=left.n_committed,
    )
