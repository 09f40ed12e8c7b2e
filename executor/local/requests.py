"""What is asked of the platform: invocations and prewarms, and the job that they are part of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from executor.instance.messages import Answered, Handed
from executor.local.account import NOT_YET, InvocationAccount, Waits
from executor.local.aside import Aside
from executor.local.instance import LocalInstance
from executor.local.journal import Journal
from executor.local.loop import Timer
from executor.pool.waits import NO_WAIT, Waited
from executor.store.replica import Replica
from executor.worker.events import InvocationLost
from executor.worker.instructions import CLIENT, Invoke
from executor.worker.view import View, marker_of

NOBODY = -1


class Caller(Protocol):
    """Who calls for a worker or a prewarm."""

    @property
    def number(self) -> int:
        """Its delivery's; `CLIENT` for the client."""

    def answer(self, answered: Answered) -> None:
        """What came of a call."""


class ClientCaller:
    """The client, in the same process: what it is told goes to its driver."""

    number = CLIENT

    def __init__(self, answer: Callable[[Answered], None]) -> None:
        self.answer = answer


@dataclass(eq=False, kw_only=True, slots=True)
class Job:
    """One run, as the platform sees it."""

    run: str
    """Its folder."""
    view: View
    replica: Replica
    aside: Aside
    """Does what the store may let wait."""
    journal: Journal
    worker_name: Callable[[int], str]
    task_name: Callable[[int], str]
    lose: Callable[[InvocationLost], None]
    """Tells the client that a worker will not come back."""
    stop_client: Callable[[str], None]
    """Has the client's machine leave, and says why."""
    over: Callable[[], None]
    """Told, once, that nothing of it is left to happen."""
    submitted_ns: int = NOT_YET
    invocations: list[Invocation] = field(default_factory=list)
    prewarmings: list[Prewarming] = field(default_factory=list)
    live: dict[int, Invocation] = field(default_factory=dict)
    """By worker, the delivery that the platform takes for the present one."""
    epochs: dict[int, int] = field(default_factory=dict)
    """By worker, the last epoch that was taken, former attempts at this run included."""
    lost: Invocation | None = None
    refusals: int = 0
    failure: str | None = None
    """Why it was given up."""
    client_status: str = ""
    """How the client's machine left."""
    open_requests: int = 0
    """Invocations, prewarms and redeliveries that are not over."""
    moved_ns: int = NOT_YET
    """When the platform last saw anything happen to it."""
    is_over: bool = False
    deployment: int = 0
    """Which state of the user's code it is of."""
    heard: dict[int, int] = field(default_factory=dict)
    """By instance: how much that had printed when it first served this run."""

    def marker(self, invocation: Invocation) -> int:
        """The marker of an invocation's epoch."""
        return marker_of(invocation.worker, invocation.epoch)


class Request:
    """Somebody who asks for an instance. Times in ns."""

    is_prewarm = False

    def __init__(self, job: Job, number: int, memory_mb: int, requested_ns: int) -> None:
        self.job = job
        self.number = number
        self.memory_mb = memory_mb
        self.requested_ns = requested_ns
        self.admitted_ns = self.provisioned_ns = self.started_ns = self.ended_ns = self.noticed_ns = NOT_YET
        self.instance: LocalInstance | None = None
        self.cold = False
        self.waited: Waited = NO_WAIT
        self.status = "waiting"
        self.reason = ""
        self.caller = self.op = NOT_YET
        self.begun_cpu_ns = self.cpu_ns = 0
        self.is_handed_over = False

    def account(self, worker: int, epoch: int, delivery: int, task: int) -> InvocationAccount:
        """What is to be told of it."""
        return InvocationAccount(
            number=self.number,
            worker=worker,
            epoch=epoch,
            delivery=delivery,
            task=task,
            memory_mb=self.memory_mb,
            caller=self.caller,
            op=self.op,
            instance=self.instance.serial if self.instance else NOBODY,
            cold=self.cold,
            requested_ns=self.requested_ns,
            admitted_ns=self.admitted_ns,
            provisioned_ns=self.provisioned_ns,
            started_ns=self.started_ns,
            ended_ns=self.ended_ns,
            noticed_ns=self.noticed_ns,
            waited=Waits(*self.waited),
            status=self.status,
            reason=self.reason,
            cpu_ns=self.cpu_ns,
        )


class Invocation(Request):
    """One delivery of a worker. It calls for others while it runs."""

    def __init__(
        self,
        job: Job,
        worker: int,
        epoch: int,
        task: int,
        versions: tuple[int, ...],
        requested_ns: int,
        *,
        is_early: bool = False,
        also: tuple[Invoke, ...] = (),
        delivery: int = 1,
    ) -> None:
        super().__init__(job, len(job.invocations), job.view.size_of(worker), requested_ns)
        self.worker = worker
        self.epoch = epoch
        self.task = task
        self.versions = versions
        self.is_early = is_early
        self.also = also
        self.delivery = delivery
        self.limit: Timer | None = None
        """Ends it at the maximum duration."""
        self.doom = ""
        """Why the platform has ended it, if it has."""
        self.failed_task = NOBODY
        """Which task it failed for, if it has, and said so."""
        job.invocations.append(self)

    @property
    def handed(self) -> Handed:
        """What its worker is given: its task, unless it was called before that was ready; and calls to make."""
        if self.is_early:
            return Handed(also=self.also)
        return Handed((self.task,), (self.versions,), self.also)

    def answer(self, answered: Answered) -> None:
        """See `Caller`."""
        if self.instance and self.instance.serving is self and self.instance.process:
            self.instance.process.send(answered)


class Prewarming(Request):
    """An invocation that does nothing."""

    is_prewarm = True

    def __init__(self, job: Job, memory_mb: int, requested_ns: int) -> None:
        super().__init__(job, len(job.prewarmings), memory_mb, requested_ns)
        job.prewarmings.append(self)


AnyRequest: TypeAlias = Invocation | Prewarming
