"""Calls: invocations and prewarms that a machine asks of the platform."""

from typing import Protocol

from executor.worker.events import InvokeAccepted, InvokeFailed, WorkerEvent
from executor.worker.instructions import Invoke, Prewarm

from .clock import clock_ns
from .driver import Table
from .messages import Answered
from .records import INVOKE, PREWARM, Did, Recorder


class Platform(Protocol):
    """What is needed of the platform, or of the line to it. Its answers go to `Calls.take`."""

    def call(self, op: int, invoke: Invoke) -> None:
        """Invoke a worker."""

    def ask(self, op: int, memory_mb: int) -> None:
        """Prewarm an instance."""


class Calls:
    """The calls of one machine."""

    def __init__(self, recorder: Recorder, platform: Platform) -> None:
        self._recorder = recorder
        self._platform = platform
        self._begun: dict[int, tuple[str, int]] = {}

    @property
    def table(self) -> Table:
        """What is carried out here."""
        return {Invoke: self._invoke, Prewarm: self._prewarm}

    def _invoke(self, invoke: Invoke) -> None:
        self._begun[invoke.op] = (INVOKE, clock_ns())
        self._platform.call(invoke.op, invoke)

    def _prewarm(self, prewarm: Prewarm) -> None:
        self._begun[prewarm.op] = (PREWARM, clock_ns())
        self._platform.ask(prewarm.op, prewarm.memory_mb)

    def take(self, answer: Answered, now_ns: int) -> WorkerEvent | None:
        """The platform took a call, or refused it: a turn. Of a call that is not open, nothing is heard."""
        begun = self._begun.pop(answer.op, None)
        if begun is None:
            return None
        kind, begin_ns = begun
        self._recorder.did(Did(answer.op, kind, begin_ns, answer.at_ns, note=answer.reason))
        if answer.accepted:
            return InvokeAccepted(now_ns, answer.op, answer.is_known)
        return InvokeFailed(now_ns, answer.op, answer.reason)
