"""Held outputs: a flexible worker keeps a large output while a join's other inputs are missing (delayed I/O).

It commits the task with *held* marks in place of the joins' edges, and waits. Of those who hold input of one join the
ledger lets the one with most of it stay, and tells the others to upload; once all others are marked, the one that stays
owns the join, whose input from there never moves. Or, WUKONG's way (Carver et al., SoCC 2020), the ledger is not
told what is held, and the worker sleeps and looks whether a join waits for it alone.

An edge is marked only once its data are in the store, or in the same request that makes the join complete and this
worker's own. So where a join runs here on several outputs held here, their edges stay unmarked until it is committed:
should this worker die, nobody takes the join for one whose data are there.

Nobody waits for more than the plan's patience, after which it uploads as if nothing had been held. So whoever waits
for a place to run gets it, and a message that is lost, or a holder that died, costs time and nothing else: the held
mark of a dead epoch is as good as none.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from .desk import Desk
from .events import SetsRead, SetState
from .instructions import Entry, ReadSets
from .outbox import Outbox, needed_elsewhere
from .questions import Questions
from .view import View, same_worker

LONGEST_SLEEP_NS = 10_000_000_000
"""WUKONG sleeps for no more than 10 s at a time."""


class Holder(Protocol):
    """What is needed of the machine that holds."""

    view: View
    marker: int

    def hear(self, task: int, versions: tuple[int, ...]) -> None:
        """``task`` is complete, and this worker's to run."""

    def decided(self, task: int) -> None:
        """It is known who goes on with the children of ``task``."""


class Wait:
    """A task whose outputs are held for some joins."""

    __slots__ = ("bound", "is_due", "is_sent", "joins", "kept", "tries", "waited_ns")

    def __init__(self, joins: Sequence[int], bound: Sequence[int]) -> None:
        self.joins = dict.fromkeys(joins)
        self.bound = list(bound)
        """Joins that run here, their edges unmarked."""
        self.kept: tuple[int, ...] | None = None
        """Outputs that only this memory holds, as committed; None before that."""
        self.is_due = False
        """The outputs are to be uploaded."""
        self.is_sent = False
        self.waited_ns = 0
        self.tries = 0


class Held:
    """What one flexible worker holds back."""

    __slots__ = ("_desk", "_holder", "_outbox", "_questions", "waits")

    def __init__(self, holder: Holder, desk: Desk, outbox: Outbox, questions: Questions) -> None:
        self._holder = holder
        self._desk = desk
        self._outbox = outbox
        self._questions = questions
        self.waits: dict[int, Wait] = {}

    # holding ----------------------------------------------------------------------------------------------

    def choose(self, task: int, waiting: Iterable[int], kept: Sequence[int]) -> tuple[int, ...]:
        """Of the joins ``waiting`` for others: those that would cost a large upload, made for nobody else."""
        copied = self._holder.view.copied  # what others may run, too, is not held: whose version counts is open
        chosen, before = tuple(sorted(join for join in waiting if not (task in copied or join in copied))), None
        while chosen != before:
            leaving = needed_elsewhere(self._holder.view, task, (*kept, *chosen))
            before, chosen = chosen, tuple([join for join in chosen if self._is_large(task, join, leaving)])
        return chosen

    def _is_large(self, task: int, join: int, leaving: tuple[int, ...]) -> bool:
        view = self._holder.view
        delay = view.delay_io
        own = [o for o in view.inputs[join] if view.producer[o] == task and o not in leaving]
        return delay is not None and sum([view.object_bytes[o] for o in own]) >= delay.threshold_bytes

    def hold(self, task: int, objects: tuple[int, ...], joins: tuple[int, ...], bound: tuple[int, ...]) -> None:
        """Upload these outputs, commit the task with held marks for the joins, and wait; the ``bound`` run here."""
        wait = self.waits[task] = Wait(joins, bound)
        self._outbox.send(task, objects, (*joins, *bound))
        self._sleep(task, wait)

    def _sleep(self, task: int, wait: Wait) -> None:
        """Until it is time to look: when patience is at its end, or earlier where nobody would tell."""
        delay = self._holder.view.delay_io
        assert delay is not None  # for something is held
        wait.tries += 1
        left_ns = delay.patience_ns - wait.waited_ns
        naps = delay.retry_ns is not None
        sleep_ns = min(left_ns, LONGEST_SLEEP_NS, (delay.retry_ns or 0) * wait.tries) if naps else left_ns
        wait.waited_ns += sleep_ns
        is_last = wait.waited_ns >= delay.patience_ns
        self._desk.alarm(sleep_ns, lambda: self._look(task, wait, is_last))

    def _look(self, task: int, wait: Wait, is_last: bool) -> None:
        """A join may wait for this worker alone by now, or be its own without its having heard."""
        if self.waits.get(task) is wait and not wait.is_sent:
            joins = tuple(wait.joins)
            self._questions.ask(ReadSets, task, joins, lambda event: self._learn(task, wait, is_last, event))

    def _learn(self, task: int, wait: Wait, is_last: bool, event: SetsRead) -> None:
        for state in event.sets:
            if state.task in wait.joins and self._is_ours(state):
                self.owns(state.task, state.versions)
        if self.waits.get(task) is wait and not wait.is_sent:
            if is_last:
                self._is_due(task, wait)
            else:
                self._sleep(task, wait)

    def _is_ours(self, state: SetState) -> bool:
        """Whether nobody else can make a join complete, or it is complete and ours."""
        if not state.missing:
            return same_worker(state.owner, self._holder.marker)
        return state.missing <= self.own_edges(state.task)

    # who goes on ------------------------------------------------------------------------------------------

    @property
    def is_waiting(self) -> bool:
        """Whether anything is held, or on its way after all."""
        return bool(self.waits)

    def own_edges(self, join: int) -> int:
        """How many edges of a join are held here, and certainly not marked unless it is complete."""
        return sum([join in wait.joins and not wait.is_sent for wait in self.waits.values()])

    def is_held(self, join: int) -> bool:
        """Whether input of the join may be in this memory alone."""
        return any(join in wait.joins for wait in self.waits.values())

    def owns(self, join: int, versions: tuple[int, ...]) -> None:
        """The join waits for nobody else. Heard late, or twice, it changes nothing."""
        if self.is_held(join):
            self._holder.hear(join, versions)
            self.goes_on_with((join,))

    def goes_on_with(self, tasks: Iterable[int]) -> None:
        """These run here: nothing is held for them any more."""
        for join in tasks:
            for task, wait in tuple(self.waits.items()):
                if join in wait.joins:
                    del wait.joins[join]
                    wait.bound.append(join)
                if not wait.joins and not wait.is_sent:
                    self._is_over(task)

    def wanted(self, join: int, task: int) -> None:
        """Somebody holds more of the join's input: ``task`` is to be sent."""
        wait = self.waits.get(task)
        if wait and join in wait.joins and not wait.is_sent:
            self._is_due(task, wait)

    # sending ----------------------------------------------------------------------------------------------

    def committed(self, entries: tuple[Entry, ...]) -> None:
        """Tasks were committed: with held marks, or all of them."""
        for entry in entries:
            wait = self.waits.get(entry.task)
            if wait and wait.is_sent:
                self._is_over(entry.task)
            elif wait:
                wait.kept = entry.kept
                if wait.is_due:
                    self._send(entry.task, wait)

    def _is_due(self, task: int, wait: Wait) -> None:
        """One thing at a time: what is not committed yet is sent when it is."""
        wait.is_due = True
        if wait.kept is not None:
            self._send(task, wait)

    def _send(self, task: int, wait: Wait) -> None:
        view, kept = self._holder.view, wait.kept or ()
        wait.is_sent = True
        objects = tuple([o for o in kept if not wait.joins.keys().isdisjoint(view.consumers[o])])
        self._outbox.send_held(task, objects, tuple([o for o in kept if o not in objects]), tuple(wait.bound))

    def _is_over(self, task: int) -> None:
        del self.waits[task]
        self._holder.decided(task)
