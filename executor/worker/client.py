"""The client machine: starts the roots and the prewarms, waits for the goals, declares failure.

It is a machine like a worker's (events in, instructions out) and takes no other part in the run: workers start
workers, and the platform alone delivers an invocation again when an instance dies.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from .calls import Calls
from .desk import Desk, MachineError
from .events import (
    CompletedElsewhere,
    InvocationLost,
    InvokeAccepted,
    InvokeFailed,
    OpLost,
    SetsRead,
    Started,
    Stop,
    TimerFired,
    WorkerEvent,
)
from .instructions import CLIENT, AnyInstruction, Exit, Invoke, ReadSets
from .questions import Questions
from .view import View, marker_of, same_worker

_CLIENT_MARKER = marker_of(CLIENT, 1)


class Client:
    """The client of one run.

    It asks the ledger now and then whether a message was lost, if the platform may lose any (``view.poll_ns``).
    ``prewarms`` are (delay in ns, memory in MB), counted from the submission; ``deadline_ns`` ends the run as
    failed when it passes.
    """

    __slots__ = ("_calls", "_deadline_ns", "_desk", "_prewarms", "_questions", "_view", "exited", "open_goals")

    def __init__(self, view: View, prewarms: tuple[tuple[int, int], ...] = (), deadline_ns: int | None = None) -> None:
        self._view = view
        self._desk = Desk(view.again, _CLIENT_MARKER)
        self._calls = Calls(self._desk, view.client_callers, view.call_again, _CLIENT_MARKER, view.fan_out_helpers)
        self._questions = Questions(self._desk)
        self._prewarms = prewarms
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
        desk, view = self._desk, self._view
        if self._deadline_ns is not None:
            desk.after(self._deadline_ns, self._too_late)
        for delay_ns, memory_mb in self._prewarms:
            desk.after(delay_ns, partial(self._calls.prewarm, memory_mb))
        roots = [task for task, parents in enumerate(view.parents) if not parents]
        roots.sort(key=lambda task: (view.priority[task], task))
        first = [(view.worker_for(task), task) for task in roots]
        self._calls.invoke_all([Invoke(0, worker, 1, task, (), view.size_of(worker)) for worker, task in first])
        self._wait()

    # waiting ----------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        if self._view.poll_ns is not None:
            self._desk.watch(self._view.poll_ns, self._look)

    def _look(self) -> None:
        """Ask the ledger itself what a lost message would have told."""
        goals = tuple(sorted(self.open_goals))
        self._questions.ask(ReadSets, goals[0], goals, self._learn)

    def _learn(self, event: SetsRead) -> None:
        self.open_goals.difference_update([state.task for state in event.sets if state.version])
        self._look_whether_done()
        self._wait()

    def _completed(self, event: CompletedElsewhere) -> None:
        self.open_goals.discard(event.task)
        if event.width is not None:
            self.open_goals.difference_update(self._view.maps[event.task].void(event.width))
        self._look_whether_done()

    def _look_whether_done(self) -> None:
        if not self.open_goals and not self.exited:
            self._exit("done", "")

    def _sets_read(self, event: SetsRead) -> None:
        self._questions.answered(event)

    # calls, timers, failures ------------------------------------------------------------------------------

    def _accepted(self, event: InvokeAccepted) -> None:
        self._calls.accepted(event.op, is_known=event.is_known)

    def _refused(self, event: InvokeFailed | OpLost) -> None:
        given_up = self._calls.failed(event.op)
        if given_up:
            self._exit("failed", f"a worker could not be called: {event.reason}", given_up.task)

    def _op_lost(self, event: OpLost) -> None:
        if not isinstance(self._desk.peek(event.op), ReadSets):
            self._refused(event)
        elif self._desk.again(event.op) is not None:
            self._wait()

    def _fired(self, event: TimerFired) -> None:
        self._desk.fired(event.op)

    def _too_late(self) -> None:
        self._exit("failed", "the deadline passed")

    def _lost(self, event: InvocationLost) -> None:
        """A worker will not come back. Nobody misses a copy, unless its version counts: it had more to do."""
        view = self._view
        if not view.is_copy_worker(event.worker):
            self._exit("failed", event.reason)
            return
        task = view.first_task(event.worker)
        self._questions.ask(ReadSets, task, (task,), partial(self._miss, event))

    def _miss(self, event: InvocationLost, answer: SetsRead) -> None:
        if same_worker(answer.sets[0].version, marker_of(event.worker, event.epoch)):
            self._exit("failed", event.reason)

    def _stop(self, event: Stop) -> None:
        self._exit("stopped", event.reason)

    def _exit(self, status: str, reason: str, task: int = -1) -> None:
        self.exited = True
        self._desk.out.append(Exit(status, reason, task))


_HANDLERS: dict[type, Callable[[Client, Any], None]] = {
    Started: Client._started,
    CompletedElsewhere: Client._completed,
    InvokeAccepted: Client._accepted,
    InvokeFailed: Client._refused,
    OpLost: Client._op_lost,
    SetsRead: Client._sets_read,
    TimerFired: Client._fired,
    InvocationLost: Client._lost,
    Stop: Client._stop,
}
