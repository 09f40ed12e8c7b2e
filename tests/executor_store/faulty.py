"""A store that fails now and then, by a seeded script: for tests of whoever uses one."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from threading import Lock
from typing import TypeVar

from executor.store.store import Data, Inbox, Mail, Objects, RequestLog, Store, StoreError

T = TypeVar("T")


@dataclass(frozen=True)
class Script:
    """How bad it may get: probabilities, and how long what is slow takes at most."""

    seed: int
    fails: float = 0.0
    """A request is not carried out."""
    loses: float = 0.0
    """A request is carried out, and its answer lost."""
    delays: float = 0.0
    """A request is slow: before it is carried out, or before its answer."""
    most_delay_s: float = 0.005
    dies: float = 0.0
    """Whoever asks is killed: before a request is carried out, or after."""
    letters_lost: float = 0.0
    letters_twice: float = 0.0


class Luck:
    """Draws for all threads, and counts what went wrong."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.counts: Counter[str] = Counter()
        self._rng = Random(f"store {script.seed}")
        self._lock = Lock()

    def happens(self, what: str, probability: float) -> bool:
        with self._lock:
            is_so = self._rng.random() < probability
            self.counts[what] += is_so
        return is_so

    def dawdle(self) -> None:
        if self.happens("delayed", self.script.delays):
            with self._lock:
                delay_s = self._rng.random() * self.script.most_delay_s
            time.sleep(delay_s)

    def perhaps_die(self) -> None:
        if self.script.dies and self.happens("died", self.script.dies):
            os.kill(os.getpid(), signal.SIGKILL)

    def carry_out(self, what: str, request: Callable[[], T]) -> T:
        """A request: as it should be, or not."""
        self.dawdle()
        self.perhaps_die()
        if self.happens("failed", self.script.fails):
            raise StoreError(f"{what} failed, as the script says")
        answer = request()
        self.perhaps_die()
        self.dawdle()
        if self.happens("lost", self.script.loses):
            raise StoreError(f"the answer to {what} was lost, as the script says")
        return answer


class FaultyStore:
    """Another store, under a script. `counts` says what has gone wrong so far; inboxes are as they were."""

    def __init__(self, store: Store, script: Script) -> None:
        self._store = store
        luck = Luck(script)
        self.counts = luck.counts
        self.objects: Objects = _Objects(store.objects, luck)
        self.log: RequestLog = _Log(store.log, luck)
        self.mail: Mail = _Mail(store.mail, luck)

    def close(self) -> None:
        self._store.close()

    def destroy(self) -> None:
        self._store.destroy()


class _Objects:
    def __init__(self, objects: Objects, luck: Luck) -> None:
        self._objects = objects
        self._luck = luck

    def put(self, found: int, version: int, chunk: int, data: Data) -> None:
        self._luck.carry_out("a put", lambda: self._objects.put(found, version, chunk, data))

    def get(self, found: int, version: int, chunk: int) -> bytes:
        return self._luck.carry_out("a get", lambda: self._objects.get(found, version, chunk))

    def has(self, found: int, version: int, chunk: int) -> bool:
        return self._luck.carry_out("a look", lambda: self._objects.has(found, version, chunk))


class _Log:
    def __init__(self, log: RequestLog, luck: Luck) -> None:
        self._log = log
        self._luck = luck

    def append(self, entry: bytes, seen: int) -> list[bytes]:
        return self._luck.carry_out("an append", lambda: self._log.append(entry, seen))

    def read(self, seen: int) -> list[bytes]:
        return self._luck.carry_out("a read", lambda: self._log.read(seen))


class _Mail:
    def __init__(self, mail: Mail, luck: Luck) -> None:
        self._mail = mail
        self._luck = luck

    def send(self, worker: int, letter: Data) -> None:
        if self._luck.happens("letters lost", self._luck.script.letters_lost):
            return
        self._luck.carry_out("a letter", lambda: self._mail.send(worker, letter))
        if self._luck.happens("letters twice", self._luck.script.letters_twice):
            self._mail.send(worker, letter)

    def listen(self, worker: int) -> Inbox:
        return self._luck.carry_out("listening", lambda: self._mail.listen(worker))
