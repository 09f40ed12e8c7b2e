"""Replicas answer as the one ledger does, whoever asks where and when."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from executor.store.replica import Replica
from executor.store.store import Store, StoreError
from executor.worker.ledger import Ledger
from executor.worker.view import View
from tests.executor.cases import random_view
from tests.executor_store.faulty import FaultyStore, Script
from tests.executor_store.hand import result, start
from tests.executor_store.memory import MemoryLog
from tests.executor_store.places import Place
from tests.executor_store.requests import Asked, Told, ask, is_logged, random_asked, told_by, worker_of, workers_of

MANY_WORKERS = (5, 6, 0, 11)
"""Seeds of views in which many may ask; in that of 6 outputs are held back."""


@given(st.integers(0, 10**9), st.booleans())
def test_replicas_answer_as_one_ledger(number: int, optimized: bool) -> None:
    """Any of three replicas of one log is asked; the one ledger hears of everything at once."""
    rng, view = random_view(number, optimized=optimized)
    log = MemoryLog()
    replicas = [Replica(view, log) for _ in range(3)]
    one = Replica(view, MemoryLog())
    for _ in range(25):
        asked = random_asked(rng, view, workers_of(view))
        assert ask(rng.choice(replicas), asked) == ask(one, asked)
    late = Replica(view, log)
    tasks = tuple(range(len(view.parents)))
    assert [replica.read(tasks) for replica in (*replicas, late)] == [one.read(tasks)] * 4


@given(st.integers(0, 10**9), st.booleans())
def test_what_one_replica_says_is_what_the_ledger_says(number: int, optimized: bool) -> None:
    rng, view = random_view(number, optimized=optimized)
    log = MemoryLog()
    replica = Replica(view, log)
    told = []
    for _ in range(25):
        asked = random_asked(rng, view, workers_of(view))
        answer = ask(replica, asked)
        if is_logged(asked):
            told.append(answer)
    assert told == [answer for _, answer in told_by(view, log.read(0))]


def test_the_methods_say_what_the_answers_say() -> None:
    _, view = random_view(3)
    replica, ledger = Replica(view, MemoryLog()), Ledger(view)
    asked = random_asked(Random(1), view, [0])
    tasks = tuple(range(len(view.parents)))
    assert replica.subscribe(asked.marker, tasks) == ledger.subscribe(asked.marker, tasks)
    assert replica.read(tasks) == ledger.read(tasks)
    assert replica.release(asked.marker, ()) == ledger.release(asked.marker, ()) is True
    replica.bury(0, 5)
    assert replica.superseded(asked.marker)
    assert replica.commit(asked.marker, ()) == ((), (), True, ())


@pytest.mark.parametrize("seed", MANY_WORKERS)
def test_many_threads_ask_one_replica(store: Store, seed: int) -> None:
    """Answers of the log overtake one another; each who asked gets what came of the own request."""
    rng, view = random_view(seed, optimized=True)
    slow = FaultyStore(store, Script(seed, delays=0.5))
    replica, other = Replica(view, slow.log), Replica(view, slow.log)
    shares = shares_of(rng, view, 4)
    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(lambda share: [ask(rng.choice((replica, other)), asked) for asked in share], shares))
    check_answers(view, store.log.read(0), shares, told)
    assert replica._asking == replica._outcomes == {}, "something is remembered for ever"


@pytest.mark.parametrize("seed", MANY_WORKERS[:2])
def test_processes_ask_their_replicas(store: Store, place: Place, tmp_path: Path, seed: int) -> None:
    rng, view = random_view(seed, optimized=True)
    shares = shares_of(rng, view, 2)
    (tmp_path / "view").write_bytes(msgpack.encode(view))
    hands = []
    for number, share in enumerate(shares):
        (tmp_path / f"{number}").write_bytes(msgpack.encode(share))
        hands.append(start("request", place, tmp_path / "view", tmp_path / f"{number}"))
    told = [msgpack.decode(result(hand), type=list[Told]) for hand in hands]
    check_answers(view, store.log.read(0), shares, told)


def shares_of(rng: Random, view: View, n: int) -> list[list[Asked]]:
    """Requests of workers, each of which asks in one place only."""
    workers = workers_of(view)
    return [[random_asked(rng, view, workers[number::n]) for _ in range(60)] for number in range(n)]


def check_answers(view: View, log: list[bytes], shares: list[list[Asked]], told: list[list[Told]]) -> None:
    """Each who asked was told what the one ledger says at that place of the log."""
    logged = told_by(view, log)
    for number, (share, answers) in enumerate(zip(shares, told, strict=True)):
        own = [answer for asked, answer in zip(share, answers, strict=True) if is_logged(asked)]
        assert own == [answer for request, answer in logged if worker_of(request) % len(shares) == number]


@pytest.mark.parametrize("seed", MANY_WORKERS)
def test_what_may_have_been_done_can_be_asked_again(store: Store, seed: int) -> None:
    """Requests fail, or their answers are lost; asked until there is an answer, all ends as if nothing had happened."""
    rng, view = random_view(seed)
    faulty = FaultyStore(store, Script(seed, fails=0.2, loses=0.2))
    replica, one = Replica(view, faulty.log), Replica(view, MemoryLog())
    for _ in range(30):
        asked = random_asked(rng, view, workers_of(view))
        while True:
            try:
                told = ask(replica, asked)
                break
            except StoreError:
                continue
        assert told == ask(one, asked)
    assert min(faulty.counts["failed"], faulty.counts["lost"]) > 0


def test_an_entry_that_is_no_request_is_told() -> None:
    _, view = random_view(1)
    log = MemoryLog()
    log.append(b"\xc1", 0)
    with pytest.raises(StoreError, match="entry 1 of the request log is no request"):
        Replica(view, log).read((0,))
