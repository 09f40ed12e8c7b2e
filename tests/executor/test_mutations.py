"""Machines broken on purpose: the checks must notice each.

Every mutation is a small, plausible mistake. A mutation is caught if some of the random worlds fails, in an
assertion of the world, an invariant, or the machine's own refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest

from executor.worker import consumers, inputs, leaving, ledger, machine, outbox
from executor.worker.desk import MachineError
from executor.worker.instructions import Entry
from tests.executor.cases import random_view
from tests.executor.world import Weather, World

WORLDS = 150


def _caught(kills: int = 0) -> bool:
    for seed in range(WORLDS):
        rng, view = random_view(seed)
        try:
            World(view, rng, Weather(kills=kills)).run().check_end()
        except (AssertionError, MachineError, KeyError, IndexError, ValueError):
            return True
    return False


def _marks_twice_count_twice(self: ledger.Ledger, task: int, marker: int, ready: list[object]) -> None:
    """Counters instead of sets: a repeated commit marks again."""
    for child in self._view.children[task]:
        self._missing[child] -= 1
        if not self._missing[child] and (found := self._to_start(child, marker)):
            ready.append(found)


def _commits_before_uploads(self: outbox.Outbox, task: int, objects: tuple[int, ...]) -> None:
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


def _hears_twice(self: machine.Worker, task: int, versions: tuple[int, ...]) -> None:
    """Takes a second notification for a second task."""
    needs = self.needs.get(task)
    if needs is None or needs == 0:
        self._begin(task, versions)
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


MUTATIONS: list[tuple[type | object, str, Callable[..., object], int]] = [
    (ledger.Ledger, "_mark", _marks_twice_count_twice, 0),
    (outbox.Outbox, "send", _commits_before_uploads, 0),
    (inputs.Inputs, "fetched", _forgets_who_waits, 0),
    (machine.Worker, "hear", _hears_twice, 0),
    (machine.Worker, "announce", _never_announces, 3),
    (consumers, "needed_elsewhere", _keeps_results, 0),
    (leaving.Leaving, "rest", _leaves_early, 0),
]


@pytest.mark.parametrize(
    ("owner", "name", "mutant", "kills"), MUTATIONS, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_broken_machine_is_caught(owner: object, name: str, mutant: Callable[..., object], kills: int) -> None:
    with patch.object(owner, name, mutant):
        assert _caught(kills), f"nobody noticed: {mutant.__doc__}"
    assert not _caught(kills), "the machine as it is must pass the same worlds"
