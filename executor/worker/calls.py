"""Calls: invocations that a machine makes, a limited number at a time, with back-off when refused."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from .desk import Desk
from .instructions import Invoke, Prewarm
from .retry import Retry
from .tree import spread


class Call(Struct, frozen=True, gc=False):
    """An invocation or a prewarm that is wanted, and how often it failed."""

    wanted: Invoke | Prewarm
    failures: int = 0
    is_vital: bool = True
    """Whether it is made again if it fails."""


class Calls:
    """A queue of calls to the platform. A call occupies its caller until the platform answers."""

    __slots__ = ("_called", "_callers", "_desk", "_early", "_helpers", "_queue", "_retry", "_under_way", "_who")

    def __init__(self, desk: Desk, callers: int, retry: Retry, who: int, helpers: int | None = None) -> None:
        self._desk = desk
        self._callers = callers
        self._helpers = helpers
        self._retry = retry
        self._who = who
        self._queue: deque[Call] = deque()
        self._under_way: dict[int, Call] = {}
        self._called: set[tuple[int, int]] = set()
        self._early: dict[tuple[int, int], Invoke | None] = {}
        """Calls made early that the platform has not taken yet; what each stands for, once there is a ready task."""

    def invoke(self, worker: int, epoch: int, task: int, versions: tuple[int, ...], memory_mb: int) -> None:
        """Have a worker started with a ready task; once, for it will find its other ready tasks by itself."""
        self.invoke_all([Invoke(0, worker, epoch, task, versions, memory_mb)])

    def invoke_all(self, calls: Sequence[Invoke]) -> None:
        """Have many workers started, each once; if they are to help, not by this one alone (`tree`)."""
        fresh: list[Invoke] = []
        for wanted in calls:
            name = (wanted.worker, wanted.epoch)
            if name not in self._called:
                self._called.add(name)
                fresh.append(wanted)
            elif name in self._early:
                self._early[name] = wanted
        self._make(fresh)

    def has_called(self, worker: int, epoch: int) -> bool:
        """Whether a worker's start was asked for before."""
        return (worker, epoch) in self._called

    def _make(self, calls: Sequence[Invoke]) -> None:
        self._queue.extend([Call(wanted) for wanted in spread(calls, self._helpers)])
        self._next()

    def call_early(self, worker: int, task: int, memory_mb: int) -> None:
        """Have a worker started before a task of its is ready. This may fail: it is called again when one is."""
        name = (worker, 1)
        if name not in self._called:
            self._called.add(name)
            self._early[name] = None
            self._queue.append(Call(Invoke(0, worker, 1, task, (), memory_mb, is_early=True)))
            self._next()

    def invoke_copy(self, worker: int, task: int, versions: tuple[int, ...], memory_mb: int) -> None:
        """Have a backup copy of a task started. Nothing depends on it: it is called once, taken or not."""
        name = (worker, 1)
        if name not in self._called:
            self._called.add(name)
            self._queue.append(Call(Invoke(0, worker, 1, task, versions, memory_mb), is_vital=False))
            self._next()

    def prewarm(self, memory_mb: int) -> None:
        """Have an instance started ahead of need."""
        self._queue.append(Call(Prewarm(0, memory_mb)))
        self._next()

    def accepted(self, op: int, *, is_known: bool = False) -> None:
        """The platform took the call: the next one can be made.

        If the worker ``is_known``, another call started it, and this one's share never reached it.
        """
        self._desk.close(op)
        call = self._under_way.pop(op)
        if is_known and isinstance(call.wanted, Invoke) and call.wanted.also:
            self._make(call.wanted.also)
        if self._early and isinstance(call.wanted, Invoke):
            self._early.pop((call.wanted.worker, call.wanted.epoch), None)
        self._next()

    def failed(self, op: int) -> Invoke | None:
        """The platform refused, or did not answer: wait and try again.

        Returns the invocation to be given up, if this was its last try; a prewarm is given up in silence, and so is
        an early call, in whose place the call that it stood for is made.
        """
        self._desk.close(op)
        call = self._under_way.pop(op)
        if not call.is_vital:
            self._next()
            return None
        failures = call.failures + 1
        delay_ns = self._retry.delay_ns(failures, self._who ^ op)
        if delay_ns is not None:
            self._desk.after(delay_ns, lambda: self._first(Call(call.wanted, failures)))
        given_up = call.wanted if delay_ns is None and isinstance(call.wanted, Invoke) else None
        if given_up and given_up.is_early:
            self._give_up_early(given_up)
            given_up = None
        self._next()
        return given_up

    def _give_up_early(self, call: Invoke) -> None:
        name = (call.worker, call.epoch)
        stands_for = self._early.pop(name, None)
        if stands_for:
            self._queue.append(Call(stands_for))
        else:
            self._called.discard(name)

    def _first(self, call: Call) -> None:
        """A back-off has passed: the call is the next to be made."""
        self._queue.appendleft(call)
        self._next()

    def _next(self) -> None:
        """Make calls as long as there is a free caller."""
        while self._queue and len(self._under_way) < self._callers:
            call = self._queue.popleft()
            op = self._desk.number()
            self._under_way[op] = call
            self._desk.give(replace(call.wanted, op=op))
