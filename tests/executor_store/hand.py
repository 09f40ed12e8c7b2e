"""Hands: processes that work on a store beside the test's own.

`python -m tests.executor_store.hand WHAT URL NAME …`
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from random import Random

from msgspec import msgpack

from executor.store.files import FilesStore
from executor.store.opening import open_store
from executor.store.replica import Replica
from executor.store.store import WHOLE, Store, StoreError
from executor.worker.view import View
from tests.executor_store.places import KEY, Place
from tests.executor_store.requests import Asked, ask
from tests.support import ROOT

PATIENCE_S = 120
FILE_BYTES = 100_000
"""How large a file may get where there is no room."""
LISTENER = 5
MOST_MOMENT_S = 0.001


def start(what: str, place: Place, *arguments: object) -> subprocess.Popen[bytes]:
    """Start a hand."""
    command = [sys.executable, "-m", "tests.executor_store.hand", what, place.url, place.name, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def result(hand: subprocess.Popen[bytes]) -> bytes:
    """What a hand wrote, once it is done."""
    written, _ = hand.communicate(timeout=PATIENCE_S)
    assert hand.returncode == 0
    return written


def append(store: Store, who: str, n: str) -> bytes:
    """Append entries; all that it has seen, in its order."""
    seen: list[bytes] = []
    for number in range(int(n)):
        entry = f"{who}:{number}".encode()
        seen += store.log.append(entry, len(seen))
        assert seen[-1] == entry
    return msgpack.encode(seen)


def send(store: Store, who: str, n: str) -> bytes:
    """Send letters of all lengths."""
    for number in range(int(n)):
        store.mail.send(LISTENER, checked(f"{who}:{number}", 10 ** (number % 7)))
    return b""


def put(store: Store, who: str, n: str) -> bytes:
    """Put the same objects as everybody."""
    for number in range(int(n)):
        store.objects.put(number, 1, WHOLE, checked(f"{number}", 100_000))
        assert store.objects.get(number, 1, WHOLE) == checked(f"{number}", 100_000)
    return who.encode()


def request(store: Store, view: str, asked: str) -> bytes:
    """Ask a replica; what it told."""
    replica = Replica(msgpack.decode(Path(view).read_bytes(), type=View), store.log)
    told = [ask(replica, request) for request in msgpack.decode(Path(asked).read_bytes(), type=list[Asked])]
    return msgpack.encode(told)


def crowd(store: Store) -> bytes:
    """Where there is no room: what fails, and that what is small still works."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    failures: list[str] = []
    try:
        store.objects.put(1, 1, WHOLE, bytes(2 * FILE_BYTES))
    except StoreError as error:
        failures.append(str(error))
    store.objects.put(2, 1, WHOLE, b"small")
    appended = 0
    try:
        while appended * 1000 < 2 * FILE_BYTES:
            store.log.append(bytes(1000), appended)
            appended += 1
    except StoreError as error:
        failures.append(str(error))
    return msgpack.encode((appended, failures))


def stick(store: Store) -> bytes:
    """Stand still in the middle of a letter."""
    assert isinstance(store, FilesStore)
    folder = store.mail._folder
    with socket.socket(socket.AF_UNIX) as to:
        to.connect(f"{folder}/1")
        to.sendall((10**6).to_bytes(8, "little") + b"half")
        os.write(1, b"stuck")
        time.sleep(PATIENCE_S)
    return b""


def die(place: Place, notes: str, kills: str, seed: str) -> bytes:
    """Let child after child begin to work, and kill it a moment after so many things are done."""
    rng = Random(int(seed))
    for number in range(int(kills)):
        n_things, moment_s = rng.randrange(12), rng.random() * MOST_MOMENT_S
        hears, says = os.pipe()
        child = os.fork()
        if not child:
            _work_until_death(place, number, notes, says)
        os.close(says)
        for _ in range(n_things):
            os.read(hears, 1)
        time.sleep(moment_s)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(hears)
    return b""


def _work_until_death(place: Place, number: int, notes: str, says: int) -> None:
    """Append, put and send; and note what the store has said is done."""
    try:
        with place.open(create=False) as store:
            noted = os.open(notes, os.O_WRONLY | os.O_APPEND)
            for step in range(sys.maxsize):
                for kind in _work(store, number, step):
                    os.write(noted, f"{kind} {number}:{step}\n".encode())
                    os.write(says, b".")
    finally:
        os._exit(1)


def _work(store: Store, number: int, step: int) -> Iterator[str]:
    """One of everything; what is done, once it is."""
    name = f"{number}:{step}"
    store.log.append(checked(name, 30), 0)
    yield "entry"
    store.objects.put(number, step + 1, WHOLE, checked(name, size_of(step)))
    yield "object"
    store.mail.send(LISTENER, checked(name, size_of(step)))
    yield "letter"


def size_of(step: int) -> int:
    """From 1 byte to 256 KiB, in no order to speak of."""
    return 1 << step * 7 % 19


def checked(name: str, n_bytes: int) -> bytes:
    """Bytes that tell whether they are whole: a checksum, a name, and so much more."""
    body = name.encode() + b" " + b"x" * n_bytes
    return blake2b(body, digest_size=16).digest() + body


def name_of(data: bytes) -> str:
    """The name in such bytes, which must be whole."""
    assert blake2b(data[16:], digest_size=16).digest() == data[:16], "half of something"
    return data[16:].partition(b" ")[0].decode()


WITH_STORE: dict[str, Callable[..., bytes]] = {
    work.__name__: work for work in (append, send, put, request, crowd, stick)
}


def main(what: str, url: str, name: str, *arguments: str) -> None:
    if what == die.__name__:
        written = die(Place(url, name), *arguments)
    else:
        store = open_store(url, name, KEY)
        written = WITH_STORE[what](store, *arguments)
        store.close()
    sys.stdout.buffer.write(written)


if __name__ == "__main__":
    main(*sys.argv[1:])
