"""Early calls and streams in the machines: broken on purpose, replayed, and seen to happen in the random worlds."""

from __future__ import annotations

import io
from collections.abc import Callable
from unittest.mock import patch

import pytest

from executor.worker import calls, streams
from executor.worker.calls import Calls
from executor.worker.desk import Desk, MachineError
from executor.worker.events import Offered
from executor.worker.instructions import Invoke
from executor.worker.replay import EventLog, Header, replay
from executor.worker.retry import Retry
from tests.executor.cases import PATIENT, random_view
from tests.executor.world import Weather, World

WORLDS = 1500
CALM, FAILS, DEATHS = Weather(), Weather(fails=0.2, lost=0.2), Weather(fails=0.1, kills=3, false_alarms=2)


def _caught(weather: Weather, worlds: int = WORLDS) -> bool:
    for seed in range(worlds):
        rng, view = random_view(seed, platform=PATIENT, optimized=True)
        if not view.streams:
            continue
        try:
            World(view, rng, weather).run().check_end()
        except (AssertionError, MachineError, KeyError, IndexError, ValueError):
            return True
    return False


def _takes_any_version(self: streams.Streams, parent: int, version: int) -> None:
    """Whatever version was committed, what was read of another one counts."""
    flow = self._flows.get(parent)
    self._committed[parent] = version
    if version and flow and not (flow.is_void or flow.is_committed):
        flow.is_committed = True
        for found in sorted(flow.here):
            self._has(found)
        flow.here.clear()
        self._settle(parent)


def _counts_at_once(self: streams.Streams, task: int) -> bool:
    """A run ahead is sent before it is known to count."""
    self._ahead.pop(task, None)
    return False


def _never_resumes(self: streams.Streams) -> None:
    """What waited for the end of a run in vain is forgotten."""


def _has_and_tells_nobody(self: streams.Streams, found: int) -> None:
    """Who waits for a streamed object does not hear that it has come."""
    self._inputs.arrived(found)


def _ignores_failures(self: streams.Streams, op: int) -> bool:
    """A stream that breaks is tried again like anything else."""
    return False


def _offers_everything(self: streams.Streams, event: Offered) -> None:
    """Every offer is taken up, however late and however often."""
    if event.version:
        self._open(event.parent, event.version)


def _runs_on_what_is_missing(self: streams.Streams, task: int) -> tuple[int, ...]:
    """Begins as soon as there is a stream, whatever else is missing."""
    view, flows = self._reader.view, self._flows
    if not any(parent in flows for parent in view.reads_ahead[task]):
        return ()
    return tuple([flows[parent].version if parent in flows else 1 for parent in view.parents[task]])


def _hands_over(self: calls.Calls, worker: int, task: int, memory_mb: int) -> None:
    """An early call says that its task is ready."""
    self.invoke(worker, 1, task, (), memory_mb)


MUTATIONS: list[tuple[type, str, Callable[..., object], Weather]] = [
    (streams.Streams, "_note", _takes_any_version, DEATHS),
    (streams.Streams, "ran", _counts_at_once, CALM),
    (streams.Streams, "_resume", _never_resumes, DEATHS),
    (streams.Streams, "_has", _has_and_tells_nobody, CALM),
    (streams.Streams, "failed", _ignores_failures, FAILS),
    (streams.Streams, "offered", _offers_everything, FAILS),
    (streams.Streams, "_assumed", _runs_on_what_is_missing, CALM),
    (calls.Calls, "call_early", _hands_over, CALM),
]


@pytest.mark.parametrize(("owner", "name", "mutant", "weather"), MUTATIONS, ids=[m[2].__name__ for m in MUTATIONS])
def test_a_broken_machine_is_caught(owner: type, name: str, mutant: Callable[..., object], weather: Weather) -> None:
    with patch.object(owner, name, mutant):
        assert _caught(weather), f"nobody noticed: {mutant.__doc__}"


@pytest.mark.parametrize("weather", [CALM, FAILS, DEATHS], ids=["calm", "fails", "deaths"])
def test_the_machine_as_it_is_passes_the_same_worlds(weather: Weather) -> None:
    assert not _caught(weather, WORLDS // 3)


@pytest.mark.parametrize("is_wanted", [True, False])
def test_an_early_call_that_is_given_up_leaves_the_usual_one(is_wanted: bool) -> None:
    """Two attempts: the early call is refused twice; the call it stands for, asked for meanwhile or after, is made."""
    desk = Desk(Retry(2, 0, 1.0, 0), 1)
    made = Calls(desk, 1, Retry(2, 0, 1.0, 0), 1)
    made.call_early(7, 3, 1024)
    made.call_early(7, 4, 1024)
    if is_wanted:
        made.invoke(7, 1, 3, (5,), 1024)
    assert desk.out == [Invoke(1, 7, 1, 3, (), 1024, is_early=True)]
    assert made.failed(1) is None
    desk.fired(2)
    assert made.failed(3) is None
    if not is_wanted:
        made.invoke(7, 1, 3, (5,), 1024)
    assert desk.out[-1] == Invoke(4, 7, 1, 3, (5,), 1024)
    made.accepted(4)
    made.call_early(7, 3, 1024)
    made.invoke(7, 1, 3, (5,), 1024)
    assert desk.idle


def test_nothing_begins_on_a_stream_that_broke() -> None:
    """Of two streams of a task one was broken, and another task still ran on that: one world in 50,000."""
    rng, view = random_view(64_260, platform=PATIENT, optimized=True)
    World(view, rng, Weather(lost=0.3, fails=0.3)).run().check_end()


def test_runs_ahead_are_among_what_is_tried() -> None:
    """Some of them count, and some were in vain."""
    begun = ended = 0
    for seed in range(400):
        rng, view = random_view(seed, platform=PATIENT, optimized=True)
        world = World(view, rng, Weather(lost=0.1, kills=seed % 3)).run()
        begun, ended = begun + world.ahead, ended + world.ahead_used
    assert begun > ended > 20


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_logs_replay(first: int) -> None:
    for seed in range(first, first + 50):
        rng, view = random_view(seed, platform=PATIENT, optimized=True)
        file = io.BytesIO()
        weather = Weather(lost=0.1, fails=0.1, kills=seed % 3)
        World(view, rng, weather, log=EventLog(file, Header(view))).run().check_end()
        file.seek(0)
        assert replay(file) is None
