"""The store that fails by a script does what the script says."""

from __future__ import annotations

import pytest

from executor.store.store import WHOLE, Store, StoreError
from tests.executor_store.faulty import FaultyStore, Script
from tests.executor_store.places import listening


def failures(store: Store, script: Script) -> list[int]:
    """Which of many puts fail."""
    faulty = FaultyStore(store, script)
    failed = []
    for number in range(50):
        try:
            faulty.objects.put(number, 1, WHOLE, b"")
        except StoreError:
            failed.append(number)
    assert faulty.counts["failed"] + faulty.counts["lost"] == len(failed)
    return failed


def test_the_same_script_fails_in_the_same_way(store: Store) -> None:
    assert 0 < len(failures(store, Script(1, fails=0.3))) < 50
    assert failures(store, Script(1, fails=0.3)) == failures(store, Script(1, fails=0.3))
    assert failures(store, Script(1, fails=0.3)) != failures(store, Script(2, fails=0.3))


def test_what_fails_is_not_done_and_what_is_lost_is(store: Store) -> None:
    faulty = FaultyStore(store, Script(1, fails=1))
    with pytest.raises(StoreError, match="an append failed, as the script says"):
        faulty.log.append(b"never", 0)
    faulty = FaultyStore(store, Script(1, loses=1))
    with pytest.raises(StoreError, match="the answer to an append was lost"):
        faulty.log.append(b"done", 0)
    assert store.log.read(0) == [b"done"]


def test_letters_are_lost_or_come_twice(store: Store) -> None:
    with listening(store, 1) as inbox:
        FaultyStore(store, Script(1, letters_lost=1)).mail.send(1, b"lost")
        FaultyStore(store, Script(1, letters_twice=1)).mail.send(1, b"twice")
        assert [inbox.receive(), inbox.receive()] == [b"twice", b"twice"]


def test_without_faults_it_is_the_store(store: Store) -> None:
    faulty = FaultyStore(store, Script(1))
    faulty.objects.put(1, 1, WHOLE, b"data")
    assert faulty.objects.has(1, 1, WHOLE)
    assert faulty.objects.get(1, 1, WHOLE) == b"data"
    with listening(faulty, 1) as inbox:
        faulty.mail.send(1, b"letter")
        assert inbox.receive() == b"letter"
    assert not any(faulty.counts.values())
    faulty.destroy()
    with pytest.raises(StoreError):
        store.log.read(0)
