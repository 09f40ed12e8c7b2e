"""The worker machine: events in, instructions out, with no clock, no I/O and no waiting.

One machine is one epoch of one logical worker, named in the plan or flexible. It knows which of its tasks can
run, gathers their inputs, runs as many at once as it has slots, sends what others need, commits, and starts the
consumers it made ready. `sim` and the real backends carry out its instructions; nothing else decides.
"""

from collections.abc import Callable, Collection
from heapq import heappop, heappush
from typing import Any

from .calls import Calls
from .consumers import Consumers
from .desk import Desk, MachineError
from .early import EarlyCalls
from .events import (
    Committed,
    CompletedElsewhere,
    Executed,
    ExecuteFailed,
    Fetched,
    FetchFailed,
    InvokeAccepted,
    InvokeFailed,
    OpLost,
    SetsRead,
    SetState,
    Started,
    Stop,
    TaskReady,
    TimerFired,
    Uploaded,
    UploadFailed,
    WorkerEvent,
)
from .inputs import Inputs
from .instructions import CLIENT, AnyInstruction, Entry, Execute, Exit, Publish, Subscribe
from .leaving import Leaving
from .news import News
from .outbox import Outbox
from .questions import Questions
from .recovery import Recovery
from .thrift import Thrift
from .troubles import Troubles
from .view import Route, View, marker_of


class Worker:
    """One epoch of a logical worker.

    Feed it events with `handle`; carry out what it returns, in order. After `Exit` it takes no more events.
    """

    __slots__ = (
        "_calls",
        "_consumers",
        "_desk",
        "_early",
        "_early_calls",
        "_free",
        "_inputs",
        "_known",
        "_leaving",
        "_news",
        "_outbox",
        "_questions",
        "_ready",
        "_thrift",
        "_troubles",
        "_versions",
        "epoch",
        "exited",
        "marker",
        "needs",
        "running",
        "view",
        "worker",
    )

    def __init__(self, view: View, worker: int, epoch: int) -> None:
        self.worker = worker
        self.epoch = epoch
        self.marker = marker_of(worker, epoch)
        self.exited = False
        self.running: set[int] = set()
        self.view = view
        self._desk = Desk(view.again, self.marker)
        self._inputs = Inputs(view, self._desk)
        self._news = News(self, self._inputs) if view.hear_of else None
        self._outbox = Outbox(view, self._desk, self.marker)
        self._calls = Calls(self._desk, view.callers, view.call_again, self.marker)
        self._early_calls = EarlyCalls(view.calls_early, self._desk, self._calls) if view.calls_early else None
        self._questions = Questions(self._desk)
        self._leaving = Leaving(self, self._desk, self._outbox, self._questions, holds=view.holds(worker))
        self._thrift = Thrift(self, self._desk, self._inputs, self._outbox) if view.is_frugal(worker) else None
        adopts = worker >= view.n_workers and epoch == 1
        self._consumers = Consumers(view, adopts, self, self._desk, self._outbox, self._calls, self._inputs.local)
        self._free = view.slots_of(worker)
        self._ready: list[tuple[int, int]] = []
        self._versions: dict[int, tuple[int, ...]] = {}
        self._known: set[int] = set()
        self._early: dict[int, tuple[int, ...]] | None = None
        """What is heard before recovery has found its way; None when there is none under way."""
        self._troubles = Troubles(self, self._desk, self._calls)
        named = view.tasks_of[worker] if worker < view.n_workers else ()
        self.needs = {t: view.local_parents[t] + (view.remote_edges[t] > 0) for t in named}

    def handle(self, event: WorkerEvent) -> list[AnyInstruction]:
        """Take one event; the instructions to carry out, in order."""
        if self.exited:
            raise MachineError(f"{type(event).__name__} after Exit")
        out: list[AnyInstruction] = []
        self._desk.out = out
        _HANDLERS[type(event)](self, event)
        if self._free and self._ready:
            self._dispatch()
        if not self.running and self._desk.idle and not self.exited:
            self._leaving.rest()
        return out

    # starting ---------------------------------------------------------------------------------------------

    def _started(self, event: Started) -> None:
        if self.epoch > 1:
            self._early = {}
            Recovery(self, self._questions).begin(event)
            return
        for task, versions in zip(event.tasks, event.versions, strict=True):
            self.hear(task, versions)
        for task in [task for task, needs in self.needs.items() if not needs]:
            self.hear(task, ())
        edges = self.view.remote_edges
        expected = tuple([task for task in self.needs if edges[task] and task not in self._known])
        if expected:
            self._questions.ask(Subscribe, expected[0], expected, self.learn)
        if self._news:
            self._news.begins()

    def _sets_read(self, event: SetsRead) -> None:
        if event.superseded:
            self._desk.close(event.op)
            self.leave("superseded", "a later epoch of this worker is alive")
        else:
            self._questions.answered(event)

    def learn(self, event: SetsRead) -> None:
        """Take note of sets that turned out to be complete."""
        for state in event.sets:
            if not state.missing and self.view.remote_edges[state.task]:
                self.hear(state.task, state.versions)
            elif self._news:
                self._news.learns(state)

    def take_up(self, states: dict[int, SetState]) -> None:
        """Run just these tasks of this worker, as far as they are done elsewhere (recovery)."""
        parents = self.view.parents
        self.needs = {
            task: sum(parent in states for parent in parents[task]) + (state.missing > 0)
            for task, state in states.items()
        }
        self._known.update([task for task, state in states.items() if not state.missing])
        self._versions = {task: state.versions for task, state in states.items()}
        early, self._early = self._early or {}, None
        for task, needs in tuple(self.needs.items()):
            if not needs:
                self._begin(task, self._versions.pop(task))
        for task, versions in early.items():
            if task in self.needs:
                self.hear(task, versions)

    def announce(self, entries: tuple[Entry, ...]) -> None:
        """Send commits of a former epoch once more, to start the consumers it owned (recovery)."""
        if entries:
            self._outbox.request(entries)

    # readiness --------------------------------------------------------------------------------------------

    def _task_ready(self, event: TaskReady) -> None:
        self.hear(event.task, event.versions)

    def _completed_elsewhere(self, event: CompletedElsewhere) -> None:
        if self._news and self._early is None:
            self._news.told(event.task, event.version)

    def hear(self, task: int, versions: tuple[int, ...]) -> None:
        """All edges of ``task`` from other workers are marked. Hearing it twice changes nothing."""
        if self._early is not None:
            self._early[task] = versions
            return
        if task in self._known:
            return
        self._known.add(task)
        needs = self.needs.get(task)
        if needs is None:
            if self.worker >= self.view.n_workers:  # else an old message about what a former epoch did
                self._begin(task, versions)
        elif not self.view.remote_edges[task]:
            self._begin(task, versions)
        else:
            self._versions[task] = versions
            self._met(task, needs)
            if self._news:
                self._news.complete(task, versions)

    def _met(self, task: int, needs: int) -> None:
        """One of the ``needs`` of a task of this worker is met."""
        self.needs[task] = needs - 1
        if needs == 1:
            self._begin(task, self._versions.pop(task, ()))

    def _begin(self, task: int, versions: tuple[int, ...]) -> None:
        if self._thrift:
            self._thrift.begins(task)
        if self._inputs.gather(task, versions):
            heappush(self._ready, (self.view.priority[task], task))

    def _fetched(self, event: Fetched) -> None:
        for task in self._inputs.fetched(event.op):
            heappush(self._ready, (self.view.priority[task], task))

    def _dispatch(self) -> None:
        """Run the most urgent ready tasks in the free slots."""
        desk, ready = self._desk, self._ready
        while self._free and ready:
            task = heappop(ready)[1]
            self._free -= 1
            self.running.add(task)
            desk.give(Execute(desk.number(), task))
            if self._early_calls:
                self._early_calls.begins(task)

    # after a task -----------------------------------------------------------------------------------------

    def _executed(self, event: Executed) -> None:
        view = self.view
        task: int = self._desk.close(event.op).task
        self.stopped_running(task)
        self._inputs.local.update(view.outputs[task])
        if self._early_calls:
            self._early_calls.ran(task)
        route = view.route[task]
        if route == ELSEWHERE:
            self._outbox.send(task, view.uploads[task])
        elif route == LOCAL:
            self._outbox.postpone(task)
        else:
            if self._thrift:
                self._thrift.waits_to_decide(task)
            self._consumers.share(task, self._questions)
        needs = self.needs
        if needs.pop(task, None) is not None:
            self._known.discard(task)  # a message about it is old from now on, and known by that
            for child in view.children[task]:
                if (left := needs.get(child)) and view.worker_of[child] == view.worker_of[task]:
                    self._met(child, left)
        if self._thrift:
            self._thrift.ran(task)

    @property
    def busy(self) -> bool:
        """Whether this worker has something to run or to gather inputs for."""
        return bool(self.running or self._ready or self._inputs.is_waiting)

    @property
    def planned(self) -> Collection[int]:
        """Tasks of this worker that have not run yet."""
        return self.needs

    def has_heard(self, task: int) -> bool:
        """Whether ``task`` was heard of."""
        return task in self._known

    def _uploaded(self, event: Uploaded) -> None:
        found = self._outbox.uploaded(event.op)
        if self._thrift:
            self._thrift.uploaded(found)

    def decided(self, task: int) -> None:
        """It is known who goes on with the children of ``task``."""
        if self._thrift:
            self._thrift.decided(task)

    def _committed(self, event: Committed) -> None:
        if event.superseded or event.lost:
            self._outvoted(event)
            return
        is_goal, out = self.view.is_goal, self._desk.out
        entries = self._outbox.committed(event.op)
        self._leaving.committed(entries)
        for entry in entries:
            if is_goal[entry.task]:
                out.append(Publish(CLIENT, entry.task, ()))
        if event.ready:
            self._consumers.start(event.ready)
        out += [Publish(news.worker, news.task, (news.version,), news.parent) for news in event.news]

    def _outvoted(self, event: Committed) -> None:
        """A later epoch took over, or another worker's version came first: what was built on ours is void.

        In the second case the platform delivers this worker again, and recovery finds out what is left to do.
        """
        self._desk.close(event.op)
        if event.superseded:
            self.leave("superseded", "a later epoch of this worker is alive")
        else:
            self.leave("failed", "another version of it was committed before", event.lost[0])

    # calls and timers -------------------------------------------------------------------------------------

    def _invoke_accepted(self, event: InvokeAccepted) -> None:
        self._calls.accepted(event.op)

    def _timer_fired(self, event: TimerFired) -> None:
        self._desk.fired(event.op)

    # failures and leaving ---------------------------------------------------------------------------------

    def _failed(self, event: FetchFailed | UploadFailed) -> None:
        self._troubles.request(event)

    def _execute_failed(self, event: ExecuteFailed) -> None:
        self._troubles.execution(event)

    def _invoke_failed(self, event: InvokeFailed) -> None:
        self._troubles.call(event)

    def _op_lost(self, event: OpLost) -> None:
        self._troubles.unanswered(event)

    def stopped_running(self, task: int) -> None:
        """A task runs no longer, and its slot is free."""
        self.running.discard(task)
        self._free += 1

    def runs_again(self, task: int) -> None:
        """A task is as ready to run as before."""
        heappush(self._ready, (self.view.priority[task], task))

    def _stop(self, event: Stop) -> None:
        self.leave("stopped", event.reason)

    def leave(self, status: str, reason: str, task: int = -1) -> None:
        """Exit; what is under way is given up."""
        self.exited = True
        self._ready.clear()
        self._desk.out.append(Exit(status, reason, task))
        # They refer to this machine: so it goes as soon as nobody needs it.
        del self._leaving, self._consumers, self._news, self._troubles


LOCAL, ELSEWHERE = Route.LOCAL, Route.ELSEWHERE

_HANDLERS: dict[type, Callable[[Worker, Any], None]] = {
    Started: Worker._started,
    TaskReady: Worker._task_ready,
    CompletedElsewhere: Worker._completed_elsewhere,
    Fetched: Worker._fetched,
    FetchFailed: Worker._failed,
    Executed: Worker._executed,
    ExecuteFailed: Worker._execute_failed,
    Uploaded: Worker._uploaded,
    UploadFailed: Worker._failed,
    Committed: Worker._committed,
    SetsRead: Worker._sets_read,
    InvokeAccepted: Worker._invoke_accepted,
    InvokeFailed: Worker._invoke_failed,
    TimerFired: Worker._timer_fired,
    OpLost: Worker._op_lost,
    Stop: Worker._stop,
}
