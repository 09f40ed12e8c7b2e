"""The worker machine: events in, instructions out, with no clock, no I/O and no waiting.

One machine is one epoch of one logical worker, named in the plan or flexible. It knows which of its tasks can
run, gathers their inputs, runs as many at once as it has slots, sends what others need, commits, and starts the
consumers it made ready. `sim` and the real backends carry out its instructions; nothing else decides.
"""

from collections.abc import Callable, Collection
from typing import Any

from . import events
from .calls import Calls
from .consumers import Consumers
from .copies import Copies
from .desk import Desk, MachineError
from .early import EarlyCalls
from .held import Held
from .inputs import Inputs
from .instructions import CLIENT, AnyInstruction, Entry, Execute, Exit, Publish, Subscribe
from .lanes import Lanes
from .leaving import Leaving
from .news import News
from .outbox import Outbox
from .questions import Questions
from .readiness import Readiness
from .recovery import Recovery
from .slots import Slots
from .streams import Streams
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
        "_copies",
        "_desk",
        "_early_calls",
        "_goes_on_until_ns",
        "_held",
        "_inputs",
        "_lanes",
        "_leaving",
        "_news",
        "_outbox",
        "_questions",
        "_readiness",
        "_slots",
        "_streams",
        "_thrift",
        "_troubles",
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
        self.view = view
        self._slots = Slots(view.slots_of(worker), view.priority)
        self.running = self._slots.running
        self._desk = Desk(view.again, self.marker)
        self._inputs = Inputs(view, self._desk)
        self._streams = Streams(self, self._desk, self._inputs) if view.streams and epoch == 1 else None
        self._news = News(self, self._inputs, self._streams) if view.hear_of else None
        self._outbox = Outbox(view, self._desk, self.marker, self._inputs.absent)
        self._calls = Calls(self._desk, view.callers, view.call_again, self.marker, view.fan_out_helpers)
        self._early_calls = EarlyCalls(view.calls_early, self._desk, self._calls) if view.calls_early else None
        self._questions = Questions(self._desk)
        self._leaving = Leaving(self, self._desk, self._outbox, self._questions, holds=view.holds(worker))
        self._thrift = Thrift(self, self._desk, self._inputs, self._outbox) if view.is_frugal(worker) else None
        parts = self._desk, self._inputs, self._outbox, self._calls, self._questions, self._thrift
        self._copies = Copies(self, *parts) if view.copied else None
        known = self._inputs.absent, self._outbox.widths, self._copies
        self._lanes = Lanes(self, *known) if view.maps else None
        delays = view.delay_io is not None and worker >= view.n_workers
        self._held = Held(self, self._desk, self._outbox, self._questions) if delays else None
        parties = self._desk, self._outbox, self._calls, self._inputs.local, self._held, self._lanes
        self._consumers = Consumers(view, view.goes_on(worker) and epoch == 1, self, *parties)
        self._goes_on_until_ns = FOREVER
        self._troubles = Troubles(self, self._desk, self._calls, self._copies, self._streams)
        self._readiness = Readiness(self, self._copies, self._lanes, self._news, self._streams)
        self.needs = self._readiness.needs

    def handle(self, event: events.WorkerEvent) -> list[AnyInstruction]:
        """Take one event; the instructions to carry out, in order."""
        if self.exited:
            raise MachineError(f"{type(event).__name__} after Exit")
        out: list[AnyInstruction] = []
        self._desk.out = out
        _HANDLERS[type(event)](self, event)
        if self._copies and not (self.exited or self._readiness.is_recovering):
            self._copies.look()
        slots = self._slots
        while slots.free and slots.ready:
            self._run(slots.fill())
        if not self.running and self._desk.idle and not self.exited:
            self._leaving.rest()
        return out

    # starting ---------------------------------------------------------------------------------------------

    def _started(self, event: events.Started) -> None:
        if self.view.goes_on_for_ns is not None:
            self._goes_on_until_ns = event.time_ns + self.view.goes_on_for_ns
        if event.also:
            self._calls.invoke_all(event.also)
        if self.epoch > 1:
            self._readiness.recovers()
            Recovery(self, self._questions).begin(event)
            self._subscribe(())
            return
        for task, versions in zip(event.tasks, event.versions, strict=True):
            if not self.view.is_copy(self.worker, task):  # else the ledger is asked first whether somebody was faster
                self._readiness.hear(task, versions)
        for task in [task for task, needs in self.needs.items() if not needs]:
            self._readiness.hear(task, ())
        self._subscribe(self._readiness.expected)
        if self._news:
            self._news.begins()

    def _subscribe(self, expected: tuple[int, ...]) -> None:
        """Listen for what these tasks, and any copies, need."""
        tasks = tuple(dict.fromkeys((*expected, *self._copies.interests))) if self._copies else expected
        if tasks:
            self._questions.ask(Subscribe, tasks[0], tasks, self.learn)

    def _sets_read(self, event: events.SetsRead) -> None:
        if event.superseded:
            self._desk.close(event.op)
            self.leave("superseded", "a later epoch of this worker is alive")
        else:
            self._questions.answered(event)

    def learn(self, event: events.SetsRead) -> None:
        """Take note of sets that turned out to be complete."""
        for state in event.sets:
            if self._copies:
                self._copies.learns(state)
            if self._lanes and self._lanes.learn(state):
                continue
            if not state.missing and (self.view.remote_edges[state.task] or state.task not in self.needs):
                self._readiness.hear(state.task, state.versions)
            elif self._news:
                self._news.learns(state)

    def take_up(self, states: dict[int, events.SetState]) -> None:
        """Run just these tasks of this worker, as far as they are done elsewhere (recovery)."""
        for part in (self._copies, self._lanes):
            states = part.open(states) if part else states
        over = [task for task in self.needs if task not in states] if self._thrift and self._lanes else ()
        self._readiness.take_up(states)
        for task in over:
            if self._thrift:
                self._thrift.ran(task)  # something may have come for it meanwhile

    def announce(self, entries: tuple[Entry, ...]) -> None:
        """Send commits of a former epoch once more, to start the consumers it owned (recovery)."""
        if entries:
            self._outbox.request(entries)

    # readiness --------------------------------------------------------------------------------------------

    def _task_ready(self, event: events.TaskReady) -> None:
        (self._held.owns if self._held else self._readiness.hear)(event.task, event.versions)

    def _wanted(self, event: events.Wanted) -> None:
        if self._held:
            self._held.wanted(event.task, event.parent)

    def _offered(self, event: events.Offered) -> None:
        if self._streams:
            self._streams.offered(event)

    def _completed_elsewhere(self, event: events.CompletedElsewhere) -> None:
        if self._lanes and event.width is not None:
            self._lanes.close(event.task, event.width)
        if self._copies:
            self._copies.told(event.task, event.version)
        if self._news and not self._readiness.is_recovering:
            self._news.told(event.task, event.version)

    def hear(self, task: int, versions: tuple[int, ...]) -> None:
        """All edges of ``task`` from other workers are marked. Hearing it twice changes nothing."""
        self._readiness.hear(task, versions)

    def begin(self, task: int, versions: tuple[int, ...]) -> None:
        """Gather the inputs of ``task``, then run it."""
        if self._lanes:
            self._lanes.note(task, versions)
        if (self._copies and self._copies.is_void(task)) or (self._streams and self._streams.takes(task, versions)):
            return
        if self._thrift:
            self._thrift.begins(task)
        if self._inputs.gather(task, versions):
            self._slots.add(task)

    def _fetched(self, event: events.Fetched) -> None:
        if self._streams and self._streams.fetched(event.op):
            return
        found = self._desk.peek(event.op).object if self._thrift else -1
        for task in self._inputs.fetched(event.op):
            self._slots.add(task)
        if self._thrift and (self._copies or self._lanes):
            self._thrift.uploaded(found)  # whoever wanted it may be void

    def forget(self, task: int) -> None:
        """``task`` is not to be run here (any more)."""
        self._readiness.forget(task)
        self._slots.withdraw(task)

    def skip(self, tasks: list[int]) -> None:
        """These are void: nobody here waits for them."""
        for task in self._readiness.skip(tasks):
            if self._thrift:
                self._thrift.ran(task)

    def _run(self, task: int) -> None:
        """A task has a slot, and all else."""
        desk = self._desk
        op = desk.number()
        if self._streams or self._lanes:
            ahead = self._streams.begins(task) if self._streams else ()
            desk.give(Execute(op, task, ahead, self._lanes.lacking(task) if self._lanes else ()))
        else:
            desk.give(Execute(op, task))
        if self._copies:
            self._copies.begins(task, op)
        if self._early_calls:
            self._early_calls.begins(task)

    # after a task -----------------------------------------------------------------------------------------

    def _executed(self, event: events.Executed) -> None:
        if self._lanes and (fault := self._lanes.fault(self._desk.peek(event.op), event.width)):
            self._troubles.execution(events.ExecuteFailed(event.time_ns, event.op, fault))
            return
        if event.time_ns >= self._goes_on_until_ns:
            self._consumers.goes_on = False
        task: int = self._desk.close(event.op).task
        self._slots.leave(task)
        if not (self._streams and self._streams.ran(task)):
            self.complete(task)

    def complete(self, task: int) -> None:
        """A task has run, and that counts: publish it, or keep it for those that read it here."""
        view = self.view
        if self._early_calls:
            self._early_calls.ran(task)
        if self._copies and self._copies.ran(task):
            return
        self._inputs.local.update(self._lanes.made(task) if self._lanes else view.outputs[task])
        route = view.route[task]
        if route == ELSEWHERE:
            self._outbox.send(task, view.uploads[task])
        elif route == LOCAL:
            self._outbox.postpone(task)
        else:
            if self._thrift:
                self._thrift.waits_to_decide(task)
            self._consumers.share(task, self._questions)
        self._readiness.is_done(task)
        if self._thrift:
            self._thrift.ran(task)

    @property
    def busy(self) -> bool:
        """Whether this worker has something to run or to gather inputs for."""
        return bool(self.running or self._slots.ready or self._inputs.is_waiting)

    @property
    def holds_back(self) -> bool:
        """Whether this worker waits with outputs that it has not sent."""
        return self._held is not None and self._held.is_waiting

    @property
    def planned(self) -> Collection[int]:
        """Tasks of this worker that have not run yet."""
        return self.needs

    def has_heard(self, task: int) -> bool:
        """Whether ``task`` was heard of."""
        return self._readiness.has_heard(task)

    def _uploaded(self, event: events.Uploaded) -> None:
        found = self._outbox.ended(self._desk.close(event.op))
        if self._thrift:
            self._thrift.uploaded(found)

    def decided(self, task: int) -> None:
        """It is known who goes on with the children of ``task``."""
        if self._thrift:
            self._thrift.decided(task)

    def _committed(self, event: events.Committed) -> None:
        if event.superseded or event.lost:
            self._troubles.outvoted(event)
            return
        is_goal, out = self.view.is_goal, self._desk.out
        entries = self._outbox.committed(event.op)
        self._leaving.committed(entries)
        if self._copies:
            self._copies.committed(entries)
        for entry in entries:
            if is_goal[entry.task]:
                out.append(Publish(CLIENT, entry.task, ()))
        if self._held:
            self._held.committed(entries)
        if event.ready:
            self._consumers.start(event.ready)
        if event.news:
            self._consumers.tell(event.news)

    # failures and leaving ---------------------------------------------------------------------------------

    def stopped_running(self, task: int) -> None:
        """A task runs no longer, and its slot is free."""
        self._slots.leave(task)

    def runs_again(self, task: int) -> None:
        """A task is as ready to run as before."""
        if not (self._copies and self._copies.is_void(task)):
            self._slots.add(task)

    def withdraw(self, task: int) -> None:
        """A task that may be ready to run is not."""
        self._slots.withdraw(task)

    def leave(self, status: str, reason: str, task: int = -1) -> None:
        """Exit; what is under way is given up."""
        self.exited, self._copies = True, None
        self._slots.close()
        self._desk.dismisses = None
        self._desk.out.append(Exit(status, reason, task))
        # They refer to this machine: so it goes as soon as nobody needs it.
        del self._leaving, self._consumers, self._news, self._streams, self._troubles, self._readiness


LOCAL, ELSEWHERE = Route.LOCAL, Route.ELSEWHERE
FOREVER = 1 << 63

_HANDLERS: dict[type, Callable[[Any, Any], None]] = {
    events.Started: Worker._started,
    events.TaskReady: Worker._task_ready,
    events.CompletedElsewhere: Worker._completed_elsewhere,
    events.Wanted: Worker._wanted,
    events.Offered: Worker._offered,
    events.Fetched: Worker._fetched,
    events.FetchFailed: lambda worker, event: worker._troubles.request(event),
    events.Executed: Worker._executed,
    events.ExecuteFailed: lambda worker, event: worker._troubles.execution(event),
    events.Uploaded: Worker._uploaded,
    events.UploadFailed: lambda worker, event: worker._troubles.request(event),
    events.Committed: Worker._committed,
    events.SetsRead: Worker._sets_read,
    events.InvokeAccepted: lambda worker, event: worker._calls.accepted(event.op, is_known=event.is_known),
    events.InvokeFailed: lambda worker, event: worker._troubles.call(event),
    events.TimerFired: lambda worker, event: worker._desk.fired(event.op),
    events.OpLost: lambda worker, event: worker._troubles.unanswered(event),
    events.Stop: lambda worker, event: worker.leave("stopped", event.reason),
}
