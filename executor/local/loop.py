"""The loop: one thread that waits for sockets, processes and times, so that the platform needs no locks."""

from __future__ import annotations

import os
import select
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from heapq import heappop, heappush
from threading import Thread, current_thread
from typing import Final, TypeAlias

from executor.local.clock import NS_PER_S, now_ns

Act: TypeAlias = "Callable[[], None]"
_MOST_FOR_SELECT: Final = 1024
"""`select` waits to the microsecond, but for descriptors below this alone; `epoll`, to the millisecond."""


class Timer:
    """Something to be done at a time, unless it is cancelled."""

    __slots__ = ("act",)

    def __init__(self, act: Act) -> None:
        self.act: Act | None = act

    def cancel(self) -> None:
        """Let the time pass without doing it. Again is fine."""
        self.act = None


class Loop:
    """Runs in a thread of its own, from `start` to `close`. All but `call` and `run_to_end` are for that thread."""

    def __init__(self, broken: Callable[[BaseException], None]) -> None:
        self._broken = broken
        """Told of an error in what was to be done, which is an error of ours."""
        self._epoll = select.epoll()
        self._wake_up = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._readers: dict[int, Act] = {self._wake_up: self._woken}
        self._epoll.register(self._wake_up, select.EPOLLIN)
        self._timers: list[tuple[int, int, Timer]] = []
        self._numbers = 0
        self._calls: deque[Act] = deque()
        self._closing = False
        self._thread = Thread(target=self._run, name="faascast platform", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def call(self, act: Act) -> None:
        """Have something done as soon as may be; from any thread."""
        self._calls.append(act)
        with suppress(BlockingIOError, OSError):  # it is awake anyway, or closed
            os.eventfd_write(self._wake_up, 1)

    def close(self) -> None:
        """Do what was called for, then end; from any other thread."""
        assert current_thread() is not self._thread
        self.call(self._close)
        self._thread.join()
        self._epoll.close()
        os.close(self._wake_up)

    def at(self, due_ns: int, act: Act) -> Timer:
        """Have something done at a time, or as soon as may be after it."""
        timer = Timer(act)
        self._numbers += 1
        heappush(self._timers, (due_ns, self._numbers, timer))
        return timer

    def watch(self, descriptor: int, act: Act) -> None:
        """Whenever there is something to read, ``act``. OSError: it cannot be watched."""
        self._epoll.register(descriptor, select.EPOLLIN)
        self._readers[descriptor] = act

    def forget(self, descriptor: int) -> None:
        """Watch no longer; before it is closed."""
        if self._readers.pop(descriptor, None):
            self._epoll.unregister(descriptor)

    def _close(self) -> None:
        self._closing = True

    def _woken(self) -> None:
        os.eventfd_read(self._wake_up)

    def _run(self) -> None:
        while not self._closing:
            # One of them may close another's descriptor, whose number is then somebody else's.
            for descriptor, act in [(each, self._readers.get(each)) for each, _ in self._wait()]:
                if act and self._readers.get(descriptor) is act:
                    self._do(act)
            while self._calls:
                self._do(self._calls.popleft())
            while self._timers and self._timers[0][0] <= now_ns():
                timer = heappop(self._timers)[2]
                if timer.act:
                    self._do(timer.act)

    def _wait(self) -> list[tuple[int, int]]:
        """Until something can be read or is due."""
        while self._timers and not self._timers[0][2].act:
            heappop(self._timers)
        left_s = None
        if self._calls:
            left_s = 0.0
        elif self._timers:
            left_s = max(0.0, (self._timers[0][0] - now_ns()) / NS_PER_S)
        if left_s is None or not left_s or self._epoll.fileno() >= _MOST_FOR_SELECT:
            return self._epoll.poll(left_s)
        select.select([self._epoll], [], [], left_s)
        return self._epoll.poll(0)

    def _do(self, act: Act) -> None:
        try:
            act()
        except Exception as error:  # the loop must go on: others' runs depend on it
            self._broken(error)
