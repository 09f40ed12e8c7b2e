"""Consumers: what becomes of a task's children that no named worker waits for, and who starts a complete one.

A worker that is itself flexible may go on with a child that only waits for it (its input is here already); all
others it tells or invokes. Only in its first epoch: a former one may have started any of them; and not for so long that
the platform might end it in the middle. With which it goes on, `clustering` says.
"""

from collections.abc import Collection, Sequence, Set
from typing import Protocol

from .calls import Calls
from .clustering import adopted
from .desk import Desk
from .events import News, Ready, SetState
from .held import Held
from .instructions import Invoke, Publish, ReadSets
from .lanes import Lanes
from .outbox import Outbox, needed_elsewhere
from .questions import Questions
from .view import FLEXIBLE, View


class Runner(Protocol):
    """What is needed of the machine that runs tasks."""

    worker: int

    @property
    def busy(self) -> bool:
        """Whether it has something to run or to gather inputs for."""

    @property
    def planned(self) -> Collection[int]:
        """Tasks it will run without being told of each."""

    def hear(self, task: int, versions: tuple[int, ...]) -> None:
        """``task`` is complete, and this worker's to run."""

    def has_heard(self, task: int) -> bool:
        """Whether it was told of ``task``."""

    def decided(self, task: int) -> None:
        """It is known who goes on with the children of ``task``."""


class Consumers:
    """Shares out the children of what one worker executed."""

    __slots__ = ("_calls", "_desk", "_held", "_lanes", "_local", "_outbox", "_runner", "_view", "goes_on")

    def __init__(
        self,
        view: View,
        goes_on: bool,
        runner: Runner,
        desk: Desk,
        outbox: Outbox,
        calls: Calls,
        local: Set[int],
        held: Held | None,
        lanes: Lanes | None,
    ) -> None:
        self._view = view
        self._runner = runner
        self._desk = desk
        self._outbox = outbox
        self._calls = calls
        self._local = local
        self._held = held
        self._lanes = lanes
        self.goes_on = goes_on
        """Whether this worker may go on with flexible tasks."""

    def _children(self, task: int) -> tuple[int, ...]:
        return self._lanes.children(task) if self._lanes else self._view.children[task]

    def share(self, task: int, questions: Questions) -> None:
        """``task`` was executed: send it, or go on with children that only wait for it."""
        view = self._view
        if not self.goes_on:
            self._keep(task, [child for child in self._children(task) if child in self._runner.planned])
            return
        flexible = [child for child in self._children(task) if view.worker_of[child] == FLEXIBLE]
        joins = tuple([child for child in flexible if view.remote_edges[child] > 1])
        if not joins:
            self._go_on(task, dict.fromkeys(flexible, ()))
            return
        self._outbox.uncommitted.add(task)
        questions.ask(ReadSets, task, joins, lambda event: self._divide(task, flexible, event.sets))

    def _divide(self, task: int, flexible: list[int], joins: tuple[SetState, ...]) -> None:
        """Of the joins, those for which only ``task``, or what is held here, is missing are candidates too."""
        held = self._held
        if self._lanes:
            joins = tuple([state for state in joins if not self._lanes.learn(state)])
            flexible = [child for child in flexible if self._lanes.runs(child)]
        bound = tuple([s.task for s in joins if held and 1 < s.missing <= 1 + held.own_edges(s.task)])
        waiting = [state.task for state in joins if state.missing > 1 and state.task not in bound]
        versions = {state.task: state.versions for state in joins}
        candidates = {child: versions.get(child, ()) for child in flexible if child not in waiting}
        self._go_on(task, candidates, bound, waiting)

    def _go_on(
        self,
        task: int,
        candidates: dict[int, tuple[int, ...]],
        bound: tuple[int, ...] = (),
        waiting: Sequence[int] = (),
    ) -> None:
        """Run some of the candidates here, the ``bound`` ones certainly; hold the task back for some that wait."""
        chosen = adopted(self._view, tuple(candidates), self._runner.busy, self._local, task)
        kept = tuple([child for child in candidates if child in chosen or child in bound])
        for child in kept:
            self._runner.hear(child, candidates[child])
        if self._held:
            self._held.goes_on_with(kept)
            if held := self._held.choose(task, waiting, kept):
                self._held.hold(task, needed_elsewhere(self._view, task, (*kept, *held)), held, bound)
                return
        self._keep(task, kept, bound)

    def _keep(self, task: int, kept: Sequence[int], bound: tuple[int, ...] = ()) -> None:
        """Send the task for those of its children that are not kept here."""
        view = self._view
        kept = [child for child in kept if child not in view.copied]  # whose copies may be anywhere
        is_nobody_elses = len(kept) == len(self._children(task)) and not view.is_goal[task]
        if is_nobody_elses and task not in view.maps:  # whose width may matter to others
            self._outbox.postpone(task, bound)
        else:
            self._outbox.send(task, needed_elsewhere(view, task, kept), bound)
        self._runner.decided(task)

    def start(self, consumers: tuple[Ready, ...]) -> None:
        """Start the consumers that this worker completed: go on with one, tell, or invoke."""
        flexible: dict[int, Ready] = {}
        absent: list[Ready] = []
        for ready in consumers:
            if ready.worker >= self._view.n_workers:
                if self._held:
                    self._held.owns(ready.task, ready.versions)
                if not (self._runner.has_heard(ready.task) or self._calls.has_called(ready.worker, ready.epoch)):
                    flexible[ready.task] = ready
            elif ready.worker == self._runner.worker:
                self._runner.hear(ready.task, ready.versions)
            elif ready.live:
                self._desk.out.append(Publish(ready.worker, ready.task, ready.versions))
            else:
                absent.append(ready)
        if flexible and self.goes_on:
            for task in adopted(self._view, tuple(flexible), self._runner.busy, self._local):
                self._runner.hear(task, flexible.pop(task).versions)
        if absent or flexible:
            self._calls.invoke_all([self._call(ready) for ready in (*absent, *flexible.values())])

    def _call(self, ready: Ready) -> Invoke:
        return Invoke(0, ready.worker, ready.epoch, ready.task, ready.versions, self._view.size_of(ready.worker))

    def tell(self, news: tuple[News, ...]) -> None:
        """Tell others what the ledger wants them to hear; what it wants of this worker is done at once."""
        for each in news:
            if each.worker == self._runner.worker:
                if self._held:
                    self._held.wanted(each.task, each.parent)
            else:
                versions = each.versions or ((each.version,) if each.version else ())
                self._desk.out.append(Publish(each.worker, each.task, versions, each.parent, each.width))
