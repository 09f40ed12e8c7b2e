"""The queue of the pool: requests over a limit, first come first served within their size and over all sizes.

Each size has a line. The line of a size whose first request cannot be served for a reason of the size's own (its
concurrency, its ramp) is *shut* until something of that size changes, so that finding out who is next takes no
longer with many sizes, or many requests, than with few.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Protocol

from executor.pool.waits import Ticket, Waited


class Request(Protocol):
    """Somebody who asks for an instance."""

    memory_mb: int
    is_prewarm: bool
    waited: Waited
    """Set when somebody who had to wait is served."""


class _Line:
    """Requests of one size, in the order in which they came."""

    __slots__ = ("is_shut", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[tuple[int, Request, Ticket]] = deque()
        self.is_shut = False


class Queue:
    """Requests in the order in which they came; sizes can be passed over."""

    __slots__ = ("_came", "_heads", "_lines", "n")

    def __init__(self) -> None:
        self.n = 0
        """How many wait."""
        self._came = 0
        self._lines: dict[int, _Line] = {}
        self._heads: list[tuple[int, int]] = []
        """When the first of each open line came, and its size: a heap."""

    def holds(self, memory_mb: int) -> bool:
        """Whether somebody waits for this size."""
        return memory_mb in self._lines

    def put(self, request: Request, ticket: Ticket) -> None:
        """Behind all others."""
        self._came += 1
        self.n += 1
        line = self._lines.get(request.memory_mb)
        if line is None:
            line = self._lines[request.memory_mb] = _Line()
            heappush(self._heads, (self._came, request.memory_mb))
        line.waiting.append((self._came, request, ticket))

    def first(self) -> tuple[Request, Ticket] | None:
        """Who came first, of those whose line is open."""
        if not self._heads:
            return None
        _, request, ticket = self._lines[self._heads[0][1]].waiting[0]
        return request, ticket

    def served(self) -> None:
        """The first has been served."""
        _, memory_mb = heappop(self._heads)
        self.n -= 1
        waiting = self._lines[memory_mb].waiting
        waiting.popleft()
        if waiting:
            heappush(self._heads, (waiting[0][0], memory_mb))
        else:
            del self._lines[memory_mb]

    def withdraw(self, unwanted: Callable[[Request], bool]) -> None:
        """Who is unwanted waits no longer; the others keep their order."""
        for memory_mb, line in [*self._lines.items()]:
            kept = deque(each for each in line.waiting if not unwanted(each[1]))
            self.n -= len(line.waiting) - len(kept)
            line.waiting = kept
            if not kept:
                del self._lines[memory_mb]
        self._heads = [(line.waiting[0][0], mb) for mb, line in self._lines.items() if not line.is_shut]
        heapify(self._heads)

    def shut(self) -> None:
        """The first cannot be served: its line is passed over until it is opened."""
        _, memory_mb = heappop(self._heads)
        self._lines[memory_mb].is_shut = True

    def open(self, memory_mb: int) -> None:
        """The first of this size may be served, as far as is known; if there is one."""
        line = self._lines.get(memory_mb)
        if line is not None and line.is_shut:
            line.is_shut = False
            heappush(self._heads, (line.waiting[0][0], memory_mb))
