"""Tasks that several workers may run: whoever commits first, everybody reads that version, and everybody gets home."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from executor.worker import backups, copies, duplicates, inputs, ledger, outbox, view
from executor.worker.desk import MachineError
from executor.worker.events import SetState
from executor.worker.replay import EventLog, Header
from executor.worker.replay import replay as replay_log
from tests.executor.cases import PATIENT
from tests.executor.copied import copied_view
from tests.executor.test_storms import _weather
from tests.executor.world import Weather, World
from tests.support import is_deep

WORLDS = 100_000 if is_deep() else 2_000
CHUNK = 500
SEEDS = st.integers(0, 2**32)
DEATHS, LOSSES, CALM = Weather(kills=3), Weather(lost=0.3, fails=0.2), Weather()


def live(seed: int, weather: Weather, most: int = 10) -> World:
    """A world with copies, to its end."""
    rng, seen = copied_view(seed, most=most, platform=PATIENT, optimized=seed % 2 == 0)
    world = World(seen, rng, weather).run()
    world.check_end()
    for task in seen.copied:
        assert not world.superseded_commits[task], "a task with copies was committed twice"
    return world


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_nothing_is_lost_in_any_weather(first: int) -> None:
    for seed in range(first, first + CHUNK):
        try:
            live(seed, _weather(seed))
        except Exception as error:
            raise AssertionError(f"world {seed}: {error!r}") from error


@given(SEEDS)
def test_who_comes_second_does_not_fail(seed: int) -> None:
    assert not live(seed, CALM).failures


@pytest.mark.parametrize("seed", range(10))
def test_larger_workflows(seed: int) -> None:
    live(seed, Weather(lost=0.2, fails=0.1, kills=3, false_alarms=2), most=60)


def test_copies_are_among_what_is_tried() -> None:
    """Tasks that are committed by a copy, that are run twice, and that are stopped in time."""
    by_copy = twice = stopped = 0
    for seed in range(200):
        world = live(seed, CALM)
        for task in world.view.copied:
            marker = world.ledger.committed_version(task)
            by_copy += world.view.is_copy(view.split_marker(marker)[0], task)
            twice += world.executions[task] > 1
            stopped += world.executions[task] == 1
    assert min(by_copy, twice, stopped) > 20


@pytest.mark.parametrize("seed", range(30))
def test_what_was_recorded_replays(seed: int) -> None:
    rng, seen = copied_view(seed, platform=PATIENT, optimized=seed % 2 == 0)
    file = BytesIO()
    World(seen, rng, _weather(seed), log=EventLog(file, Header(seen))).run()
    file.seek(0)
    assert replay_log(file) is None


# broken on purpose ----------------------------------------------------------------------------------------


def _takes_any_version(self: ledger.Ledger, entries: object) -> tuple[int, ...]:
    """The ledger lets a second version in."""
    return ()


def _tells_nobody(self: copies.Copies, task: int, version: int) -> None:
    """Whoever hears of another version goes on with its own."""
    self._versions[task] = version


def _believes_itself(self: copies.Copies, task: int) -> bool:
    """What was made counts at once where it was made."""
    if task in self._machine.view.copied:
        self._inputs.local.update(self._machine.view.outputs[task])
    return RAN(self, task)


def _keeps_what_is_void(self: copies.Copies, task: int) -> None:
    """What is void stays in memory, and runs to its end in there."""
    self._void.add(task)
    self._machine.forget(task)
    self._inputs.forget(task)
    self._outbox.forget(task)


def _forgets_its_own(self: copies.Copies, state: SetState) -> None:
    """A later epoch of who ran a copy does not start the consumers of that."""
    if state.version:
        self.told(state.task, state.version)
    self.complete(state.task, state.versions)
    self._duplicates.informed(state.task)


def _fails(self: copies.Copies, event: object) -> bool:
    """Who comes second takes it for a failure."""
    return False


def _does_not_ask(self: backups.Backups, task: int, op: int, pause_ns: int) -> None:
    """A backup is started before its inputs are there for everybody."""
    seen = self._machine.view
    worker = seen.copy_worker(task)
    self._calls.invoke_copy(worker, task, (0,) * len(seen.parents[task]), seen.size_of(worker))


def _does_not_wait(self: duplicates.Duplicates) -> None:
    """A duplicate is begun before its inputs are there."""
    for task in sorted(self._due - self._begun - self._void):
        self._begun.add(task)
        parents = self._machine.view.parents[task]
        self._machine.begin(task, tuple([self._versions.get(parent, 0) for parent in parents]))


def _fetches_all_the_same(self: inputs.Inputs, task: int) -> None:
    """What only a void task wanted is fetched, and the task then run."""


def _commits_all_the_same(self: outbox.Outbox, task: int) -> None:
    """What is void is committed after its upload."""
    self.uncommitted.discard(task)


RARE = 1085
"""A world in which a worker dies between the commit of a copy and the start of its consumers."""
RAN = copies.Copies.ran
MUTATIONS: list[tuple[type, str, Callable[..., object], Weather]] = [
    (ledger.Ledger, "_lost", _takes_any_version, CALM),
    (copies.Copies, "told", _tells_nobody, CALM),
    (copies.Copies, "ran", _believes_itself, CALM),
    (copies.Copies, "_stop", _keeps_what_is_void, CALM),
    (copies.Copies, "learns", _forgets_its_own, DEATHS),
    (copies.Copies, "adopts", _fails, CALM),
    (backups.Backups, "_is_late", _does_not_ask, CALM),
    (duplicates.Duplicates, "_run_one", _does_not_wait, CALM),
    (inputs.Inputs, "forget", _fetches_all_the_same, CALM),
    (outbox.Outbox, "forget", _commits_all_the_same, CALM),
]


def _caught(weather: Weather, worlds: int) -> bool:
    for seed in (RARE, *range(worlds)):
        try:
            world = live(seed, weather)
            if weather is CALM:
                assert not world.failures
        except (AssertionError, MachineError, KeyError, IndexError, ValueError):
            return True
    return False


@pytest.mark.parametrize(
    ("owner", "name", "mutant", "weather"), MUTATIONS, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_broken_machine_is_caught(owner: type, name: str, mutant: Callable[..., object], weather: Weather) -> None:
    with patch.object(owner, name, mutant):
        assert _caught(weather, 3_000), f"nobody noticed: {mutant.__doc__}"


def test_edges_of_a_task_with_copies_are_marked_even_at_home() -> None:
    """Were they taken for local, a child would wait for ever for a task that is done elsewhere."""
    for seed in range(300):
        rng, seen = copied_view(seed, platform=PATIENT)
        try:
            World(replace(seen, copied=frozenset()), rng).run().check_end()
        except (AssertionError, KeyError):
            return
    raise AssertionError("nobody noticed")
