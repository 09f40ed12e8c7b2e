"""From a finished job to what it left, and to a `Run`, or to what came of it alone."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from executor.records.billing import make_bill
from executor.records.left import NOT_YET, Left
from executor.records.making import make_run
from executor.records.run import Run
from executor.records.stays import stays_of
from executor.records.tables import operation_table
from sim.bounds import lower_bound_s
from sim.clock import NS_PER_S
from sim.instance import Instance
from sim.job import Invocation, Job, Prewarming
from sim.pool import Pool


class Outcome(NamedTuple):
    """What who chooses plans asks of a run."""

    makespan_s: float | None
    """None if it failed."""
    cost_usd: float
    failure: str | None


def run_of(job: Job, pool: Pool, seed: int) -> Run:
    """Everything known of a job that has come to its end."""
    left = left_of(job, _instances_of(job, pool), seed)
    return make_run(left, operation_table(job.log), partial(lower_bound_s, job))


def outcome_of(job: Job, seed: int) -> Outcome:
    """What came of a job that has come to its end: the figures of its `Run`, without records and tables."""
    left = left_of(job, [], seed)
    makespan_ns = left.makespan_ns
    return Outcome(
        makespan_s=None if makespan_ns is None else makespan_ns / NS_PER_S,
        cost_usd=make_bill(left, stays_of(left)).cost_usd,
        failure=job.failure if makespan_ns is None else None,
    )


def left_of(job: Job, instances: list[Instance], seed: int) -> Left:
    """What a job left that has come to its end, served by these instances."""
    setting = job.setting
    return Left(
        workflow=setting.workflow,
        plan=setting.plan,
        platform=setting.platform,
        seed=seed,
        faults=job.script,
        worker_name=job.worker_name,
        deliveries=job.invocations,
        prewarms=job.prewarmings,
        instances=instances,
        requests=job.counters,
        commits=list(zip(job.committed_tasks, job.commit_rows, strict=True)),
        version_of=job.ledger.committed_version,
        may_run_twice=bool(job.ahead),
        submitted_ns=job.submitted_ns,
        done_ns=job.done_ns,
        last_row=job.last_row,
        failure=job.failure,
        lost=job.lost.number if job.lost else None,
        widths={task: width for task, width in job.split.widths.items() if job.ledger.committed_version(task)},
    )


def _instances_of(job: Job, pool: Pool) -> list[Instance]:
    """Those that served it, and the pool's initial ones if it was the first."""
    stays: list[Invocation | Prewarming] = [*job.invocations, *job.prewarmings]
    served = {stay.instance.serial for stay in stays if stay.admitted_ns != NOT_YET}
    return [i for i in pool.instances if i.serial in served or (i.origin == "initial" and not job.number)]
