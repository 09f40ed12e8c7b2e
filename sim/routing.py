"""Routing: which idle instance of a size serves next. The order alone changes cold starts about twentyfold."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol

from platforms.sections import Routing
from sim.instance import Instance


class Shelf(Protocol):
    """Idle instances of one size."""

    def put(self, instance: Instance) -> None:
        """An instance has become idle."""

    def take(self, u: Callable[[], float]) -> Instance | None:
        """The instance to serve next, if any; ``u`` gives uniform numbers to who draws."""

    def remove(self, instance: Instance) -> None:
        """An instance has been reclaimed."""


class _ByUse:
    """Ordered by last use, so a deque: the most recent at the right end."""

    def __init__(self, *, recent_first: bool) -> None:
        self._instances: deque[tuple[Instance, int]] = deque()
        self._take = self._instances.pop if recent_first else self._instances.popleft

    def put(self, instance: Instance) -> None:
        self._instances.append((instance, instance.uses))

    def take(self, u: Callable[[], float]) -> Instance | None:
        while self._instances:
            instance, uses = self._take()
            if instance.idle and instance.uses == uses:
                return instance
        return None

    def remove(self, instance: Instance) -> None:
        """Found gone when its turn comes."""


class _ByAge:
    """Ordered by creation, a heap."""

    def __init__(self, *, newest_first: bool) -> None:
        self._sign = -1 if newest_first else 1
        self._instances: list[tuple[int, int, Instance]] = []

    def put(self, instance: Instance) -> None:
        heappush(self._instances, (self._sign * instance.serial, instance.uses, instance))

    def take(self, u: Callable[[], float]) -> Instance | None:
        while self._instances:
            _, uses, instance = heappop(self._instances)
            if instance.idle and instance.uses == uses:
                return instance
        return None

    def remove(self, instance: Instance) -> None:
        """Found gone when its turn comes."""


class _Random:
    """Any with equal probability: a list in which the last takes the place of the one that leaves."""

    def __init__(self) -> None:
        self._instances: list[Instance] = []
        self._place: dict[int, int] = {}

    def put(self, instance: Instance) -> None:
        self._place[instance.serial] = len(self._instances)
        self._instances.append(instance)

    def take(self, u: Callable[[], float]) -> Instance | None:
        if not self._instances:
            return None
        instance = self._instances[int(u() * len(self._instances))]
        self.remove(instance)
        return instance

    def remove(self, instance: Instance) -> None:
        place = self._place.pop(instance.serial)
        last = self._instances.pop()
        if last is not instance:
            self._instances[place] = last
            self._place[last.serial] = place


def make_shelf(routing: Routing) -> Shelf:
    """The shelf that serves in the platform's order."""
    match routing:
        case "most-recently-used":
            return _ByUse(recent_first=True)
        case "least-recently-used":
            return _ByUse(recent_first=False)
        case "newest":
            return _ByAge(newest_first=True)
        case "oldest":
            return _ByAge(newest_first=False)
        case "random":
            return _Random()
