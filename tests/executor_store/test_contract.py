"""What every store promises, whatever it is made of."""

from __future__ import annotations

from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executor.store.opening import open_store
from executor.store.store import INITIAL_VERSION, WHOLE, Missing, Refused, Store, StoreError
from executor.worker.instructions import CLIENT
from executor.worker.view import marker_of
from tests.executor_store.places import KEY, Place, listening

PATIENCE_S = 60
LARGE = bytes(range(256)) * 40_000

same_store = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

# objects ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\r\n$5\r\n", b"x" * 65_536, LARGE], ids=["none", "odd", "some", "much"])
def test_what_was_put_is_got(store: Store, data: bytes) -> None:
    store.objects.put(7, INITIAL_VERSION, WHOLE, data)
    assert store.objects.has(7, INITIAL_VERSION, WHOLE)
    assert store.objects.get(7, INITIAL_VERSION, WHOLE) == data


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_all_kinds_of_bytes_can_be_put(store: Store, kind: type) -> None:
    store.objects.put(1, 1, WHOLE, kind(LARGE))
    assert store.objects.get(1, 1, WHOLE) == LARGE


def test_what_was_not_put_is_missing(store: Store) -> None:
    assert not store.objects.has(7, 1, WHOLE)
    with pytest.raises(Missing, match="object 7"):
        store.objects.get(7, 1, WHOLE)


def test_objects_are_told_apart_by_number_version_and_chunk(store: Store) -> None:
    keys = [
        (found, version, chunk) for found in (0, 1, 11) for version in (1, marker_of(10**7, 11)) for chunk in (0, 1, 11)
    ]
    for key in keys:
        store.objects.put(*key, repr(key).encode())
    assert [store.objects.get(*key) for key in keys] == [repr(key).encode() for key in keys]


def test_an_object_can_be_put_again(store: Store) -> None:
    store.objects.put(7, 1, WHOLE, b"same")
    store.objects.put(7, 1, WHOLE, b"same")
    assert store.objects.get(7, 1, WHOLE) == b"same"


@same_store
@given(st.binary(max_size=300))
def test_any_bytes_can_be_put(store: Store, data: bytes) -> None:
    store.objects.put(3, 3, WHOLE, data)
    assert store.objects.get(3, 3, WHOLE) == data


# the log ------------------------------------------------------------------------------------------------------


def test_entries_come_in_one_order_the_own_one_last(store: Store, place: Place) -> None:
    with place.open() as other:
        assert store.log.append(b"a", 0) == [b"a"]
        assert other.log.append(b"b", 0) == [b"a", b"b"]
        assert store.log.append(b"c", 1) == [b"b", b"c"]
        assert other.log.read(2) == [b"c"]
        assert other.log.read(3) == []
        assert store.log.append(b"d", 3) == [b"d"]
        assert other.log.read(0) == [b"a", b"b", b"c", b"d"]


def test_equal_entries_are_two(store: Store) -> None:
    store.log.append(b"a", 0)
    assert store.log.append(b"a", 1) == [b"a"]
    assert store.log.read(0) == [b"a", b"a"]


@pytest.mark.parametrize("entry", [b"", b"\x00\r\n", LARGE], ids=["none", "odd", "much"])
def test_an_entry_is_any_bytes(store: Store, entry: bytes) -> None:
    assert store.log.append(entry, 0) == [entry]


# letters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", [b"", b"hello", LARGE], ids=["none", "short", "long"])
@pytest.mark.parametrize("worker", [CLIENT, 0, 3_000_000])
def test_a_letter_comes_to_who_listens(store: Store, place: Place, worker: int, letter: bytes) -> None:
    with place.open() as other, listening(other, worker) as inbox, listening(other, worker + 1):
        sending = Thread(target=store.mail.send, args=(worker, letter))
        sending.start()
        assert inbox.receive() == letter
        sending.join()


def test_letters_of_one_sender_come_in_order(store: Store) -> None:
    letters = [b"%d" % number for number in range(100)]
    with listening(store, 1) as inbox:
        for letter in letters:
            store.mail.send(1, letter)
        assert [inbox.receive() for _ in letters] == letters


def test_letters_to_nobody_vanish(store: Store) -> None:
    store.mail.send(1, b"too early")
    with listening(store, 1) as inbox:
        store.mail.send(1, b"in time")
        assert inbox.receive() == b"in time"
    store.mail.send(1, b"too late")
    with listening(store, 1) as inbox:
        store.mail.send(1, b"again")
        assert inbox.receive() == b"again"


def test_who_listens_last_gets_the_letters(store: Store) -> None:
    with listening(store, 1) as old:
        store.mail.send(1, b"to the old")
        with listening(store, 1) as new:
            store.mail.send(1, b"to the new")
            assert new.receive() == b"to the new"
            assert old.receive() == b"to the old"
            old.close()
            store.mail.send(1, b"still to the new")
            assert new.receive() == b"still to the new"
        assert old.receive() is None


def test_who_waits_for_a_letter_hears_of_the_end(store: Store) -> None:
    received: list[bytes | None] = [b"nothing yet"]
    with listening(store, 1) as inbox:
        waiting = Thread(target=lambda: received.append(inbox.receive()))
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
        inbox.close()
        waiting.join(PATIENCE_S)
        assert received[1:] == [None]
        inbox.close()
        assert inbox.receive() is None


# a run's life -------------------------------------------------------------------------------------------------


def test_it_is_there_for_who_comes_later(place: Place) -> None:
    with place.open() as store:
        store.objects.put(1, 1, WHOLE, b"kept")
        store.log.append(b"kept", 0)
    with place.open(create=False) as store:
        assert store.objects.get(1, 1, WHOLE) == b"kept"
        assert store.log.read(0) == [b"kept"]


def test_runs_do_not_see_one_another(store: Store, place: Place) -> None:
    other_place = Place(place.url, f"{place.name}.2")
    with other_place.open() as other:
        store.objects.put(1, 1, WHOLE, b"mine")
        store.log.append(b"mine", 0)
        assert not other.objects.has(1, 1, WHOLE)
        assert other.log.read(0) == []
        with listening(store, 1) as mine, listening(other, 1):
            other.mail.send(1, b"not mine")
            store.mail.send(1, b"mine")
            assert mine.receive() == b"mine"
        other.destroy()
        assert store.objects.get(1, 1, WHOLE) == b"mine"
        assert store.log.read(0) == [b"mine"]


def test_what_a_run_leaves_is_told_and_removed(place: Place) -> None:
    assert place.left() is None
    with place.open() as store:
        store.objects.put(1, 1, WHOLE, b"1234")
        store.objects.put(1, 2, 1, b"5678")
        store.log.append(b"entry", 0)
        with listening(store, 4):
            left = place.left()
            assert left is not None
            assert (left.n_objects, left.n_bytes) == (2, 8)
            assert place.name in left.place
            store.destroy()
        assert place.left() is None
        store.destroy()
    with pytest.raises(StoreError, match=place.name), place.open(create=False):
        pass
    with place.open() as store:
        assert not store.objects.has(1, 1, WHOLE)
        assert store.log.read(0) == []


def test_who_is_left_behind_is_told_that_all_is_gone(store: Store, place: Place) -> None:
    store.objects.put(1, 1, WHOLE, b"")
    store.log.append(b"entry", 0)
    place.destroy()
    for ask in (lambda: store.log.append(b"entry", 1), lambda: store.objects.get(1, 1, WHOLE)):
        with pytest.raises(StoreError):
            ask()


def test_a_run_can_be_removed_without_its_key(place: Place) -> None:
    with place.open() as store:
        store.objects.put(1, 1, WHOLE, b"1234")
    place.destroy()
    place.destroy()
    assert place.left() is None


def test_closing_twice_is_fine(place: Place) -> None:
    with place.open() as store:
        store.close()
        with pytest.raises(StoreError):
            store.log.append(b"late", 0)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "a~", "a b", "x" * 101, "a*", "a\n"])
def test_a_name_that_is_no_plain_one_is_refused(place: Place, name: str) -> None:
    with pytest.raises(Refused, match="name"):
        open_store(place.url, name, KEY)
