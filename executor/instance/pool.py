"""Threads that are kept: a thread is started when there is work and none is idle, and then waits for more.

They are daemons: an instance that ends does not wait for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

SMALL_STACK_BYTES = 256 * 1024
"""For threads that run none of the user's code: stacks count towards an instance's memory."""
MOST = 128
"""Threads that a pool has, unless it is told otherwise: with small stacks, 32 MB."""


class Threads:
    """As many threads as the work at hand needs, up to ``most``; what comes then waits. Anybody may give them work.

    A job must not raise. ``stack_bytes`` 0 is what the system gives.
    """

    def __init__(self, name: str, stack_bytes: int = SMALL_STACK_BYTES, most: int = MOST) -> None:
        self._name = name
        self._stack_bytes = stack_bytes
        self._most = most
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._started = 0
        self._idle = 0
        """Threads for which there is no job."""
        self._waiting = 0
        """Jobs for which there is no thread."""

    def do(self, job: Callable[[], None]) -> None:
        """Have something done. RuntimeError: not even one thread can be started."""
        with self._lock:
            if self._idle:
                self._idle -= 1
            elif not self._start():
                self._waiting += 1
        self._jobs.put(job)

    def close(self) -> None:
        """Let the threads go, each when it has done what it does; nothing more may be given."""
        with self._lock:
            for _ in range(self._started):
                self._jobs.put(None)

    def _start(self) -> bool:
        if self._started == self._most:
            return False
        thread = threading.Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True)
        before = threading.stack_size(self._stack_bytes)
        try:
            thread.start()
        except RuntimeError:  # the memory is not there; those that run will do
            if not self._started:
                raise
            return False
        finally:
            threading.stack_size(before)
        self._started += 1
        return True

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job  # it may hold what is large
            with self._lock:
                if self._waiting:
                    self._waiting -= 1
                else:
                    self._idle += 1
