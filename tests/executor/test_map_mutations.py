"""Map nodes, machine by machine: what breaks is noticed, what is too long is refused, and all of it is tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from unittest.mock import patch

import pytest

from executor.view import make_view
from executor.worker import client, lanes, ledger, machine, readiness
from executor.worker.client import Client
from executor.worker.desk import MachineError
from executor.worker.events import (
    CompletedElsewhere,
    Executed,
    Fetched,
    News,
    Started,
    TimerFired,
    WorkerEvent,
)
from executor.worker.instructions import AnyInstruction, Commit, Entry, Execute, Exit, SetTimer
from executor.worker.ledger import Ledger
from executor.worker.machine import Worker
from executor.worker.view import VOID, View, marker_of
from planners.registry import make_planner
from platforms import Platform
from tests.executor.cases import IDEAL, PATIENT
from tests.executor.test_maps import mapped_view
from tests.executor.world import Weather, World
from workloads import load_workflow

WORLDS = 300


def _caught(weather: Weather) -> bool:
    for seed in range(WORLDS):
        rng, view, widths = mapped_view(seed, is_calm=not (weather.fails or weather.lost))
        try:
            World(view, rng, weather, widths=widths).run().check_end()
        except (AssertionError, MachineError, KeyError, IndexError, ValueError):
            return True
    return False


def _tells_nobody(self: Ledger, splitter: int, told: set[int]) -> list[News]:
    """Live workers hear nothing of void lanes."""
    return []


def _marks_nothing(self: Ledger, splitter: int) -> list[int]:
    """Void lanes stay tasks to come."""
    return []


def _learns_nothing(self: lanes.Lanes, state: object) -> bool:
    """What the ledger says of void tasks is not understood."""
    return False


def _waits_on(self: readiness.Readiness, tasks: list[int]) -> tuple[int, ...]:
    """Void tasks are waited for."""
    return ()


def _has_all(self: lanes.Lanes, task: int) -> tuple[int, ...]:
    """A splitter has made every item there could be."""
    return self._machine.view.outputs[task]


def _hears_no_width(self: machine.Worker, event: CompletedElsewhere) -> None:
    """Messages about widths are not understood."""


def _goes_on_with_all(self: lanes.Lanes, task: int) -> tuple[int, ...]:
    """Void children are children."""
    return self._machine.view.children[task]


def _waits_for_every_goal(self: Client, event: CompletedElsewhere) -> None:
    """The client takes word of a width for word of a goal."""
    self.open_goals.discard(event.task)
    self._look_whether_done()


CALM, DEATHS = Weather(), Weather(kills=3)
MUTATIONS: list[tuple[type, str, Callable[..., object], Weather]] = [
    (ledger.Ledger, "_news_of_width", _tells_nobody, CALM),
    (ledger.Ledger, "_void", _marks_nothing, CALM),
    (lanes.Lanes, "learn", _learns_nothing, CALM),
    (readiness.Readiness, "skip", _waits_on, CALM),
    (lanes.Lanes, "made", _has_all, CALM),
    (lanes.Lanes, "children", _goes_on_with_all, CALM),
]


@pytest.mark.parametrize(("owner", "name", "mutant", "weather"), MUTATIONS, ids=lambda x: getattr(x, "__name__", ""))
def test_a_broken_machine_is_caught(owner: type, name: str, mutant: Callable[..., object], weather: Weather) -> None:
    with patch.object(owner, name, mutant):
        assert _caught(weather), f"nobody noticed: {mutant.__doc__}"
    assert not _caught(weather)


@pytest.mark.parametrize(
    ("handlers", "event", "mutant"),
    [
        (machine._HANDLERS, CompletedElsewhere, _hears_no_width),
        (client._HANDLERS, CompletedElsewhere, _waits_for_every_goal),
    ],
)
def test_word_of_a_width_has_to_be_heard(handlers: dict[type, object], event: type, mutant: object) -> None:
    with patch.dict(handlers, {event: mutant}):
        assert _caught(CALM)


def _view(platform: Platform = IDEAL) -> View:
    """A splitter (0), two lanes (1 and 2) and a join (3), all on one worker."""
    workflow = load_workflow("gen:map,width=0..2")
    return make_view(workflow, make_planner("all-on-one").plan(workflow, platform), platform)


def test_a_list_that_is_too_long_fails_its_run_again_and_again() -> None:
    worker = Worker(_view(PATIENT), 0, 1)
    out, runs = worker.handle(Started(0, (0,), ((),))), 0
    while not isinstance(out[-1], Exit):
        [given] = [each for each in out if isinstance(each, Execute | SetTimer)]
        runs += isinstance(given, Execute)
        event: WorkerEvent = Executed(0, given.op, 3) if isinstance(given, Execute) else TimerFired(0, given.op)
        out = worker.handle(event)
    assert runs == 4
    assert out[-1] == Exit(
        "failed",
        "its run failed 4 times, the last time: its list has 3 items, 2 at most fit its map node, "
        "whose most can be raised",
        0,
    )


def test_a_driver_that_tells_no_width_is_told() -> None:
    worker = Worker(_view(), 0, 1)
    [run] = [each for each in worker.handle(Started(0, (0,), ((),))) if isinstance(each, Execute)]
    with pytest.raises(MachineError, match="must tell how long its list is"):
        worker.handle(Executed(0, run.op))


def test_a_width_is_committed_at_once_and_a_join_of_nothing_runs_on_nothing() -> None:
    worker = Worker(_view(), 0, 1)
    [run] = [each for each in worker.handle(Started(0, (0,), ((),))) if isinstance(each, Execute)]
    out = worker.handle(Executed(1, run.op, 0))
    [commit] = [each for each in out if isinstance(each, Commit)]
    assert commit.entries == (Entry(0, worker.marker, (), (), 0),)
    [join] = [each for each in out if isinstance(each, Execute)]
    assert join.task == 3
    assert join.absent == (2, 3)


def test_a_width_is_a_fact() -> None:
    """A splitter whose items died is run again; a list of another length is not the committed one."""
    ledger_ = Ledger(_view())
    first, second = marker_of(0, 1), marker_of(0, 2)
    assert ledger_.commit(first, (Entry(0, first, (0,), (), 1),)) == ((), (), False)
    assert ledger_.committed_version(2) == VOID
    ledger_.bury(0, 1)
    assert ledger_.commit(second, (Entry(0, second, (0,), (), 2),)) == ((), (0,), False)
    assert ledger_.commit(second, (Entry(0, second, (0,), (), 1),)) == ((), (), False)
    assert [state.version for state in ledger_.read((0, 1, 2))] == [second, 0, VOID]


def test_all_of_it_is_among_what_is_tried() -> None:
    happened: Counter[str] = Counter()

    class Counting(Worker):
        def handle(self, event: WorkerEvent) -> list[AnyInstruction]:
            before = len(self.needs)
            out = super().handle(event)
            skipped = before - len(self.needs) - sum(isinstance(each, Execute) for each in out)
            happened[type(event).__name__] += skipped > 0 and not isinstance(event, Executed | Fetched)
            happened["absent"] += any(isinstance(each, Execute) and each.absent for each in out)
            return out

    for seed in range(300):
        rng, view, widths = mapped_view(seed)
        world = World(view, rng, Weather(kills=seed % 3, lost=0.2), widths=widths, worker_type=Counting).run()
        world.check_end()
        happened["widths 0"] += 0 in widths.values()
        happened["all"] += any(width == len(view.maps[task].lanes) for task, width in widths.items())
    assert min(happened[each] for each in ("absent", "widths 0", "all", "CompletedElsewhere", "SetsRead")) > 20
