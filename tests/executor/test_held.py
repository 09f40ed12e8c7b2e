"""Held outputs, step by step: what the ledger decides, and what the one who holds does about it."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from executor.view import make_view
from executor.worker import events, held, ledger
from executor.worker import instructions as do
from executor.worker.instructions import Entry
from executor.worker.ledger import Ledger
from executor.worker.machine import Worker
from executor.worker.view import View, marker_of
from planners.orders import DelayIO, Orders
from planners.plan import Plan
from tests.executor.cases import IDEAL
from tests.executor.test_flexible_mutations import _binds_nobody, _dead_holders_count, _takes_what_is_others
from workloads import WorkflowBuilder

PATIENCE_NS = 5_000_000_000


def flexible_view(parents: dict[str, list[str]], sizes: dict[str, int], retry_s: float | None = None) -> View:
    """All tasks flexible; each makes one object, of 10 bytes unless said otherwise; everything is held that can be."""
    builder = WorkflowBuilder("joins")
    for name, reads in parents.items():
        builder.add_object(f"{name}.out", sizes.get(name, 10))
        builder.add_task(name, cpu_s=1.0, inputs=[f"{each}.out" for each in reads], outputs=[f"{name}.out"])
    workflow = builder.build()
    n = workflow.n_tasks
    plan = Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=(),
        assignment=(None,) * n,
        flexible_mb=1024,
        priority=tuple(range(n)),
        orders=Orders(delay_io=DelayIO(1, 5.0, retry_s)),
    )
    return make_view(workflow, plan, IDEAL)


def join_view(**sizes: int) -> View:
    """Roots of these sizes, tasks 0, 1, …; the last task joins them."""
    return flexible_view({name: [] for name in sizes} | {"join": list(sizes)}, sizes)


# the ledger -----------------------------------------------------------------------------------------------


def commit(book: Ledger, task: int, *held_for: int, epoch: int = 1) -> tuple[list[int], list[tuple[int, int, int]]]:
    """The task's own worker commits it: (consumers to start, news as (worker, task, parent))."""
    marker = marker_of(task, epoch)
    entries = (Entry(task, marker, (task,) if held_for else (), held_for),)
    answer = book.commit(marker, entries)
    told = book.news(entries)
    assert book.commit(marker, entries) == answer, "asked again, another answer"
    assert set(told) <= set(book.news(entries))
    ready, lost, superseded = answer
    assert not lost
    assert not superseded
    return [each.task for each in ready], [(each.worker, each.task, each.parent) for each in told]


def test_the_largest_stays_and_the_others_are_told() -> None:
    book = Ledger(join_view(a=10, b=30, c=20))
    assert commit(book, 0, 3) == ([], [])
    assert book.read([3])[0].missing == 3
    assert commit(book, 1, 3) == ([], [(0, 3, 0)]), "b is larger, so a need not wait for c"
    assert commit(book, 2, 3) == ([], [(2, 3, 2)]), "nor c for anybody; a has been told"
    assert commit(book, 0) == ([], [])
    assert commit(book, 2) == ([], [(1, 3, -1)]), "now b is alone, and owns it"
    state = book.read([3])[0]
    assert (state.missing, state.owner) == (0, marker_of(1, 1))


def test_of_equals_the_earlier_task_stays() -> None:
    book = Ledger(join_view(a=10, b=10))
    commit(book, 1, 2)
    assert commit(book, 0, 2) == ([], [(1, 2, 1)])
    assert commit(book, 1) == ([], [(0, 2, -1)])


def test_who_holds_and_comes_last_owns_at_once() -> None:
    book = Ledger(join_view(a=10, b=30))
    commit(book, 0)
    assert commit(book, 1, 2) == ([2], [])


def test_nobody_owns_a_join_while_somebody_is_neither_marked_nor_held() -> None:
    book = Ledger(join_view(a=10, b=30, c=20))
    commit(book, 1, 3)
    assert commit(book, 0) == ([], [])
    assert book.read([3])[0].missing == 2


def test_the_held_mark_of_a_dead_epoch_is_as_good_as_none() -> None:
    _dead_holder()
    with patch.object(ledger.Ledger, "_settle", _dead_holders_count), pytest.raises(AssertionError):
        _dead_holder()


def _dead_holder() -> None:
    book = Ledger(join_view(a=10, b=30))
    commit(book, 1, 2)
    book.bury(1, 1)
    assert commit(book, 0) == ([], [])
    assert book.read([2])[0].missing == 1
    book.commit(marker_of(1, 2), (Entry(1, marker_of(1, 2), ()),))
    assert book.read([2])[0].missing == 0


def test_a_later_epoch_of_a_holder_marks_and_owns() -> None:
    book = Ledger(join_view(a=10, b=30))
    commit(book, 1, 2)
    commit(book, 0)
    book.bury(1, 1)
    marker = marker_of(1, 2)
    ready, lost, _ = book.commit(marker, (Entry(1, marker, ()),))
    assert not lost, "what the dead one kept is gone, so it may be committed again"
    assert [each.task for each in ready] == [2]


def test_a_join_that_ran_leaves_no_edge_open() -> None:
    """Nobody is told of what a worker that sleeps holds; when the join is committed, the edges are marked."""
    view = flexible_view({"a": [], "b": [], "join": ["a", "b"]}, {}, retry_s=1.0)
    book = Ledger(view)
    commit(book, 1)
    assert commit(book, 0, 2) == ([], [])
    assert book.read([2])[0].missing == 1
    book.commit(marker_of(3, 1), (Entry(2, marker_of(3, 1), ()),))
    assert book.read([2])[0].missing == 0


# the worker -----------------------------------------------------------------------------------------------


class Script:
    """One machine, told what happens: operations are named by the kind of instruction, the oldest first."""

    def __init__(self, view: View, task: int) -> None:
        self.machine = Worker(view, view.n_workers + task, 1)
        self.open: list[do.AnyInstruction] = []
        self.tell(events.Started(0, (task,), ((0,) * len(view.parents[task]),)))

    def tell(self, event: events.WorkerEvent) -> list[do.AnyInstruction]:
        out = self.machine.handle(event)
        self.open += out
        return out

    def end(self, kind: type[do.AnyInstruction], event: type, *args: object) -> list[do.AnyInstruction]:
        instruction = next(each for each in self.open if isinstance(each, kind))
        self.open.remove(instruction)
        return self.tell(event(0, getattr(instruction, "op"), *args))  # noqa: B009

    def sets(self, *states: events.SetState) -> list[do.AnyInstruction]:
        return self.end(do.ReadSets, events.SetsRead, states, False)

    def committed(self, *ready: events.Ready) -> list[do.AnyInstruction]:
        return self.end(do.Commit, events.Committed, ready, (), False)


def state(task: int, missing: int, owner: int = 0, versions: tuple[int, ...] = ()) -> events.SetState:
    return events.SetState(task, missing, 0, (), owner, versions)


def entries(instructions: list[do.AnyInstruction]) -> list[tuple[int, tuple[int, ...], tuple[int, ...]]]:
    """(task, what is kept, for whom it is held) of all that is committed."""
    commits = [each for each in instructions if isinstance(each, do.Commit)]
    return [(entry.task, entry.kept, entry.held) for each in commits for entry in each.entries]


def test_it_commits_with_a_held_mark_and_sets_its_patience() -> None:
    script = Script(join_view(a=10, b=30), 0)
    script.end(do.Execute, events.Executed)
    out = script.sets(state(2, 2))
    assert entries(out) == [(0, (0,), (2,))]
    assert [each.delay_ns for each in out if isinstance(each, do.SetTimer)] == [PATIENCE_NS]
    assert script.committed() == [], "it waits, and does not leave"


def test_wanted_it_uploads_marks_and_leaves() -> None:
    script = Script(join_view(a=10, b=30), 0)
    script.end(do.Execute, events.Executed)
    script.sets(state(2, 2))
    assert script.tell(events.Wanted(0, 2, 0)) == [], "one thing at a time: its commit is under way"
    assert [each.object for each in script.committed() if isinstance(each, do.Upload)] == [0]
    assert script.tell(events.Wanted(0, 2, 0)) == [], "a message may come twice"
    assert entries(script.end(do.Upload, events.Uploaded)) == [(0, (), ())]
    assert [type(each) for each in script.committed()] == [do.Exit]


def test_told_that_the_join_is_its_own_it_goes_on() -> None:
    script = Script(join_view(a=10, b=30), 1)
    script.end(do.Execute, events.Executed)
    script.sets(state(2, 2))
    script.committed()
    out = script.tell(events.TaskReady(0, 2, (marker_of(0, 1), marker_of(1, 1))))
    assert [each.object for each in out if isinstance(each, do.Fetch)] == [0], "its own is here"
    assert script.tell(events.TaskReady(0, 2, (marker_of(0, 1), marker_of(1, 1)))) == []


def test_a_join_of_somebody_else_is_left_alone() -> None:
    _another_owns()
    with patch.object(held.Held, "_is_ours", _takes_what_is_others), pytest.raises(AssertionError):
        _another_owns()


def _another_owns() -> None:
    """It looks, and is told to upload meanwhile; the answer comes late, when the other one owns the join."""
    script = Script(join_view(a=10, b=30), 0)
    script.end(do.Execute, events.Executed)
    script.sets(state(2, 2))
    script.committed()
    script.end(do.SetTimer, events.TimerFired)
    script.tell(events.Wanted(0, 2, 0))
    script.end(do.Upload, events.Uploaded)
    assert script.sets(state(2, 0, owner=marker_of(1, 1), versions=(1, 1))) == []


def test_patience_comes_to_an_end() -> None:
    script = Script(join_view(a=10, b=30), 0)
    script.end(do.Execute, events.Executed)
    script.sets(state(2, 2))
    script.committed()
    assert [type(each) for each in script.end(do.SetTimer, events.TimerFired)] == [do.ReadSets]
    assert [type(each) for each in script.sets(state(2, 2))] == [do.Upload]


def test_edges_of_a_join_that_runs_here_stay_open() -> None:
    _two_edges()
    with patch.object(held.Held, "goes_on_with", _binds_nobody), pytest.raises(AssertionError):
        _two_edges()


def _two_edges() -> None:
    """T is read by u, j and k, u by j. Both of j's inputs are here, so it runs here; t is uploaded, for k.

    Were the edge from t to j marked then, while u is not committed, and did this worker die, then whoever runs u again
    would take j's other input for stored.
    """
    view = flexible_view({"t": [], "x": [], "u": ["t"], "j": ["t", "u"], "k": ["t", "x"]}, {})
    t, u, j, k = 0, 2, 3, 4
    script = Script(view, t)
    script.end(do.Execute, events.Executed)
    assert entries(script.sets(state(j, 2), state(k, 2))) == [(t, (t,), (j, k))]
    script.committed()
    script.end(do.Execute, events.Executed)
    assert [each.task for each in script.sets(state(j, 2)) if isinstance(each, do.Execute)] == [j]
    script.end(do.SetTimer, events.TimerFired)
    script.sets(state(k, 2))
    assert entries(script.end(do.Upload, events.Uploaded)) == [(t, (), (j,))]
    out = script.end(do.Execute, events.Executed)
    assert [each.object for each in out if isinstance(each, do.Upload)] == [j]
    assert entries(script.end(do.Upload, events.Uploaded)) == [(u, (u,), (j,)), (j, (), ())]


def test_to_sleep_and_look_grows_longer_until_patience_ends() -> None:
    """1, 2 and then 2 s, for five are what it has."""
    script = Script(flexible_view({"a": [], "b": [], "join": ["a", "b"]}, {}, retry_s=1.0), 0)
    script.end(do.Execute, events.Executed)
    script.sets(state(2, 2))
    script.committed()
    sleeps = [each.delay_ns for each in script.open if isinstance(each, do.SetTimer)]
    for _ in range(2):
        script.end(do.SetTimer, events.TimerFired)
        sleeps += [each.delay_ns for each in script.sets(state(2, 2)) if isinstance(each, do.SetTimer)]
    assert sleeps == [1_000_000_000, 2_000_000_000, 2_000_000_000]
    script.end(do.SetTimer, events.TimerFired)
    assert [type(each) for each in script.sets(state(2, 2))] == [do.Upload]


def test_who_sleeps_goes_on_with_what_waits_for_it_alone() -> None:
    script = Script(flexible_view({"a": [], "b": [], "join": ["a", "b"]}, {}, retry_s=1.0), 0)
    script.end(do.Execute, events.Executed)
    script.sets(state(2, 2))
    script.committed()
    script.end(do.SetTimer, events.TimerFired)
    out = script.sets(state(2, 1, versions=(marker_of(0, 1), marker_of(1, 1))))
    assert [each.object for each in out if isinstance(each, do.Fetch)] == [1]


def test_a_later_epoch_holds_nothing_and_hears_of_nothing() -> None:
    view = join_view(a=10, b=30)
    machine = Worker(view, view.n_workers, 2)
    assert machine.handle(events.Started(0, (0,), ((),)))
    assert machine.handle(events.TaskReady(0, 2, (1, 1))) == []
    assert machine.handle(events.Wanted(0, 2, 0)) == []
