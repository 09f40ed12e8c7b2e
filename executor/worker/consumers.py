"""Consumers: what becomes of a task's children that no named worker waits for, and who starts a complete one.

A worker that is itself flexible may go on with a child that only waits for it (its input is here already); all
others it tells or invokes. Only in its first epoch: a former one may have started any of them. With which it goes on,
`clustering` says.
"""

from collections.abc import Collection, Sequence, Set
from typing import Protocol

from .calls import Calls
from .clustering import adopted
from .desk import Desk
from .events import Ready, SetState
from .instructions import Publish, ReadSets
from .outbox import Outbox
from .questions import Questions
from .view import FLEXIBLE, View


class Runner(Protocol):
    """What is needed of the machine that runs tasks."""

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

    __slots__ = ("_adopts", "_calls", "_desk", "_local", "_outbox", "_runner", "_view")

    def __init__(
        self, view: View, adopts: bool, runner: Runner, desk: Desk, outbox: Outbox, calls: Calls, local: Set[int]
    ) -> None:
        self._view = view
        self._adopts = adopts
        self._runner = runner
        self._desk = desk
        self._outbox = outbox
        self._calls = calls
        self._local = local

    def share(self, task: int, questions: Questions) -> None:
        """``task`` was executed: send it, or go on with children that only wait for it."""
        view = self._view
        if not self._adopts:
            self._keep(task, [child for child in view.children[task] if child in self._runner.planned])
            return
        flexible = [child for child in view.children[task] if view.worker_of[child] == FLEXIBLE]
        joins = tuple([child for child in flexible if view.remote_edges[child] > 1])
        if not joins:
            self._go_on(task, dict.fromkeys(flexible, ()))
            return
        self._outbox.uncommitted.add(task)
        questions.ask(ReadSets, task, joins, lambda event: self._divide(task, flexible, event.sets))

    def _divide(self, task: int, flexible: list[int], joins: tuple[SetState, ...]) -> None:
        """Of the joins, those for which only ``task`` is missing are candidates too."""
        waiting = {state.task for state in joins if state.missing > 1}
        versions = {state.task: state.versions for state in joins}
        self._go_on(task, {child: versions.get(child, ()) for child in flexible if child not in waiting})

    def _go_on(self, task: int, candidates: dict[int, tuple[int, ...]]) -> None:
        """Run some of the candidates here."""
        kept = adopted(self._view, tuple(candidates), self._runner.busy, self._local, task)
        for child in kept:
            self._runner.hear(child, candidates[child])
        self._keep(task, kept)

    def _keep(self, task: int, kept: Sequence[int]) -> None:
        """Send the task for those of its children that are not kept here."""
        view = self._view
        if len(kept) == len(view.children[task]) and not view.is_goal[task]:
            self._outbox.postpone(task)
        else:
            self._outbox.send(task, needed_elsewhere(view, task, kept))
        self._runner.decided(task)

    def start(self, consumers: tuple[Ready, ...]) -> None:
        """Start the consumers that this worker completed: go on with one, tell, or invoke."""
        flexible: dict[int, Ready] = {}
        for ready in consumers:
            if ready.worker >= self._view.n_workers:
                if not self._runner.has_heard(ready.task):
                    flexible[ready.task] = ready
            elif ready.live:
                self._desk.out.append(Publish(ready.worker, ready.task, ready.versions))
            else:
                self._invoke(ready)
        if flexible and self._adopts:
            for task in adopted(self._view, tuple(flexible), self._runner.busy, self._local):
                self._runner.hear(task, flexible.pop(task).versions)
        for ready in flexible.values():
            self._invoke(ready)

    def _invoke(self, ready: Ready) -> None:
        memory_mb = self._view.size_of(ready.worker)
        self._calls.invoke(ready.worker, ready.epoch, ready.task, ready.versions, memory_mb)


def needed_elsewhere(view: View, task: int, kept: Sequence[int]) -> tuple[int, ...]:
    """Outputs that are results, or that some consumer other than the ``kept`` ones reads."""
    here = frozenset(kept)
    return tuple(
        found for found in view.outputs[task] if view.is_result[found] or not here.issuperset(view.consumers[found])
    )
