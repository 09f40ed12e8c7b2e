"""Threads that are kept: a thread is started when there is work and none is idle, and then waits for more.

They are daemons: an instance that ends does not wait for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

SMALL_STACK_BYTES = 512 * 1024
"""For threads that run none of the user's code: stacks count towards an instance's memory."""


class Threads:
    """A number of threads as large as the work at hand needs, and not limited. Anybody may give them work.

    A job must not raise. ``stack_bytes`` 0 is what the system gives.
    """

    def __init__(self, name: str, stack_bytes: int = SMALL_STACK_BYTES) -> None:
        self._name = name
        self._stack_bytes = stack_bytes
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._idle: SimpleQueue[None] = SimpleQueue()
        """One for each thread that is idle, and that no job was given for yet."""
        self._starting = threading.Lock()
        self._started = 0

    def do(self, job: Callable[[], None]) -> None:
        """Have something done, at once. RuntimeError: no thread can be started."""
        try:
            self._idle.get_nowait()
        except Empty:
            self._start()
        self._jobs.put(job)

    def close(self) -> None:
        """Let the threads go, each when it has done what it does; nothing more may be given."""
        with self._starting:
            for _ in range(self._started):
                self._jobs.put(None)

    def _start(self) -> None:
        with self._starting:
            self._started += 1
            before = threading.stack_size(self._stack_bytes)
            try:
                threading.Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()
            finally:
                threading.stack_size(before)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job  # it may hold what is large
            self._idle.put(None)
