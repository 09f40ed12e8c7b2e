"""The queue of the pool: requests over a limit, first come first served within their size and over all sizes."""

from __future__ import annotations

from collections import deque
from collections.abc import Set
from typing import Protocol


class Request(Protocol):
    """Somebody who asks for an instance."""

    memory_mb: int
    is_prewarm: bool


class Queue:
    """Requests in the order in which they came; sizes can be passed over."""

    __slots__ = ("_came", "_of_size")

    def __init__(self) -> None:
        self._came = 0
        self._of_size: dict[int, deque[tuple[int, Request]]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._of_size.values()))

    def __bool__(self) -> bool:
        return bool(self._of_size)

    def holds(self, memory_mb: int) -> bool:
        """Whether somebody waits for this size."""
        return memory_mb in self._of_size

    def put(self, request: Request) -> None:
        """Behind all others."""
        self._came += 1
        self._of_size.setdefault(request.memory_mb, deque()).append((self._came, request))

    def first(self, passed_over: Set[int]) -> Request | None:
        """Who came first, of those whose size is not passed over."""
        heads = [waiting[0] for memory_mb, waiting in self._of_size.items() if memory_mb not in passed_over]
        return min(heads, key=_came)[1] if heads else None

    def remove(self, request: Request) -> None:
        """The first of its size has been served."""
        waiting = self._of_size[request.memory_mb]
        waiting.popleft()
        if not waiting:
            del self._of_size[request.memory_mb]


def _came(entry: tuple[int, Request]) -> int:
    return entry[0]
