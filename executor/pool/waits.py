"""Waits: how long a request waited for each of the platform's limits, to the nanosecond.

At any instant all requests of one size wait for the same limit: the first of the account's concurrency, the size's own
and the ramp that would refuse the first of them. So it is enough to time, for the account and for each size, how long
its concurrency was reached; a request takes what passed between its coming and its admission, and the rest is the
ramp's.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Limit(IntEnum):
    """What can hold a request up, in the order in which it is looked at."""

    CONCURRENCY = 0
    """As many instances as the platform allows are busy or starting."""
    SIZE_CONCURRENCY = 1
    """As many of the size are."""
    RAMP = 2
    """None of the size is idle, and the ramp lets no new one through yet."""


class Waited(NamedTuple):
    """How long a request waited for each limit."""

    concurrency_ns: int = 0
    size_concurrency_ns: int = 0
    ramp_ns: int = 0


NO_WAIT = Waited()


class Stopwatch:
    """How long something has been so, by whatever clock it is handed."""

    __slots__ = ("_since", "_total")

    def __init__(self) -> None:
        self._total = 0
        self._since: int | None = None

    def keep(self, running: bool, now: int) -> None:
        """From now on it runs, or it does not."""
        if running:
            if self._since is None:
                self._since = now
        elif self._since is not None:
            self._total += now - self._since
            self._since = None

    def read(self, now: int) -> int:
        """What it shows."""
        return self._total if self._since is None else self._total + now - self._since


class Ticket(NamedTuple):
    """What the watches showed when a request came."""

    came_ns: int
    full: int
    size_full: int


class Waits:
    """The watches. They have to be told of what changes while somebody waits, and of nothing else."""

    __slots__ = ("_full", "_size_full")

    def __init__(self) -> None:
        self._full = Stopwatch()
        self._size_full: dict[int, Stopwatch] = {}
        """Per size; each goes by a clock that stands still while the account's concurrency is reached."""

    def note(self, memory_mb: int, now_ns: int, *, full: bool, size_full: bool) -> None:
        """Whether the concurrency of the account, and that of a size, is reached from now on."""
        self._full.keep(full, now_ns)
        self._watch(memory_mb).keep(size_full, now_ns - self._full.read(now_ns))

    def ticket(self, memory_mb: int, now_ns: int) -> Ticket:
        """For somebody who begins to wait."""
        full = self._full.read(now_ns)
        return Ticket(now_ns, full, self._watch(memory_mb).read(now_ns - full))

    def since(self, ticket: Ticket, memory_mb: int, now_ns: int) -> Waited:
        """What its holder has waited for; the parts add up to the time since it was given."""
        now = self.ticket(memory_mb, now_ns)
        full, size_full = now.full - ticket.full, now.size_full - ticket.size_full
        return Waited(full, size_full, now_ns - ticket.came_ns - full - size_full)

    def _watch(self, memory_mb: int) -> Stopwatch:
        watch = self._size_full.get(memory_mb)
        if watch is None:
            watch = self._size_full[memory_mb] = Stopwatch()
        return watch
