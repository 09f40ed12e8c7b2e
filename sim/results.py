"""From a finished job to a `Run`."""

from __future__ import annotations

from functools import partial

from executor.records.run import Run
from sim.billing import make_bill
from sim.bounds import lower_bound_s
from sim.job import Job
from sim.pool import Pool
from sim.tables import instance_table, invocation_table, operation_table, task_table, transfer_table


def make_run(job: Job, pool: Pool, seed: int) -> Run:
    """Everything known of a job that has come to its end; tables of tasks and transfers are made when asked for."""
    operations = operation_table(job.log)
    invocations = invocation_table(job)
    complete = job.done_ns is not None and job.failure is None
    return Run(
        workflow=job.setting.workflow,
        plan=job.setting.plan,
        platform=job.setting.platform,
        seed=seed,
        status="complete" if complete else "failed",
        failure=None if complete else job.failure,
        makespan_ns=job.done_ns - job.submitted_ns if complete and job.done_ns is not None else None,
        last_operation=job.last_row if complete else None,
        bill=make_bill(job, invocations),
        invocations=invocations,
        instances=instance_table(job, pool, invocations),
        operations=operations,
        faults=job.script,
        lost_invocation=job.lost.number if job.lost else None,
        make_tasks=partial(task_table, job, operations, invocations),
        make_transfers=partial(transfer_table, job, operations, invocations),
        make_bound=partial(lower_bound_s, job),
    )
