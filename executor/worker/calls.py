"""Calls: invocations that a machine makes, a limited number at a time, with back-off when refused."""

from collections import deque

from .desk import Desk
from .instructions import Invoke, Prewarm, SetTimer
from .view import Retry


class Calls:
    """A queue of calls to the platform. An invocation call occupies its caller until the platform answers."""

    __slots__ = ("_called", "_callers", "_desk", "_queue", "_refusals", "_retry", "_under_way", "_waiting")

    def __init__(self, desk: Desk, callers: int, retry: Retry) -> None:
        self._desk = desk
        self._callers = callers
        self._retry = retry
        self._queue: deque[Invoke | Prewarm] = deque()
        self._under_way: dict[int, Invoke | Prewarm] = {}
        self._waiting: dict[int, Invoke | Prewarm] = {}
        self._refusals: dict[int, int] = {}
        self._called: set[tuple[int, int]] = set()

    def invoke(self, worker: int, epoch: int, task: int, versions: tuple[int, ...], memory_mb: int) -> None:
        """Have a worker started with a ready task; once, for it will find its other ready tasks by itself."""
        name = (worker, epoch)
        if name in self._called:
            return
        self._called.add(name)
        self._place(Invoke(0, worker, epoch, task, versions, memory_mb))

    def prewarm(self, memory_mb: int) -> None:
        """Have an instance started ahead of need."""
        self._place(Prewarm(0, memory_mb))

    def _place(self, call: Invoke | Prewarm) -> None:
        if len(self._under_way) < self._callers:
            self._make(call, refusals=0)
        else:
            self._queue.append(call)

    def _make(self, call: Invoke | Prewarm, refusals: int) -> None:
        op = self._desk.open(0)
        self._under_way[op] = call
        if refusals:
            self._refusals[op] = refusals
        if isinstance(call, Invoke):
            self._desk.out.append(Invoke(op, call.worker, call.epoch, call.task, call.versions, call.memory_mb))
        else:
            self._desk.out.append(Prewarm(op, call.memory_mb))

    def accepted(self, op: int) -> None:
        """The platform took the call: the next one can be made."""
        self._desk.close(op)
        del self._under_way[op]
        self._refusals.pop(op, None)
        self._next()

    def refused(self, op: int) -> Invoke | None:
        """The platform refused: wait and try again. Returns the invocation to be given up, if this was its last try."""
        self._desk.close(op)
        call = self._under_way.pop(op)
        refusals = self._refusals.pop(op, 0) + 1
        delay_ns = self._retry.delay_ns(refusals)
        if delay_ns is None:
            self._next()
            return call if isinstance(call, Invoke) else None
        timer = self._desk.open(0)
        self._waiting[timer] = call
        self._refusals[timer] = refusals
        self._desk.out.append(SetTimer(timer, delay_ns))
        self._next()
        return None

    def owns(self, timer: int) -> bool:
        """Whether a timer is one of the back-off's."""
        return timer in self._waiting

    def fired(self, timer: int) -> None:
        """A back-off has passed: the call is made again, as one more at a time than the limit if need be."""
        self._desk.close(timer)
        self._make(self._waiting.pop(timer), self._refusals.pop(timer))

    def _next(self) -> None:
        if self._queue and len(self._under_way) < self._callers:
            self._make(self._queue.popleft(), refusals=0)
