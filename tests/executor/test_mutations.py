"""Machines broken on purpose: the checks must notice each.

Every mutation is a small, plausible mistake. A mutation is caught if some of the random worlds fails, in an
assertion of the world, an invariant, or the machine's own refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from unittest.mock import patch

import pytest

from executor.worker import consumers, desk, inputs, leaving, ledger, machine, outbox, readiness, recovery, thrift
from executor.worker.desk import MachineError
from executor.worker.events import SetState
from executor.worker.instructions import Entry
from executor.worker.view import View
from tests.executor.cases import IDEAL, PATIENT, random_view
from tests.executor.world import Weather, World

WORLDS = 150


def _caught(weather: Weather) -> bool:
    for seed in range(WORLDS):
        rng, view = random_view(seed, platform=PATIENT if weather.fails or weather.lost else IDEAL)
        try:
            World(view, rng, weather).run().check_end()
        except (AssertionError, MachineError, KeyError, IndexError, ValueError):
            return True
    return False


def _marks_twice_count_twice(
    self: ledger.Ledger, task: int, marker: int, ready: list[object], held: object = ()
) -> None:
    """Counters instead of sets: a repeated commit marks again."""
    for child in self._view.children[task]:
        self._missing[child] -= 1
        if not self._missing[child] and (found := self._to_start(child, marker)):
            ready.append(found)


def _commits_before_uploads(self: outbox.Outbox, task: int, objects: tuple[int, ...], held: object = ()) -> None:
    """Says that outputs are in the store while they are on their way."""
    self.uncommitted.add(task)
    self._kept[task] = ()
    self._commit(task)


def _forgets_who_waits(self: inputs.Inputs, op: int) -> list[int]:
    """Only the first task that waits for an object hears of it."""
    found = self._desk.close(op)
    self._under_way -= 1
    self.local.add(found)
    task, *_ = self._coming.pop(found)
    self._missing[task] -= 1
    return [] if self._missing[task] else [task]


def _hears_twice(self: readiness.Readiness, task: int, versions: tuple[int, ...]) -> None:
    """Takes a second notification for a second task."""
    needs = self.needs.get(task)
    if needs is None or needs == 0:
        self._machine.begin(task, versions)
    else:
        self._versions[task] = versions
        self._met(task, needs)


def _never_announces(self: machine.Worker, entries: tuple[Entry, ...]) -> None:
    """Recovery forgets the consumers that the dead epoch owned."""


def _keeps_results(view: object, task: int, adopted: object) -> tuple[int, ...]:
    """Uploads nothing of a task that has flexible children."""
    return ()


def _leaves_early(self: leaving.Leaving) -> None:
    """Exits when nothing is under way, with tasks still to come."""
    self._machine.leave("done", "")


def _never_again(self: desk.Desk, op: int) -> None:
    """What failed is forgotten."""
    self.close(op)
    self.after(0, lambda: None)


def _never_looks(self: leaving.Leaving) -> None:
    """Whoever waits does not ask whether a message was lost."""
    self._is_watching = False


def _needs_nothing(self: thrift.Thrift, found: int) -> bool:
    """Drops whatever was read once."""
    return False


def _keeps_all(self: thrift.Thrift, objects: object) -> None:
    """Drops nothing."""


def _runs_all_again(view: View, states: Mapping[int, SetState], open_tasks: object = ()) -> tuple[int, ...]:
    """Recovery runs everything again."""
    return tuple(states)


CALM, DEATHS = Weather(), Weather(kills=3)
MUTATIONS: list[tuple[type | object, str, Callable[..., object], Weather]] = [
    (ledger.Ledger, "_mark", _marks_twice_count_twice, CALM),
    (outbox.Outbox, "send", _commits_before_uploads, CALM),
    (inputs.Inputs, "fetched", _forgets_who_waits, CALM),
    (readiness.Readiness, "hear", _hears_twice, CALM),
    (machine.Worker, "announce", _never_announces, DEATHS),
    (consumers, "needed_elsewhere", _keeps_results, CALM),
    (leaving.Leaving, "rest", _leaves_early, CALM),
    (desk.Desk, "again", _never_again, Weather(fails=0.2)),
    (leaving.Leaving, "_look", _never_looks, Weather(lost=0.3)),
    (thrift.Thrift, "_is_needed", _needs_nothing, CALM),
    (thrift.Thrift, "_let_go", _keeps_all, CALM),
    (recovery, "least_set", _runs_all_again, DEATHS),
]


@pytest.mark.parametrize(
    ("owner", "name", "mutant", "weather"), MUTATIONS, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_broken_machine_is_caught(owner: object, name: str, mutant: Callable[..., object], weather: Weather) -> None:
    with patch.object(owner, name, mutant):
        assert _caught(weather), f"nobody noticed: {mutant.__doc__}"
    assert not _caught(weather), "the machine as it is must pass the same worlds"
