"""A minimal platform: an instance for each call that finds none idle, and the next epoch for one that dies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from time import monotonic_ns
from typing import Any

from executor.instance import brief
from executor.instance.driver import Driver, Turn
from executor.instance.messages import (
    NOBODY,
    Answered,
    Ask,
    Call,
    Deliver,
    Halt,
    Handed,
    Left,
    Nothing,
    Quit,
    Running,
    Up,
)
from executor.instance.parts import World, connect
from executor.instance.pool import Threads
from executor.instance.records import Recorder
from executor.store.replica import Replica
from executor.store.store import StoreError
from executor.worker.client import Client
from executor.worker.events import InvocationLost
from executor.worker.instructions import CLIENT, Exit, Invoke
from tests.executor_instance.processes import Process
from tests.executor_instance.stage import Stage

DELIVERIES = 20


@dataclass
class Delivery:
    number: int
    worker: int
    epoch: int
    task: int
    handed: Handed
    tries: int = 1
    left: Left | None = None
    process: Process | None = field(default=None, repr=False)


class MiniPlatform:
    """Carries one run out: `run` plays the client as well. ``saw`` is told of each message, from the loop's thread."""

    def __init__(
        self,
        stage: Stage,
        saw: Callable[[MiniPlatform, Process, Any], None] | None = None,
        *,
        most_deliveries: int = DELIVERIES,
        prewarms: tuple[tuple[int, int], ...] = (),
        start: Callable[[Any], Any] = Process,
    ) -> None:
        self._start = start
        self._client_machine = Client(stage.view, prewarms)
        self._most_deliveries = most_deliveries
        self.stage = stage
        self.saw = saw
        self.deliveries: list[Delivery] = []
        self.ups: list[Up] = []
        self.codes: list[int] = []
        self._epochs: dict[int, int] = {}
        self._busy: dict[Process, Delivery] = {}
        self._idle: list[Process] = []
        self._alive: list[Process] = []
        self._heard: SimpleQueue[tuple[Process | None, Any]] = SimpleQueue()
        self._ledger = Replica(stage.view, stage.store.log)
        self._turns: SimpleQueue[Turn] = SimpleQueue()
        self._over = False

    # the client -------------------------------------------------------------------------------------------

    def run(self) -> Exit:
        loop = Thread(target=self._loop)
        loop.start()
        try:
            return self._client()
        finally:
            self._heard.put((None, Quit()))
            loop.join()

    def _client(self) -> Exit:
        recorder = Recorder(f"{self.stage.folder}/{brief.RECORDS}", "client", CLIENT, 1)
        driver = Driver(self._client_machine, recorder, self._turns)
        threads = Threads("client")
        world = World(self._ledger, self.stage.store.mail, self, threads)
        self._client_calls, post = connect(driver, recorder, world, CLIENT, 1)
        post.listen()
        leave = driver.run(Handed(), lambda at_ns: None)
        post.close(1.0)
        threads.close()
        recorder.close()
        return leave

    def call(self, op: int, invoke: Invoke) -> None:
        self._heard.put((None, Call(op, invoke)))

    def ask(self, op: int, memory_mb: int) -> None:
        self._heard.put((None, Ask(op, memory_mb)))

    # the platform -----------------------------------------------------------------------------------------

    def _loop(self) -> None:
        while not (self._over and not self._busy):
            process, message = self._heard.get()
            if self.saw and process:
                self.saw(self, process, message)
            self._take(process, message)
        for process in self._alive:
            process.send(Quit())  # one that is ending anyway does not hear it
            self.codes.append(process.end())

    def _take(self, process: Process | None, message: Any) -> None:
        match message:
            case Quit():
                self._over = True
                for busy in self._busy:
                    busy.send(Halt("the run is over"))
            case Call():
                self._called(process, message)
            case Ask():
                self._new().send(Nothing())
                self._answer(process, message.op, is_known=False)
            case Left() if process:
                self._left(process, message)
            case Up():
                self.ups.append(message)
            case None if process:
                self._gone(process)
            case Running():
                pass

    def _called(self, process: Process | None, call: Call) -> None:
        invoke = call.invoke
        is_known = self._epochs.get(invoke.worker, 0) >= invoke.epoch
        self._answer(process, call.op, is_known=is_known)
        if not is_known and not self._over:
            handed = Handed(also=invoke.also)
            if not invoke.is_early:
                handed = Handed((invoke.task,), (invoke.versions,), invoke.also)
            self._deliver(invoke.worker, invoke.epoch, invoke.task, handed)

    def _answer(self, process: Process | None, op: int, *, is_known: bool) -> None:
        number = self._busy[process].number if process else NOBODY
        answer = Answered(op, True, is_known, "", monotonic_ns(), number)
        if process:
            process.send(answer)
        else:
            self._turns.put(lambda now_ns: self._client_calls.take(answer, now_ns))

    def _deliver(self, worker: int, epoch: int, task: int, handed: Handed, tries: int = 1) -> None:
        self._epochs[worker] = epoch
        delivery = Delivery(len(self.deliveries), worker, epoch, task, handed, tries)
        self.deliveries.append(delivery)
        process = self._idle.pop() if self._idle else self._new()
        self._busy[process], delivery.process = delivery, process
        process.send(Deliver(self.stage.folder, delivery.number, worker, epoch, handed))

    def _new(self) -> Process:
        process: Process = self._start(self._heard)
        self._alive.append(process)
        return process

    def _left(self, process: Process, left: Left) -> None:
        if left.number == NOBODY:
            self._idle.append(process)
            return
        delivery = self._busy.pop(process)
        delivery.left = left
        if left.stays:
            self._idle.append(process)
        if left.status == "failed":
            self._again(delivery, left.reason)

    def _gone(self, process: Process) -> None:
        self.codes.append(process.end())
        self._alive.remove(process)
        with suppress(ValueError):
            self._idle.remove(process)
        if delivery := self._busy.pop(process, None):
            self._again(delivery, "it died")

    def _again(self, dead: Delivery, reason: str) -> None:
        if self._over:
            return
        if dead.tries == self._most_deliveries:
            self._turns.put(lambda now_ns: InvocationLost(now_ns, dead.worker, dead.epoch, reason))
            return
        with suppress(StoreError):
            self._ledger.bury(dead.worker, dead.epoch)
        handed = dead.handed if dead.handed.tasks else Handed((dead.task,), ((),), dead.handed.also)
        self._deliver(dead.worker, dead.epoch + 1, dead.task, handed, dead.tries + 1)
