"""The client machine of a run, driven in a thread of the user's process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Protocol

from executor.instance.brief import RECORDS
from executor.instance.calls import Calls
from executor.instance.driver import Driver, Turn
from executor.instance.messages import Answered, Handed
from executor.instance.pool import Threads
from executor.instance.post import Post
from executor.instance.records import Recorder
from executor.instance.requests import Requests
from executor.local.front import Front
from executor.local.instance import LocalInstance
from executor.local.requests import ClientCaller, Job
from executor.store.store import Store
from executor.worker.client import Client
from executor.worker.events import CompletedElsewhere, InvocationLost, Stop, WorkerEvent
from executor.worker.instructions import CLIENT, Exit, Invoke
from executor.worker.view import marker_of
from platforms import Platform

NAME = "client"
"""Of its records."""
_WITHIN_S = 1.0


class Host(Protocol):
    """What a run needs of the platform that it is on."""

    @property
    def platform(self) -> Platform:
        """Its description."""

    @property
    def hash_seed(self) -> str:
        """What the hashes of texts are made with in its instances."""

    def call(self, act: Callable[[Front], None]) -> None:
        """Have the front do something, in its own thread."""

    def begin(self, job: Job) -> None:
        """A run begins."""

    def leave(self, job: Job) -> None:
        """A run is over."""

    def instances_of(self, job: Job) -> list[LocalInstance]:
        """The instances that served it."""

    def found_by(self, job: Job) -> list[LocalInstance]:
        """The instances that were there when it was submitted."""


class ClientDriver:
    """Starts the client's machine, carries out what it wants, and tells the platform when it has left."""

    def __init__(self, host: Host, job: Job, store: Store, machine: Client) -> None:
        self._host = host
        self._job = job
        turns: SimpleQueue[Turn] = SimpleQueue()
        self._threads = Threads("faascast client")
        self._recorder = Recorder(f"{job.run}/{RECORDS}", NAME, CLIENT, 1)
        self._driver = Driver(machine, self._recorder, turns)
        self._post = Post(self._driver.tell, self._recorder, self._threads, store.mail, CLIENT)
        self._calls = Calls(self._recorder, self)
        requests = Requests(
            self._driver.tell, self._recorder, self._threads, job.replica, marker_of(CLIENT, 1), self._post.listen
        )
        self._driver.carry_out |= self._calls.table | requests.table
        self._caller = ClientCaller(self._answered)
        self._thread = Thread(target=self._run, name="faascast client", daemon=True)
        self.exit: Exit | None = None
        """How the machine left."""

    def start(self) -> None:
        """Listen for letters, then begin. StoreError: nobody can write to it."""
        self._post.listen()
        self._thread.start()

    def join(self) -> None:
        """Wait until it has left, and let go of everything."""
        if self._thread.ident is not None:
            self._thread.join()
        self._recorder.close()

    def lost(self, event: InvocationLost) -> None:
        """The platform gave a worker up; from any thread."""
        self._tell(lambda now_ns: InvocationLost(now_ns, event.worker, event.epoch, event.reason))

    def stop(self, reason: str) -> None:
        """Have it leave; from any thread."""
        if self._thread.ident is None:  # it never began
            self.exit = self.exit or Exit("stopped", reason)
            self._host.call(self._left)
            return
        self._tell(lambda now_ns: Stop(now_ns, reason))

    def completed(self, task: int) -> None:
        """A goal is known to be committed; from any thread."""
        self._tell(lambda now_ns: CompletedElsewhere(now_ns, task))

    def _answered(self, answer: Answered) -> None:
        self._driver.tell(lambda now_ns: self._calls.take(answer, now_ns))

    def _tell(self, event: Callable[[int], WorkerEvent]) -> None:
        self._driver.tell(event)

    # what the calls need of the platform ------------------------------------------------------------------

    def call(self, op: int, invoke: Invoke) -> None:
        """Invoke a worker."""
        self._host.call(lambda front: front.call(self._job, self._caller, op, invoke))

    def ask(self, op: int, memory_mb: int) -> None:
        """Prewarm an instance."""
        self._host.call(lambda front: front.prewarm(self._job, self._caller, op, memory_mb))

    # ------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        leave = Exit("failed", "the client's driver broke down")
        try:
            leave = self._driver.run(Handed(), self._begun)
        except Exception as error:  # the run must end, and be told of
            leave = Exit("failed", f"the client's driver broke down: {type(error).__name__}: {error}")
        finally:
            self.exit = leave
            with suppress(Exception):
                self._post.close(_WITHIN_S)
            self._threads.close()
            self._host.call(self._left)

    def _begun(self, at_ns: int) -> None:
        self._job.submitted_ns = at_ns

    def _left(self, front: Front) -> None:
        assert self.exit
        self._job.client_status = self.exit.status
        if self.exit.status != "done":
            front.give_up(self._job, self.exit.reason)
        front.look_whether_over(self._job)
