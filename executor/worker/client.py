"""The client machine: starts the roots and the prewarms, waits for the goals, declares failure.

It is a machine like a worker's (events in, instructions out) and takes no other part in the run: workers start
workers, and the platform alone delivers an invocation again when an instance dies.
"""

from collections.abc import Callable
from typing import Any

from .calls import Calls
from .desk import Desk, MachineError
from .events import (
    CompletedElsewhere,
    InvocationLost,
    InvokeAccepted,
    InvokeFailed,
    Started,
    Stop,
    TimerFired,
    WorkerEvent,
)
from .instructions import AnyInstruction, Exit, SetTimer
from .view import View


class Client:
    """The client of one run.

    ``prewarms`` are (delay in ns, memory in MB), counted from the submission; ``deadline_ns`` ends the run as
    failed when it passes.
    """

    __slots__ = (
        "_calls",
        "_deadline",
        "_deadline_ns",
        "_desk",
        "_prewarms",
        "_timers",
        "_view",
        "exited",
        "open_goals",
    )

    def __init__(self, view: View, prewarms: tuple[tuple[int, int], ...] = (), deadline_ns: int | None = None) -> None:
        self._view = view
        self._desk = Desk()
        self._calls = Calls(self._desk, view.client_callers, view.retry)
        self._prewarms = prewarms
        self._timers: dict[int, int] = {}
        self._deadline: int | None = None
        self._deadline_ns = deadline_ns
        self.open_goals = set(view.goals)
        self.exited = False

    def handle(self, event: WorkerEvent) -> list[AnyInstruction]:
        """Take one event; the instructions to carry out, in order."""
        if self.exited:
            raise MachineError(f"{type(event).__name__} after Exit")
        out: list[AnyInstruction] = []
        self._desk.out = out
        _HANDLERS[type(event)](self, event)
        return out

    def _started(self, event: Started) -> None:
        if self._deadline_ns is not None:
            self._deadline = self._desk.open(0)
            self._desk.out.append(SetTimer(self._deadline, self._deadline_ns))
        for delay_ns, memory_mb in self._prewarms:
            timer = self._desk.open(0)
            self._timers[timer] = memory_mb
            self._desk.out.append(SetTimer(timer, delay_ns))
        view = self._view
        roots = [task for task, parents in enumerate(view.parents) if not parents]
        for task in sorted(roots, key=lambda task: (view.priority[task], task)):
            worker = view.worker_for(task)
            self._calls.invoke(worker, 1, task, (), view.size_of(worker))

    def _completed(self, event: CompletedElsewhere) -> None:
        self.open_goals.discard(event.task)
        if not self.open_goals:
            self._exit("done", "")

    def _accepted(self, event: InvokeAccepted) -> None:
        self._calls.accepted(event.op)

    def _refused(self, event: InvokeFailed) -> None:
        given_up = self._calls.refused(event.op)
        if given_up:
            self._exit("failed", f"the invocation for task {given_up.task} was refused: {event.reason}")

    def _fired(self, event: TimerFired) -> None:
        if event.op == self._deadline:
            self._exit("failed", "the deadline passed")
        elif self._calls.owns(event.op):
            self._calls.fired(event.op)
        else:
            self._desk.close(event.op)
            self._calls.prewarm(self._timers.pop(event.op))

    def _lost(self, event: InvocationLost) -> None:
        self._exit("failed", event.reason)

    def _stop(self, event: Stop) -> None:
        self._exit("stopped", event.reason)

    def _exit(self, status: str, reason: str) -> None:
        self.exited = True
        self._desk.out.append(Exit(status, reason))


_HANDLERS: dict[type, Callable[[Client, Any], None]] = {
    Started: Client._started,
    CompletedElsewhere: Client._completed,
    InvokeAccepted: Client._accepted,
    InvokeFailed: Client._refused,
    TimerFired: Client._fired,
    InvocationLost: Client._lost,
    Stop: Client._stop,
}
