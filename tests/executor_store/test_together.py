"""Threads and processes hammer one store: nothing is lost, nothing is half there, and all agree on the order."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from msgspec import msgpack

from executor.store.store import WHOLE, Inbox, Store
from tests.executor_store.hand import LISTENER, checked, name_of, result, start
from tests.executor_store.places import Place, listening

N_HANDS, N_THREADS, N_ENTRIES = 3, 4, 150


def test_all_agree_on_one_order(store: Store, place: Place) -> None:
    hands = [start("append", place, f"hand-{number}", N_ENTRIES) for number in range(N_HANDS)]
    with ThreadPoolExecutor(N_THREADS) as threads:
        own = list(threads.map(lambda number: append(store, f"thread-{number}"), range(N_THREADS)))
    seen = [*own, *(msgpack.decode(result(hand), type=list[bytes]) for hand in hands)]
    log = store.log.read(0)
    for prefix in seen:
        assert prefix == log[: len(prefix)]
    assert max(map(len, seen)) == len(log) == (N_HANDS + N_THREADS) * N_ENTRIES
    for who in (*(f"hand-{n}" for n in range(N_HANDS)), *(f"thread-{n}" for n in range(N_THREADS))):
        entries = [entry for entry in log if entry.startswith(f"{who}:".encode())]
        assert entries == [f"{who}:{number}".encode() for number in range(N_ENTRIES)]


def append(store: Store, who: str) -> list[bytes]:
    seen: list[bytes] = []
    for number in range(N_ENTRIES):
        entry = f"{who}:{number}".encode()
        seen += store.log.append(entry, len(seen))
        assert seen[-1] == entry
    return seen


def test_all_letters_come_and_are_whole(store: Store, place: Place) -> None:
    """Of all lengths up to a megabyte, from several processes and threads at once."""
    n_letters = 30
    with listening(store, LISTENER) as inbox:
        hands = [start("send", place, f"hand-{number}", n_letters) for number in range(N_HANDS)]
        with ThreadPoolExecutor(N_THREADS) as threads:
            sent = [threads.submit(send, store, f"thread-{number}", n_letters) for number in range(N_THREADS)]
            names = list(received(inbox, (N_HANDS + N_THREADS) * n_letters))
            for sending in sent:
                sending.result()
        for hand in hands:
            result(hand)
    whos = [*(f"hand-{n}" for n in range(N_HANDS)), *(f"thread-{n}" for n in range(N_THREADS))]
    assert sorted(names) == sorted(f"{who}:{number}" for who in whos for number in range(n_letters))


def send(store: Store, who: str, n: int) -> None:
    for number in range(n):
        store.mail.send(LISTENER, checked(f"{who}:{number}", 10 ** (number % 7)))


def received(inbox: Inbox, n: int) -> Iterator[str]:
    for _ in range(n):
        letter = inbox.receive()
        assert letter is not None
        yield name_of(letter)


def test_who_put_the_same_object_does_not_matter(store: Store, place: Place) -> None:
    n_objects = 40
    hands = [start("put", place, number, n_objects) for number in range(2)]
    with ThreadPoolExecutor(N_THREADS) as threads:
        for done in [threads.submit(put_and_get, store, n_objects) for _ in range(N_THREADS)]:
            done.result()
    assert [result(hand) for hand in hands] == [b"0", b"1"]
    left = place.left()
    assert left is not None
    assert left.n_objects == n_objects
    assert left.n_bytes == sum(len(checked(f"{number}", 100_000)) for number in range(n_objects))


def put_and_get(store: Store, n_objects: int) -> None:
    for number in range(n_objects):
        store.objects.put(number, 1, WHOLE, checked(f"{number}", 100_000))
        assert name_of(store.objects.get(number, 1, WHOLE)) == f"{number}"
