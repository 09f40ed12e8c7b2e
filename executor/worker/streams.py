"""Streams: a task reads what its parent makes elsewhere while it is made.

When a task begins to run, the live workers of those that read ahead are offered what it makes. They have the chunks
brought as these come, under a version that nobody has committed yet; a task that lacks nothing else runs on them, so
that it can end soon after the last chunk has come. What came of such a run counts for nothing, here or elsewhere,
before the task's set is complete with just the versions it read. Else it was in vain and the task runs again, as do
all that have no offer, or whose stream breaks. Only first epochs take part: recovery goes the usual way.
"""

from typing import Protocol

from .desk import Desk
from .events import Offered, SetState
from .flows import Ahead, Flow
from .inputs import Inputs
from .instructions import Drop, Execute, Offer
from .view import View


class Reader(Protocol):
    """What is needed of the machine."""

    view: View
    worker: int
    marker: int
    needs: dict[int, int]
    running: set[int]

    def has_heard(self, task: int) -> bool:
        """Whether all that ``task`` needs from elsewhere is committed."""

    def begin(self, task: int, versions: tuple[int, ...]) -> None:
        """Gather the inputs of ``task``, then run it."""

    def runs_again(self, task: int) -> None:
        """A task is ready to run."""

    def withdraw(self, task: int) -> None:
        """A task that may be ready to run is not."""

    def stopped_running(self, task: int) -> None:
        """A task runs no longer, and its slot is free."""

    def complete(self, task: int) -> None:
        """A task has run, and that counts."""


class Streams:
    """Both ends: offers what runs here, and reads ahead what runs elsewhere."""

    __slots__ = (
        "_ahead",
        "_begun",
        "_committed",
        "_desk",
        "_flows",
        "_inputs",
        "_offered",
        "_ops",
        "_parked",
        "_reader",
        "_spent",
    )

    def __init__(self, reader: Reader, desk: Desk, inputs: Inputs) -> None:
        self._reader = reader
        self._desk = desk
        self._inputs = inputs
        self._flows: dict[int, Flow] = {}
        self._begun: set[int] = set()
        """Tasks of this worker that run or ran, so that they can be offered."""
        self._ops: dict[int, int] = {}
        """Fetches under way, and the parents that they are of."""
        self._offered: set[int] = set()
        """Parents that were offered: each is read ahead once at most."""
        self._committed: dict[int, int] = {}
        """Versions of parents that are known to be committed."""
        self._ahead: dict[int, Ahead] = {}
        self._parked: dict[int, tuple[int, ...]] = {}
        """Tasks that could begin, but for what is still under way in vain."""
        self._spent: set[int] = set()
        """Tasks whose run ahead failed by itself: they have no second one."""

    # offering ---------------------------------------------------------------------------------------------

    def begins(self, task: int) -> tuple[int, ...]:
        """A task begins to run here: offer what it makes. Returns its inputs that are still coming."""
        self._begun.add(task)
        self._offer_to_all(task)
        return self._arriving(task)

    def _offer_to_all(self, task: int) -> None:
        """Offer what a task makes to all that read it ahead."""
        for consumer in self._reader.view.streams.get(task, ()):
            self._offer(task, consumer)

    def _offer(self, task: int, consumer: int) -> None:
        """Offer what a task makes, unless that is itself built on what is not known to be committed."""
        ahead = self._ahead.get(task)
        if ahead is None or ahead.is_heard:
            self._desk.out.append(Offer(self._reader.view.worker_of[consumer], consumer, task, self._reader.marker))

    def offered(self, event: Offered) -> None:
        """Somebody offers what it makes, or (version 0) asks for an offer."""
        if not event.version:
            if event.parent in self._begun:
                self._offer(event.parent, event.task)
        elif self._wants(event.task, event.parent):
            self._open(event.parent, event.version)

    # reading ahead ----------------------------------------------------------------------------------------

    def starts(self) -> None:
        """The worker runs: ask for offers that it may have missed."""
        view, reader = self._reader.view, self._reader
        for task in reader.needs:
            for parent in view.reads_ahead.get(task, ()):
                if not reader.has_heard(task):
                    self._desk.out.append(Offer(view.worker_of[parent], task, parent, 0))

    def _wants(self, task: int, parent: int) -> bool:
        """Whether an offer comes in time, and for the first time."""
        reader = self._reader
        is_late = not reader.view.hold[reader.worker]  # who is about to leave begins nothing
        is_late = is_late or reader.has_heard(task) or task not in reader.needs or parent in self._committed
        return not is_late and parent not in self._offered

    def _open(self, parent: int, version: int) -> None:
        """Have the chunks brought, if all objects that are read ahead here can be on their way at once."""
        self._offered.add(parent)
        view, home, inputs = self._reader.view, self._reader.worker, self._inputs
        readers = [task for task in view.streams[parent] if view.worker_of[task] == home]
        wanted = {
            found: (task, place)
            for task in reversed(readers)
            for place, found in enumerate(view.inputs[task])
            if view.producer[found] == parent
        }
        if not inputs.can_stream(wanted):
            return
        flow = self._flows[parent] = Flow(version, tuple(sorted(wanted)))
        for found in flow.objects:
            op = inputs.stream(*wanted[found], found, version, view.chunks[found])
            flow.ops[op] = found
            self._ops[op] = parent
        for task in readers:
            self.reconsiders(task)

    def reconsiders(self, task: int) -> None:
        """Run a task ahead if it lacks nothing but what comes in streams."""
        reader = self._reader
        may_run = task in reader.view.reads_ahead and not (task in self._ahead or task in self._spent)
        may_run = may_run and not self._waits_for_the_void(task)
        if not may_run or reader.needs.get(task) != 1 or reader.has_heard(task):
            return
        versions = self._assumed(task)
        if versions:
            self._run_ahead(task, versions, is_heard=False)

    def _assumed(self, task: int) -> tuple[int, ...]:
        """The versions of its parents (0: of this worker) that a task would run ahead on; none if it cannot."""
        view, flows = self._reader.view, self._flows
        home, parents = view.worker_of, view.parents[task]
        remote = [parent for parent in parents if home[parent] != home[task] or parent in view.copied]
        known = {p: self._committed[p] for p in remote if p in self._committed}
        coming = {p: flows[p].version for p in view.reads_ahead[task] if p in flows}
        if not coming or len(known | coming) < len(remote):
            return ()
        return tuple([coming.get(parent, known.get(parent, 0)) for parent in parents])

    def _run_ahead(self, task: int, versions: tuple[int, ...], *, is_heard: bool) -> None:
        self._ahead[task] = Ahead(is_heard=is_heard)
        streamed = {found for parent in self._flows_of(task) for found in self._flows[parent].objects}
        if self._inputs.gather(task, versions, streamed):
            self._reader.runs_again(task)

    def _waits_for_the_void(self, task: int) -> bool:
        """Whether something that a task reads still comes, or is run on, in vain."""
        return any(self._flows[parent].is_void for parent in self._flows_of(task))

    def _flows_of(self, task: int) -> list[int]:
        return [parent for parent in self._reader.view.parents[task] if parent in self._flows]

    def _arriving(self, task: int) -> tuple[int, ...]:
        """Inputs of a task that are still coming."""
        coming = [found for parent in self._flows_of(task) for found in self._flows[parent].ops.values()]
        return tuple([found for found in coming if found in self._reader.view.inputs[task]])

    def is_ahead(self, task: int) -> bool:
        """Whether a task was begun on what is still coming, or not known to be committed."""
        return task in self._ahead

    @property
    def open_tasks(self) -> tuple[int, ...]:
        """Tasks that were begun ahead, and are not known to count."""
        return tuple(self._ahead)

    # what is committed ------------------------------------------------------------------------------------

    def told(self, parent: int, version: int) -> None:
        """A task was committed elsewhere."""
        self._note(parent, version)
        for task in self._reader.view.hear_of.get(parent, ()):
            if task in self._reader.view.reads_ahead:
                self.reconsiders(task)

    def learns(self, state: SetState) -> None:
        """The ledger said which of a task's parents are committed."""
        if state.versions and state.task in self._reader.view.reads_ahead:
            for parent, version in zip(self._reader.view.parents[state.task], state.versions, strict=True):
                self._note(parent, version)
            self.reconsiders(state.task)

    def _note(self, parent: int, version: int) -> None:
        """A version is known to be committed: what was read of it is known to be right, or wrong."""
        if not version:
            return
        self._committed[parent] = version
        flow = self._flows.get(parent)
        if flow is None or flow.is_void or flow.is_committed:
            return
        if flow.version != version:
            self._void(parent)
            return
        flow.is_committed = True
        for found in sorted(flow.here):
            self._has(found)
        flow.here.clear()
        self._settle(parent)

    def _has(self, found: int) -> None:
        """An object is here in full, and committed."""
        for task in self._inputs.arrived(found):
            self._reader.runs_again(task)

    def takes(self, task: int, versions: tuple[int, ...]) -> bool:
        """A task could begin, for all its parents are done; whether it is seen to here."""
        parents, home = self._reader.view.parents[task], self._reader.view.worker_of
        for parent, version in zip(parents, versions, strict=False):
            if home[parent] != home[task]:
                self._note(parent, version)
        ahead = self._ahead.get(task)
        if (ahead and ahead.is_void) or self._waits_for_the_void(task):
            self._parked[task] = versions
        elif ahead:
            self._hears(task, ahead)
        elif task in self._reader.view.reads_ahead and task not in self._spent and self._arriving(task):
            self._run_ahead(task, versions, is_heard=True)
        else:
            return False
        return True

    def _hears(self, task: int, ahead: Ahead) -> None:
        """All that a task has read, or is reading, ahead is committed."""
        ahead.is_heard = True
        if ahead.has_run:
            del self._ahead[task]
            self._reader.complete(task)
        elif task in self._reader.running:
            self._offer_to_all(task)

    # ends -------------------------------------------------------------------------------------------------

    def fetched(self, op: int) -> bool:
        """A fetch ended; whether it was one of a stream."""
        parent = self._ops.pop(op, None)
        if parent is None:
            return False
        flow = self._flows[parent]
        found = flow.ops.pop(op)
        self._inputs.ended(op)
        if flow.is_committed:
            self._has(found)
        else:
            flow.here.add(found)
        self._settle(parent)
        return True

    def failed(self, op: int) -> bool:
        """An operation failed; whether it was part of a stream, or a run ahead: then there is no second attempt."""
        parent = self._ops.pop(op, None)
        if parent is not None:
            return self._breaks(parent, op)
        instruction = self._desk.peek(op)
        if isinstance(instruction, Execute):
            self._begun.discard(instruction.task)
        if not isinstance(instruction, Execute) or instruction.task not in self._ahead:
            return False
        self._desk.close(op)
        self._reader.stopped_running(instruction.task)
        self._spent.add(instruction.task)
        self._unwind(instruction.task)
        return True

    def _breaks(self, parent: int, op: int) -> bool:
        """A chunk did not come: the runs on it are void. What is committed is fetched again, like anything else."""
        flow = self._flows[parent]
        del flow.ops[op]
        if flow.is_committed:
            self._revoke_all(parent)
            self._settle(parent)
            return False
        self._inputs.ended(op)
        if not flow.is_void:
            self._void(parent)
        self._settle(parent)
        return True

    def ran(self, task: int) -> bool:
        """A task has run; whether that does not count, or not yet."""
        ahead = self._ahead.get(task)
        if ahead is None:
            return False
        if ahead.is_void:
            self._drop(self._reader.view.outputs[task])
            self._unwind(task)
        elif ahead.is_heard:
            del self._ahead[task]
            return False
        else:
            ahead.has_run = True
        return True

    # what was in vain -------------------------------------------------------------------------------------

    def _void(self, parent: int) -> None:
        """What was read of a parent, and built on that, is void."""
        self._flows[parent].is_void = True
        self._revoke_all(parent)
        self._settle(parent)

    def _revoke_all(self, parent: int) -> None:
        for task in self._reader.view.streams[parent]:
            ahead = self._ahead.get(task)
            if ahead and not ahead.is_void:
                self._revoke(task, ahead)

    def _revoke(self, task: int, ahead: Ahead) -> None:
        """A run ahead is void: if it is over or has not begun, that is all, else its end is awaited."""
        ahead.is_void = True
        if task not in self._reader.running:
            if ahead.has_run:
                self._drop(self._reader.view.outputs[task])
            self._unwind(task)

    def _unwind(self, task: int) -> None:
        """A run ahead was in vain: the task is where it was before."""
        ahead = self._ahead.pop(task)
        self._reader.withdraw(task)
        self._inputs.forget(task)
        if ahead.is_heard:
            versions = tuple([self._committed.get(p, 0) for p in self._reader.view.parents[task]])
            self._parked.setdefault(task, versions)
        for parent in self._flows_of(task):
            self._settle(parent)
        self._resume()

    def _settle(self, parent: int) -> None:
        """Forget a flow when nothing of it is under way and nobody runs on it."""
        flow = self._flows.get(parent)
        if flow is None or flow.ops:
            return
        view = self._reader.view
        if flow.is_void and not any(task in self._ahead for task in view.streams[parent]):
            self._drop(tuple(sorted(flow.here)))
            for found in flow.objects:
                self._inputs.release(found)
        elif not flow.is_committed:
            return
        del self._flows[parent]
        self._resume()

    def _resume(self) -> None:
        """Begin what waited for the end of what was in vain."""
        for task in tuple(self._parked):
            if task not in self._ahead and not self._waits_for_the_void(task):
                self._reader.begin(task, self._parked.pop(task))

    def _drop(self, objects: tuple[int, ...]) -> None:
        self._desk.out += [Drop(found) for found in objects]
