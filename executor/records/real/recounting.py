"""From what a real run left to its `Run`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from executor.local.account import NOT_YET as NEVER
from executor.local.account import InstanceAccount, InvocationAccount, PlatformAccount
from executor.pool.waits import Waited
from executor.records.backend import Backend
from executor.records.left import NOT_YET, Left, Sandbox
from executor.records.making import make_run
from executor.records.naming import worker_name
from executor.records.real.operations import Rebuilt, rebuild
from executor.records.real.remains import RecordsError, Remains
from executor.records.real.rows import Row, table_of
from executor.records.run import Run
from executor.worker.view import View
from planners.plan import Plan
from platforms import Platform
from workloads import Workflow

assert NEVER == NOT_YET


@dataclass(frozen=True, eq=False, slots=True)
class Served:
    """A delivery, or a prewarm, as the platform's account has it. Times in ns."""

    worker: int
    epoch: int
    task: int
    status: str
    memory_mb: int
    instance: Sandbox
    cold: bool
    waited: Waited
    requested_ns: int
    admitted_ns: int
    provisioned_ns: int
    started_ns: int
    ended_ns: int


def recount(workflow: Workflow, plan: Plan, platform: Platform, remains: Remains) -> Run:
    """The `Run` of what a run of ``workflow`` left. RecordsError: its records contradict themselves."""
    _require_fit(workflow, remains.view)
    rebuilt = rebuild(remains)
    account = remains.account
    # A run whose results cannot be read has failed, though its machines are done.
    failure = account.failure or (None if account.status == "done" else account.status)
    done_ns, last_row = (None, NOT_YET) if account.failure else _end(remains.view, rebuilt)
    left = Left(
        workflow=workflow,
        plan=plan,
        platform=platform,
        seed=account.seed,
        faults=None,
        worker_name=lambda worker: worker_name(workflow, plan, remains.view, worker),
        deliveries=_served(account.invocations, account),
        prewarms=_served(account.prewarms, account),
        instances=account.instances,
        requests=rebuilt.counted,
        commits=[(task, row.place) for task, row in rebuilt.commits.items()],
        version_of=lambda task: rebuilt.versions.get(task, 0),
        may_run_twice=bool(remains.view.streams),
        submitted_ns=rebuilt.submitted_ns,
        done_ns=done_ns,
        last_row=last_row,
        failure=failure,
        lost=None if account.lost < 0 else account.lost,
        widths=rebuilt.widths,
        n_committed=account.n_committed,
    )
    operations = table_of(rebuilt.rows)
    return make_run(left, operations, None, backend=_backend(account), notes=_notes(rebuilt.rows), evidence=remains)


def _require_fit(workflow: Workflow, view: View) -> None:
    """Refuse records of another workflow."""
    found, expected = (len(view.parents), len(view.producer)), (workflow.n_tasks, workflow.n_objects)
    if found != expected:
        raise RecordsError(
            f"the records are of {found[0]} tasks and {found[1]} objects; expected those of {workflow.name}, which has "
            f"{expected[0]} and {expected[1]}"
        )


def _end(view: View, rebuilt: Rebuilt) -> tuple[int | None, int]:
    """When the last goal was committed, and by which operation; None if not all of them are.

    Of a run that is gone on with all may have been when it began.
    """
    commits = rebuilt.commits
    void = {task: splitter for splitter, width in rebuilt.widths.items() for task in view.maps[splitter].void(width)}
    goals = [void.get(goal, goal) for goal in view.goals]  # a void one is done when its splitter is
    if not all(goal in commits or goal in rebuilt.before for goal in goals):
        return None, NOT_YET
    rows = [commits[goal] for goal in goals if goal in commits]
    last = max(rows, key=lambda row: (row.end_ns, row.place), default=None)
    return (last.end_ns, last.place) if last else (rebuilt.submitted_ns, NOT_YET)


def _served(accounts: Sequence[InvocationAccount], account: PlatformAccount) -> list[Served]:
    instances = {instance.serial: instance for instance in account.instances}
    return [_one_served(each, instances) for each in accounts]


def _one_served(each: InvocationAccount, instances: dict[int, InstanceAccount]) -> Served:
    return Served(
        worker=each.worker,
        epoch=each.epoch,
        task=each.task,
        status=each.status,
        memory_mb=each.memory_mb,
        instance=instances.get(each.instance, _NOWHERE),
        cold=each.cold,
        waited=Waited(each.waited.concurrency_ns, each.waited.size_concurrency_ns, each.waited.ramp_ns),
        requested_ns=each.requested_ns,
        admitted_ns=each.admitted_ns,
        provisioned_ns=each.provisioned_ns,
        started_ns=each.started_ns,
        ended_ns=each.ended_ns,
    )


_NOWHERE = InstanceAccount(
    serial=-1, memory_mb=0, origin="", uses=0, pid=-1, created_ns=NEVER, booted_ns=NEVER, up_ns=NEVER, ended_ns=NEVER,
    ending="", cpu_ns=0, peak_memory_mb=0.0, vcpus=0.0, cpu_limit="", memory_limit="", troubles=(),
)  # fmt: skip
"""Where invocations are that were never admitted: nobody asks."""


def _notes(rows: Sequence[Row]) -> dict[int, str]:
    """What was noted of operations that did not go well."""
    return {row.place: row.deed.note for row in rows if row.deed and row.deed.note}


def _backend(account: PlatformAccount) -> Backend:
    troubles = [f"instance {each.serial}: {trouble}" for each in account.instances for trouble in each.troubles]
    return Backend(
        name="local",
        limits=tuple(dict.fromkeys(_limits(account.instances))),
        unenforced=account.unenforced,
        troubles=tuple(troubles),
        host=account.host,
    )


def _limits(instances: Sequence[InstanceAccount]) -> Iterator[str]:
    for each in sorted(instances, key=lambda instance: instance.memory_mb):
        yield f"{each.memory_mb} MB: {each.vcpus:.3g} vCPUs by {each.cpu_limit}; memory by {each.memory_limit}"
