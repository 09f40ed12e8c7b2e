"""Instances as threads of the test's process: the same driver without the process around it, and so without its start.

Their store may fail by a script.
"""

from __future__ import annotations

from queue import SimpleQueue
from random import Random
from threading import Thread
from typing import Any

from executor.instance.invocation import Invocation
from executor.instance.messages import Answered, Ask, Call, Deliver, Halt, Left, Message, Running
from executor.instance.opened import OpenRun
from executor.store.replica import Replica
from executor.store.store import Inbox, Mail, Store, StoreError
from executor.worker.instructions import Invoke
from tests.executor_store.faulty import FaultyStore, Script


class _Mail:
    """Faulty, but what listens is not lost: nobody could close it."""

    def __init__(self, faulty: Mail, mail: Mail, script: Script) -> None:
        self.send = faulty.send
        self._mail = mail
        self._fails = script.fails
        self._rng = Random(f"listening {script.seed}")

    def listen(self, worker: int) -> Inbox:
        if self._rng.random() < self._fails:
            raise StoreError("listening failed, as the script says")
        return self._mail.listen(worker)


class InThreads:
    """One instance. What breaks down in it is kept in ``broken``, and is the instance's end."""

    def __init__(self, heard: SimpleQueue[tuple[InThreads, Any]], store: Store, script: Script) -> None:
        """``store`` is the run's, as this process has it."""
        self._heard = heard
        self._store = store
        self._script = script
        self._run: OpenRun | None = None
        self._thread: Thread | None = None
        self._invocation: Invocation | None = None
        self.broken: list[BaseException] = []

    def send(self, message: Message) -> None:
        match message:
            case Deliver():
                self.end()
                invocation = self._invocation = Invocation(message)
                self._thread = Thread(target=self._carry_out, args=(message, invocation))
                self._thread.start()
            case Answered() if self._invocation:
                self._invocation.answered(message)
            case Halt() if self._invocation:
                self._invocation.halt(message.reason)

    def end(self) -> int:
        if self._thread:
            self._thread.join()
        return 70 if self.broken else 0

    def close(self) -> None:
        self.end()
        if self._run:
            self._run.carriers.close()
            self._run.runners.close()

    def _open(self, folder: str) -> OpenRun:
        if self._run is None:
            run = self._run = OpenRun(folder, {})
            run.store.close()
            run.store = FaultyStore(self._store, self._script)
            run.store.mail = _Mail(run.store.mail, self._store.mail, self._script)
            run.ledger = Replica(run.view, run.store.log)
        return self._run

    def _carry_out(self, deliver: Deliver, invocation: Invocation) -> None:
        number = deliver.number
        try:
            leave, stays = invocation.carry_out(
                self._open(deliver.run), self, lambda at_ns: self._heard.put((self, Running(number, at_ns)))
            )
        except BaseException as error:
            self.broken.append(error)
            self._heard.put((self, None))
            return
        assert stays
        self._heard.put((self, Left(number, leave.status, leave.reason, leave.task, 0)))

    # the port to the platform -----------------------------------------------------------------------------

    def call(self, op: int, invoke: Invoke) -> None:
        self._heard.put((self, Call(op, invoke)))

    def ask(self, op: int, memory_mb: int) -> None:
        self._heard.put((self, Ask(op, memory_mb)))
