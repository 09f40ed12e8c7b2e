"""From a finished job to a `Run`, or to what came of it alone."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from executor.records.run import Run
from sim.billing import make_bill
from sim.bounds import lower_bound_s
from sim.clock import NS_PER_S
from sim.job import Job
from sim.pool import Pool
from sim.stays import stays_of
from sim.tables import instance_table, invocation_table, operation_table, task_table, transfer_table


class Outcome(NamedTuple):
    """What who chooses plans asks of a run."""

    makespan_s: float | None
    """None if it failed."""
    cost_usd: float
    failure: str | None


def make_run(job: Job, pool: Pool, seed: int) -> Run:
    """Everything known of a job that has come to its end; tables of tasks and transfers are made when asked for."""
    operations = operation_table(job.log)
    stays = stays_of(job)
    invocations = invocation_table(job, stays)
    makespan_ns = makespan_of(job)
    return Run(
        workflow=job.setting.workflow,
        plan=job.setting.plan,
        platform=job.setting.platform,
        seed=seed,
        status="failed" if makespan_ns is None else "complete",
        failure=job.failure if makespan_ns is None else None,
        makespan_ns=makespan_ns,
        last_operation=None if makespan_ns is None else job.last_row,
        bill=make_bill(job, stays),
        invocations=invocations,
        instances=instance_table(job, pool, invocations),
        operations=operations,
        faults=job.script,
        lost_invocation=job.lost.number if job.lost else None,
        make_tasks=partial(task_table, job, operations, invocations),
        make_transfers=partial(transfer_table, job, operations, invocations),
        make_bound=partial(lower_bound_s, job),
    )


def makespan_of(job: Job) -> int | None:
    """From the submission to the last goal, in ns; None if the run failed."""
    return None if job.done_ns is None or job.failure is not None else job.done_ns - job.submitted_ns


def make_outcome(job: Job) -> Outcome:
    """What came of a job that has come to its end: the figures of its `Run`, without records and tables."""
    makespan_ns = makespan_of(job)
    return Outcome(
        makespan_s=None if makespan_ns is None else makespan_ns / NS_PER_S,
        cost_usd=make_bill(job, stays_of(job)).cost_usd,
        failure=job.failure if makespan_ns is None else None,
    )
