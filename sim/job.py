"""A job: one workflow being run, with its own machines, ledger and luck, on a pool it may share."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np

from executor.faults.script import FaultScript
from executor.pool.waits import NO_WAIT
from executor.records.left import NOT_YET
from executor.records.naming import worker_name
from executor.records.operations import OperationLog
from executor.worker.client import Client
from executor.worker.instructions import CLIENT, Commit, Invoke
from executor.worker.ledger import Ledger
from executor.worker.machine import Worker
from executor.worker.view import marker_of
from platforms.sections import Limits
from sim.clock import SLACK_NS, Happening, rank_of, to_ns, whole_ns
from sim.copiers import attempt
from sim.draws import Cause, Draws
from sim.faults.fates import Fates
from sim.instance import Instance
from sim.luck import Luck
from sim.salt import salted
from sim.setting import Setting
from sim.split import Split


class Gone:
    """What is left of a machine when its invocation has ended: late events find that it has exited."""

    exited = True


GONE: Any = Gone()


class Nobody:
    """Who stands in for the client of a job that is over: late messages find that it has exited."""

    machine = GONE


NOBODY: Any = Nobody()


class Party:
    """Somebody with a machine: the client, or one delivery of a worker."""

    __slots__ = ("job", "log", "machine", "marker", "number", "rank")

    def __init__(self, job: Job, number: int, worker: int, epoch: int, machine: Worker | Client) -> None:
        self.job = job
        self.log = job.log
        self.number = number
        self.rank = rank_of(job.number, worker)
        self.marker = marker_of(worker, epoch)
        self.machine = machine


class Invocation(Party):
    """One delivery of a worker: a request to the pool, then a machine on an instance. Times in ns."""

    __slots__ = (
        "admitted_ns",
        "also",
        "cold",
        "delivery",
        "dooms",
        "ended_ns",
        "epoch",
        "instance",
        "is_early",
        "kill",
        "memory_mb",
        "provisioned_ns",
        "requested_ns",
        "start",
        "started_ns",
        "started_row",
        "status",
        "task",
        "use",
        "versions",
        "waited",
        "worker",
    )

    is_prewarm = False
    machine: Worker
    instance: Instance

    def __init__(self, job: Job, worker: int, epoch: int, task: int, versions: tuple[int, ...], now_ns: int) -> None:
        view = job.view
        super().__init__(job, len(job.invocations), worker, epoch, Worker(view, worker, epoch))
        self.worker = worker
        self.epoch = epoch
        self.delivery = 1
        self.also: tuple[Invoke, ...] = ()
        self.is_early = False
        """Called before any of its tasks was ready: it is handed none."""
        self.dooms: list[Happening] = []
        """What is to befall it, if it lives to see it."""
        self.task = task
        self.versions = versions
        self.memory_mb = view.size_of(worker)
        self.requested_ns = now_ns
        self.admitted_ns = self.provisioned_ns = self.started_ns = self.ended_ns = NOT_YET
        self.cold = False
        self.kill: Happening | None = None
        self.start: Any = None
        self.started_row = NOT_YET
        self.status = "waiting"
        self.waited = NO_WAIT
        self.use: Any = None
        """What it has in memory, where somebody looks (`sim.memory`)."""
        job.invocations.append(self)


class Prewarming:
    """An invocation that does nothing. Times in ns."""

    __slots__ = (
        "admitted_ns",
        "cold",
        "ended_ns",
        "instance",
        "job",
        "memory_mb",
        "number",
        "provisioned_ns",
        "requested_ns",
        "started_ns",
        "waited",
    )

    is_prewarm = True
    instance: Instance

    def __init__(self, job: Job, memory_mb: int, now_ns: int) -> None:
        self.job = job
        self.number = len(job.prewarmings)
        self.memory_mb = memory_mb
        self.requested_ns = now_ns
        self.admitted_ns = self.provisioned_ns = self.started_ns = self.ended_ns = NOT_YET
        self.cold = False
        self.waited = NO_WAIT
        job.prewarmings.append(self)


def prewarms_of(setting: Setting) -> tuple[tuple[int, int], ...]:
    """What the client is told of prewarms: (delay in ns, memory in MB), one for each."""
    return tuple(
        (to_ns(prewarm.at_s), prewarm.memory_mb) for prewarm in setting.plan.prewarms for _ in range(prewarm.count)
    )


def run_times_ns(setting: Setting, luck: Luck) -> array[int]:
    """Per task: how long its first attempt computes with nobody beside it."""
    factors = luck.factors.first
    io_ns = np.ceil(np.asarray(setting.io_ns) * factors - SLACK_NS)
    whole = io_ns + np.ceil(np.asarray(setting.cpu_alone_ns) * factors - SLACK_NS)
    return array("q", whole.astype(np.int64).tobytes())


class Counters:
    """Requests that are billed one by one; and calls that the platform refused, which cost nothing."""

    __slots__ = ("gets", "ledger_requests", "notifications", "puts", "refusals")

    def __init__(self) -> None:
        self.gets = self.puts = self.ledger_requests = self.notifications = self.refusals = 0


class Job:
    """State of one run. ``live`` and ``epochs`` are by logical worker.

    ``copy_runs``: how often a task was run by a copier (`sim.copiers`); ``lost``: the invocation that the platform
    would not deliver again; ``strays``: invocations that run although the platform takes them for dead, by number;
    ``open_requests``: invocations and prewarms that have been asked for and are not over; ``has_company``: whether
    other runs share the pool, so that this one may find instances of theirs.
    """

    __slots__ = (
        "ahead",
        "client",
        "commit_rows",
        "committed_tasks",
        "copy_runs",
        "counters",
        "done_ns",
        "epochs",
        "executions",
        "failure",
        "fates",
        "flows",
        "goals_left",
        "has_company",
        "has_copies",
        "invocations",
        "is_noted",
        "is_over",
        "last_row",
        "ledger",
        "live",
        "log",
        "lost",
        "luck",
        "number",
        "open_requests",
        "prewarm_draws",
        "prewarmings",
        "readings",
        "run_ns",
        "script",
        "setting",
        "split",
        "strays",
        "submitted_ns",
        "view",
    )

    def __init__(
        self,
        number: int,
        setting: Setting,
        luck: Luck,
        log: OperationLog,
        *,
        has_company: bool = False,
        deadline_ns: int | None = None,
        script: FaultScript | None = None,
    ) -> None:
        view = self.view = salted(setting.view, luck.seed, number)
        self.number = number
        self.setting = setting
        self.luck = luck
        self.script = script
        self.run_ns = run_times_ns(setting, luck)
        self.split = Split(view, luck.widths(setting.workflow))
        self.executions = array("I", bytes(4 * len(view.parents)))
        self.copy_runs: dict[tuple[int, int], int] = {}
        if setting.is_stormy or script:
            self.fates = Fates((*luck.seed, number), setting, luck, self.executions, self.copy_runs, script)
        self.log = log
        self.ledger = Ledger(view)
        self.counters = Counters()
        self.invocations: list[Invocation] = []
        self.prewarmings: list[Prewarming] = []
        self.live: dict[int, Invocation] = {}
        self.strays: dict[int, Invocation] = {}
        self.lost: Invocation | None = None
        self.epochs: dict[int, int] = {}
        self.flows: dict[int, Any] = {}
        """Objects that were put in chunks (`sim.flows`)."""
        self.readings: dict[tuple[int, int], Any] = {}
        """Objects on their way in chunks, by invocation and object."""
        self.ahead: dict[tuple[int, int], Any] = {}
        """Runs on such objects, by invocation and task."""
        self.committed_tasks = array("i")
        self.commit_rows = array("i")
        self.is_noted = bytearray(len(view.parents))
        self.goals_left = set(view.goals)
        self.has_copies = bool(setting.copiers)
        self.has_company = has_company
        self.done_ns: int | None = None
        self.last_row = NOT_YET
        self.failure: str | None = None
        self.is_over = False
        self.submitted_ns = self.open_requests = 0
        self.prewarm_draws: dict[tuple[Cause, int], Draws] = {}
        self.client = Party(self, CLIENT, CLIENT, 1, Client(view, prewarms_of(setting), deadline_ns))

    def forget(self) -> None:
        """It is over, and nobody will ask how it went: let go of who took part, who all refer to it."""
        self.client = NOBODY
        self.invocations.clear()
        self.prewarmings.clear()

    @property
    def limits(self) -> Limits:
        """The platform's."""
        return self.setting.platform.limits

    def is_committed(self, task: int) -> bool:
        """Whether a task is committed."""
        return bool(self.ledger.committed_version(task))

    def task_name(self, task: int) -> str:
        """A task's name for people."""
        return self.setting.workflow.task_names[task]

    def worker_name(self, worker: int) -> str:
        """A worker's name for people."""
        return worker_name(self.setting.workflow, self.setting.plan, self.setting.view, worker)

    def next_attempt(self, task: int, copier: int) -> int:
        """The number of the execution of a task that begins now."""
        if copier:
            count = self.copy_runs[task, copier] = self.copy_runs.get((task, copier), 0) + 1
            return attempt(copier, count)
        number = self.executions[task] = self.executions[task] + 1
        return number

    def run_ns_of(self, task: int, factor: float) -> int:
        """How long a task computes with nobody beside it, if its time is so many times the expected one."""
        return whole_ns(self.setting.io_ns[task] * factor) + whole_ns(self.setting.cpu_alone_ns[task] * factor)

    def note_commits(self, commit: Commit, now_ns: int, row: int) -> None:
        """A commit request took effect, as operation ``row``; the run is done when the last goal is in."""
        goals_left = self.goals_left
        for entry in commit.entries:
            if self.is_noted[entry.task]:
                continue  # announced again by a later epoch
            self.is_noted[entry.task] = True
            task, is_splitter = entry.task, entry.width is not None
            if is_splitter:
                goals_left -= self.split.tasks
            self.committed_tasks.append(entry.task)
            self.commit_rows.append(row)
            if task in goals_left or is_splitter:
                goals_left.discard(task)
                if not goals_left:
                    self.done_ns = now_ns
                    self.last_row = row
