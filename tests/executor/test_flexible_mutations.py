"""Clustering, held outputs and trees of calls broken on purpose: some of the random worlds must notice each.

Mistakes that few worlds notice are tried in one that does, or step by step in `test_held` and `test_tree`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from unittest.mock import patch

import pytest

from executor.worker import calls, consumers, held, ledger, outbox
from executor.worker.desk import MachineError
from executor.worker.events import SetsRead, SetState
from executor.worker.instructions import Invoke
from tests.executor.test_flexible import flexible_view
from tests.executor.test_flexible import weather as random_weather
from tests.executor.world import Weather, World

WORLDS = range(150)


def _caught(weather: Weather | None, seeds: Iterable[int] = WORLDS) -> bool:
    for seed in seeds:
        rng, view = flexible_view(seed)
        try:
            World(view, rng, weather or random_weather(rng)).run().check_end()
        except (AssertionError, MachineError, KeyError, IndexError, ValueError, AttributeError):
            return True
    return False


def _forgets_the_rest(calls_: Sequence[Invoke], helpers: int | None) -> list[Invoke]:
    """What is more than the helpers is called by nobody."""
    return list(calls_)[:helpers]


def _marks_what_is_held(self: outbox.Outbox, task: int, objects: tuple[int, ...], held: tuple[int, ...] = ()) -> None:
    """Edges to joins are marked though their data are only here."""
    outputs = self._view.outputs[task]
    self.uncommitted.add(task)
    self._put(task, objects, tuple([o for o in outputs if o not in objects]))


def _never_sends(self: held.Held, task: int, wait: held.Wait) -> None:
    """What is wanted, or held for too long, is kept."""


def _takes_what_is_others(self: held.Held, state: SetState) -> bool:
    """A complete join is taken for one's own."""
    return state.missing <= self.own_edges(state.task)


def _binds_nobody(self: held.Held, tasks: Iterable[int]) -> None:
    """Edges of joins that run here are marked with the next thing sent."""
    for join in tasks:
        for task, wait in tuple(self.waits.items()):
            wait.joins.pop(join, None)
            if not wait.joins and not wait.is_sent:
                self._is_over(task)


def _adopts_again(self: calls.Calls, worker: int, epoch: int) -> bool:
    """Whoever was called is gone on with, too."""
    return False


def _dead_holders_count(self: ledger.Ledger, task: int, join: int, marker: int, *, is_held: bool) -> None:
    """The held mark of a dead epoch is as good as any."""
    assert self._holds is not None
    (self._holds.place(join, task, marker) if is_held else self._holds.lift(join, task))
    stays, parents = self._holds.settle(join, self._missing[join], lambda marker: False)
    for parent in parents:
        self._marker[self._first_edge[parent] + self._view.children[parent].index(join)] = stays
    if stays:
        self._missing[join], self._owner[join] = 0, stays


def _learns_nothing(self: held.Held, task: int, wait: held.Wait, is_last: bool, event: SetsRead) -> None:
    """Looks, and does nothing about it."""


def _holds_what_leaves(self: held.Held, task: int, join: int, leaving: tuple[int, ...]) -> bool:
    """Everything is large."""
    return True


def _adopts_what_waits(
    view: object, candidates: Sequence[int], busy: bool, local: object, parent: int | None = None
) -> tuple[int, ...]:
    """Goes on with everything; no mistake, for it may: the other mutations must not be caught for less."""
    return tuple(candidates)


STORM = Weather(lost=0.2, fails=0.2, kills=2, false_alarms=1)
MUTATIONS: list[tuple[type | object, str, Callable[..., object], Weather | None, Iterable[int]]] = [
    (calls, "spread", _forgets_the_rest, Weather(), WORLDS),
    (calls.Calls, "has_called", _adopts_again, None, (35990,)),
    (outbox.Outbox, "send", _marks_what_is_held, Weather(), WORLDS),
    (held.Held, "_send", _never_sends, Weather(), WORLDS),
    (held.Held, "_learn", _learns_nothing, Weather(lost=0.3), WORLDS),
]


@pytest.mark.parametrize(
    ("owner", "name", "mutant", "weather", "seeds"), MUTATIONS, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_broken_machine_is_caught(
    owner: object, name: str, mutant: Callable[..., object], weather: Weather | None, seeds: Iterable[int]
) -> None:
    with patch.object(owner, name, mutant):
        assert _caught(weather, seeds), f"nobody noticed: {mutant.__doc__}"
    assert not _caught(weather, list(seeds)[:20]), "the machine as it is must pass the same worlds"


@pytest.mark.parametrize("weather", [Weather(), STORM])
def test_what_may_be_decided_otherwise_is_not(weather: Weather) -> None:
    """Whoever goes on with more, or holds more, does nothing wrong."""
    with patch.object(consumers, "adopted", _adopts_what_waits):
        assert not _caught(weather)
    with patch.object(held.Held, "_is_large", _holds_what_leaves):
        assert not _caught(weather)
