"""The ledger: first commit, first marker, first owner; asking again changes nothing."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from executor.view import make_view
from executor.worker.instructions import Entry
from executor.worker.ledger import Ledger
from executor.worker.view import View, marker_of
from planners.plan import Plan, PlannedWorker
from tests.executor.cases import IDEAL
from workloads import WorkflowBuilder


def diamond(assignment: tuple[int | None, ...] = (0, 1, 2, 3)) -> View:
    """A → (B, C) → D, each on a worker of its own unless said otherwise."""
    builder = WorkflowBuilder("diamond")
    for name in "abcd":
        builder.add_object(name, 1)
    builder.add_task("A", outputs=["a"], cpu_s=1)
    builder.add_task("B", inputs=["a"], outputs=["b"], cpu_s=1)
    builder.add_task("C", inputs=["a"], outputs=["c"], cpu_s=1)
    builder.add_task("D", inputs=["b", "c"], outputs=["d"], cpu_s=1)
    workflow = builder.build()
    named = sorted({w for w in assignment if w is not None})
    plan = Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=tuple(PlannedWorker(f"w{i}", 1024) for i in named),
        assignment=assignment,
        flexible_mb=1024 if None in assignment else None,
        priority=(0, 1, 2, 3),
    )
    return make_view(workflow, plan, IDEAL)


def commit(ledger: Ledger, task: int, worker: int, epoch: int = 1) -> tuple[list[int], tuple[int, ...], bool]:
    marker = marker_of(worker, epoch)
    ready, lost, superseded = ledger.commit(marker, (Entry(task, marker, True),))
    return [r.task for r in ready], lost, superseded


def test_the_marker_of_the_last_edge_owns_the_consumer() -> None:
    ledger = Ledger(diamond())
    assert commit(ledger, 0, 0) == ([1, 2], (), False)
    assert commit(ledger, 2, 2) == ([], (), False)
    assert commit(ledger, 1, 1) == ([3], (), False)
    state = ledger.read([3])[0]
    assert (state.missing, state.owner) == (0, marker_of(1, 1))
    assert state.versions == (marker_of(1, 1), marker_of(2, 1))


def test_the_first_commit_wins() -> None:
    ledger = Ledger(diamond((None,) * 4))
    assert commit(ledger, 0, 4)[1:] == ((), False)
    assert commit(ledger, 0, 9) == ([], (0,), False)
    assert ledger.committed_version(0) == marker_of(4, 1)


def test_a_request_holds_as_a_whole_or_not_at_all() -> None:
    ledger = Ledger(diamond((None,) * 4))
    commit(ledger, 0, 4)
    other = marker_of(9, 1)
    assert ledger.commit(other, (Entry(0, other, True), Entry(1, other, True)))[1] == (0,)
    assert ledger.committed_version(1) == 0


def test_a_superseded_epoch_can_do_nothing() -> None:
    ledger = Ledger(diamond())
    ledger.bury(0, 1)
    assert commit(ledger, 0, 0) == ([], (), True)
    assert ledger.committed_version(0) == 0
    assert ledger.subscribe(marker_of(0, 1), [0]) == ((), False)
    assert commit(ledger, 0, 0, epoch=2) == ([1, 2], (), False)


def test_a_later_epoch_inherits_what_a_dead_one_owned() -> None:
    ledger = Ledger(diamond())
    first = marker_of(0, 1)
    ledger.commit(first, (Entry(0, first, True),))
    ledger.bury(0, 1)
    ready, lost, _ = ledger.commit(marker_of(0, 2), (Entry(0, first, True),))
    assert [r.task for r in ready] == [1, 2]
    assert not lost


def test_a_released_worker_is_invoked_and_a_live_one_told() -> None:
    ledger = Ledger(diamond())
    marker = marker_of(3, 1)
    assert not ledger.subscribe(marker, [3])[1]
    commit(ledger, 0, 0)
    assert ledger.release(marker, [3])
    ledger.commit(marker_of(1, 1), (Entry(1, marker_of(1, 1), True),))
    ready = ledger.commit(marker_of(2, 1), (Entry(2, marker_of(2, 1), True),))[0]
    assert [(r.worker, r.live, r.epoch) for r in ready] == [(3, False, 2)]
    sets, released = ledger.subscribe(marker_of(3, 2), [3])
    assert released
    assert [(state.task, state.missing) for state in sets] == [(3, 0)]
    assert not ledger.release(marker_of(3, 2), [3]), "a complete task keeps its worker"


@given(st.integers(0, 2**32))
def test_repeating_any_request_changes_nothing(seed: int) -> None:
    rng = Random(seed)
    once, often = Ledger(diamond((None,) * 4)), Ledger(diamond((None,) * 4))
    done: list[tuple[int, tuple[Entry, ...]]] = []
    for task in (0, *rng.sample([1, 2], 2), 3):
        marker = marker_of(4 + task, 1)
        entries = (Entry(task, marker, True),)
        answer = once.commit(marker, entries)
        assert often.commit(marker, entries) == answer
        done.append((marker, entries))
        for again in rng.choices(done, k=3):
            often.commit(*again)
        assert often.read(range(4)) == once.read(range(4))
