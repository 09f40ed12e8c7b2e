"""The brake: how a run of a task is stopped before it has ended by itself, as far as it can be."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, get_ident
from time import sleep


class Stopped(BaseException):
    """Raised in a run that is to stop. The user's code may clean up, but not go on."""


class Brake:
    """Stops one run, once. ``reason`` says why, None as long as it goes on."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._lock = Lock()
        self._act: Callable[[], None] | None = None

    def pull(self, reason: str) -> None:
        """Stop the run, or keep what it does next from beginning; again changes nothing. From any other thread."""
        with self._lock:
            if self.reason is None:
                self.reason = reason
                if self._act:
                    self._act()

    def check(self) -> None:
        """Go on, or Stopped."""
        if self.reason is not None:
            raise Stopped

    @contextmanager
    def stops(self, act: Callable[[], None]) -> Iterator[None]:
        """While in this block, ``act`` is how the run is stopped."""
        with self._lock:
            self.check()
            self._act = act
        try:
            yield
        finally:
            with self._lock:
                self._act = None

    @contextmanager
    def stops_thread(self) -> Iterator[None]:
        """While in this block, Stopped is raised in this thread, between two lines of its Python code."""
        thread = get_ident()
        try:
            with self.stops(lambda: _raise_in(thread)):
                yield
        finally:
            if self.reason is not None:
                sleep(0)  # what is raised from outside comes now, if it has not come yet


def _raise_in(thread: int) -> None:
    import ctypes  # costs a cold start, and few runs are stopped

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Stopped))
