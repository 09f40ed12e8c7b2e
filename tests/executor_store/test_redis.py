"""What the store on a server makes of servers that go away, forget, are full, or hold what others put there."""

from __future__ import annotations

import socket
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

import pytest

from executor.store.address import Server
from executor.store.opening import leftovers, open_store
from executor.store.resp import Connection
from executor.store.store import WHOLE, Refused, Store, StoreError
from tests.executor_store.places import KEY, Place, listening
from tests.executor_store.server import PASSWORD, USER, OwnServer

REQUESTS: dict[str, Callable[[Store], object]] = {
    "put": lambda store: store.objects.put(1, 1, WHOLE, b""),
    "get": lambda store: store.objects.get(1, 1, WHOLE),
    "has": lambda store: store.objects.has(1, 1, WHOLE),
    "append": lambda store: store.log.append(b"", 0),
    "read": lambda store: store.log.read(0),
    "send": lambda store: store.mail.send(1, b""),
    "listen": lambda store: store.mail.listen(1),
}


@pytest.fixture
def place(server: OwnServer) -> Place:
    return Place(server.url)


def key_of(place: Place, rest: str) -> str:
    return f"faascast:{place.name}:{rest}"


def test_a_server_that_goes_away_is_told_of_and_found_again(own_server: OwnServer) -> None:
    """What it remembers is there again, if it remembers anything: here another server takes its place."""
    place = Place(own_server.url)
    with place.open() as store, listening(store, 1) as inbox:
        store.objects.put(1, 1, WHOLE, b"before")
        own_server.stop()
        for request in REQUESTS.values():
            with pytest.raises(StoreError, match=r"cannot be reached|does not answer"):
                request(store)
        own_server.start()
        with pytest.raises(StoreError, match="was removed, or the server forgot it"):
            store.objects.get(1, 1, WHOLE)
        with place.open():
            store.objects.put(1, 1, WHOLE, b"after")
            assert store.objects.get(1, 1, WHOLE) == b"after"
            assert store.log.append(b"first", 0) == [b"first"]
            with listening(store, 1) as new:
                store.mail.send(1, b"letter")
                assert new.receive() == b"letter"
        inbox.close()
        assert inbox.receive() is None
        store.destroy()


def test_who_waits_for_letters_waits_on_while_the_server_is_away(own_server: OwnServer) -> None:
    received: SimpleQueue[bytes | None] = SimpleQueue()
    place = Place(own_server.url)
    with place.open() as store, listening(store, 1) as inbox:

        def wait() -> None:
            for _ in range(2):
                received.put(inbox.receive())

        waiting = Thread(target=wait)
        waiting.start()
        store.mail.send(1, b"before")
        assert received.get() == b"before"
        own_server.stop()
        own_server.start()
        with place.open():
            own_server.ask("SET", key_of(place, "mail:1"), 1)
            store.mail.send(1, b"at last")
            assert received.get() == b"at last"
        waiting.join()


def test_a_server_that_forgot_the_log_is_found_out(place: Place, server: OwnServer) -> None:
    """Not only by its end: somebody may have cut the list."""
    with place.open() as store:
        for number in range(4):
            store.log.append(b"%d" % number, number)
        server.ask("LTRIM", key_of(place, "log"), 0, 2)
        with pytest.raises(StoreError, match="the server lost entries of the request log: it has 2 where 4 were seen"):
            store.log.read(4)
        with pytest.raises(StoreError, match="lost entries of the request log: it has 3 where 4"):
            store.log.append(b"next", 4)
        store.destroy()


@pytest.mark.parametrize("request_name", REQUESTS)
def test_a_run_that_is_over_stays_over(place: Place, server: OwnServer, request_name: str) -> None:
    """Whatever a late comer asks, nothing of the run is there again."""
    with place.open() as store:
        place.destroy()
        if request_name == "send":
            REQUESTS[request_name](store)
        else:
            with pytest.raises(StoreError, match="was removed"):
                REQUESTS[request_name](store)
        assert server.ask("KEYS", f"faascast:{place.name}*") == []


def test_a_full_server_is_told_of(own_server: OwnServer) -> None:
    place = Place(own_server.url)
    with place.open() as store:
        store.objects.put(1, 1, WHOLE, b"before")
        own_server.ask("CONFIG", "SET", "maxmemory", 1)
        with pytest.raises(StoreError, match="OOM command not allowed"):
            store.objects.put(2, 1, WHOLE, b"more")
        with pytest.raises(StoreError, match="OOM"):
            store.log.append(b"more", 0)
        assert store.objects.get(1, 1, WHOLE) == b"before"
        own_server.ask("CONFIG", "SET", "maxmemory", 0)
        store.objects.put(2, 1, WHOLE, b"more")
        assert store.log.append(b"more", 0) == [b"more"]


# seals --------------------------------------------------------------------------------------------------------


def test_what_another_key_has_sealed_is_refused(place: Place) -> None:
    with place.open() as store, place.open(key=bytes(32)) as other, listening(store, 1) as inbox:
        other.objects.put(1, 1, WHOLE, b"evil")
        with pytest.raises(Refused, match="object:1:1:0 does not bear the run's seal"):
            store.objects.get(1, 1, WHOLE)
        other.log.append(b"evil", 0)
        with pytest.raises(Refused, match="the log does not bear the run's seal"):
            store.log.append(b"good", 0)
        other.mail.send(1, b"evil")
        with pytest.raises(Refused, match="mail:1:1 does not bear the run's seal"):
            inbox.receive()
        store.mail.send(1, b"good")
        assert inbox.receive() == b"good"
        store.destroy()


@pytest.mark.parametrize("n_bytes", [0, 5, 32, 40])
def test_what_bears_no_seal_is_refused(place: Place, server: OwnServer, n_bytes: int) -> None:
    with place.open() as store:
        server.ask("SET", key_of(place, "object:1:1:0"), "x" * n_bytes)
        with pytest.raises(Refused, match="seal"):
            store.objects.get(1, 1, WHOLE)
        store.destroy()


def test_a_seal_holds_for_its_place_and_run_alone(place: Place, server: OwnServer) -> None:
    with place.open() as store:
        store.objects.put(1, 1, WHOLE, b"one")
        server.ask("COPY", key_of(place, "object:1:1:0"), key_of(place, "object:2:1:0"))
        with pytest.raises(Refused, match="object:2:1:0"):
            store.objects.get(2, 1, WHOLE)
        other_place = Place(place.url, f"{place.name}0")
        with other_place.open() as other:
            server.ask("COPY", key_of(place, "object:1:1:0"), key_of(other_place, "object:1:1:0"))
            with pytest.raises(Refused, match="object:1:1:0"):
                other.objects.get(1, 1, WHOLE)
            other.destroy()
        assert store.objects.get(1, 1, WHOLE) == b"one"
        store.destroy()


@pytest.mark.parametrize("n_bytes", [0, 15, 65])
def test_a_key_of_another_length_is_refused(place: Place, n_bytes: int) -> None:
    with pytest.raises(Refused, match=f"key has {n_bytes} bytes; expected 16 to 64"), place.open(key=bytes(n_bytes)):
        pass


# servers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["", f"{USER}:wrong@", ":wrong@", f"nobody:{PASSWORD.split('/')[0]}@"])
def test_a_wrong_password_is_refused_and_not_told(server: OwnServer, who: str) -> None:
    url = f"redis+unix://{who}{server.address.path}?db=3"
    with pytest.raises(Refused, match=r"says: (NOAUTH|WRONGPASS)") as refused:
        open_store(url, "run", KEY)
    assert "wrong" not in str(refused.value)
    with pytest.raises(Refused):
        leftovers(url)


def test_a_password_is_never_shown(own_server: OwnServer) -> None:
    place = Place(own_server.url)
    with place.open() as store:
        left = place.left()
        assert left is not None
        own_server.stop()
        with pytest.raises(StoreError) as failed:
            store.log.read(0)
        assert PASSWORD not in f"{left} {failed.value}"
        assert "cret" not in f"{left} {failed.value}"


def test_a_server_over_tcp() -> None:
    """One that speaks just enough, on the loopback interface."""
    heard = conversation(b"+OK\r\n", b"+OK\r\n:7\r\n$-1\r\n")
    assert heard == [
        b"*3\r\n$4\r\nAUTH\r\n$4\r\nuser\r\n$6\r\nsecret\r\n",
        b"*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n",
    ]


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "it speaks another language"),
        (b"", "it hung up"),
        (b"+OK", "it hung up"),
        (b"$5\r\nhel", "it hung up"),
        (b"$x\r\n", "another language"),
        (b"-ERR no such thing\r\n+OK\r\n+OK\r\n", "says: ERR no such thing"),
    ],
)
def test_what_is_no_such_server_is_told(reply: bytes, complaint: str) -> None:
    with pytest.raises(StoreError, match=complaint):
        conversation(b"+OK\r\n", reply)


def conversation(*replies: bytes) -> list[bytes]:
    """What a client says to a server that answers so, and then hangs up."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            served, _ = listener.accept()
            with served:
                for reply in replies:
                    heard.append(served.recv(10_000))
                    served.sendall(reply)

        serving = Thread(target=serve)
        serving.start()
        connection = None
        try:
            connection = Connection(Server("127.0.0.1", listener.getsockname()[1], "", "user", "secret"))
            assert connection.ask([("PING",), ("INCR", "a"), ("GET", b"b")]) == [b"OK", 7, None]
        finally:
            if connection:
                connection.close()
            serving.join()
    return heard


def test_an_object_larger_than_the_server_takes_is_told(place: Place, server: OwnServer) -> None:
    server.ask("CONFIG", "SET", "proto-max-bulk-len", 1 << 20)
    try:
        with place.open() as store:
            with pytest.raises(StoreError, match="invalid bulk length"):
                store.objects.put(1, 1, WHOLE, bytes(40 << 20))
            store.objects.put(1, 1, WHOLE, bytes(1000))
            store.destroy()
    finally:
        server.ask("CONFIG", "SET", "proto-max-bulk-len", 512 << 20)
