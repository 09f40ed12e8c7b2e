"""Routing: which idle instance of a size serves next. The order alone changes cold starts about twentyfold."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Generic, Protocol

from executor.pool.instance import InstanceT
from platforms.sections import Routing


class Shelf(Protocol[InstanceT]):
    """Idle instances of one size."""

    def put(self, instance: InstanceT) -> None:
        """An instance has become idle."""

    def take(self, u: Callable[[], float]) -> InstanceT | None:
        """The instance to serve next, if any; ``u`` gives uniform numbers to who draws."""

    def remove(self, instance: InstanceT) -> None:
        """An instance has been reclaimed."""


class _ByUse(Generic[InstanceT]):
    """Ordered by last use, so a deque: the most recent at the right end."""

    def __init__(self, *, recent_first: bool) -> None:
        self._instances: deque[tuple[InstanceT, int]] = deque()
        self._take = self._instances.pop if recent_first else self._instances.popleft

    def put(self, instance: InstanceT) -> None:
        self._instances.append((instance, instance.uses))

    def take(self, u: Callable[[], float]) -> InstanceT | None:
        while self._instances:
            instance, uses = self._take()
            if instance.idle and instance.uses == uses:
                return instance
        return None

    def remove(self, instance: InstanceT) -> None:
        """Found gone when its turn comes."""


class _ByAge(Generic[InstanceT]):
    """Ordered by creation, a heap."""

    def __init__(self, *, newest_first: bool) -> None:
        self._sign = -1 if newest_first else 1
        self._instances: list[tuple[int, int, InstanceT]] = []

    def put(self, instance: InstanceT) -> None:
        heappush(self._instances, (self._sign * instance.serial, instance.uses, instance))

    def take(self, u: Callable[[], float]) -> InstanceT | None:
        while self._instances:
            _, uses, instance = heappop(self._instances)
            if instance.idle and instance.uses == uses:
                return instance
        return None

    def remove(self, instance: InstanceT) -> None:
        """Found gone when its turn comes."""


class _Random(Generic[InstanceT]):
    """Any with equal probability: a list in which the last takes the place of the one that leaves."""

    def __init__(self) -> None:
        self._instances: list[InstanceT] = []
        self._place: dict[int, int] = {}

    def put(self, instance: InstanceT) -> None:
        self._place[instance.serial] = len(self._instances)
        self._instances.append(instance)

    def take(self, u: Callable[[], float]) -> InstanceT | None:
        if not self._instances:
            return None
        instance = self._instances[int(u() * len(self._instances))]
        self.remove(instance)
        return instance

    def remove(self, instance: InstanceT) -> None:
        place = self._place.pop(instance.serial)
        last = self._instances.pop()
        if last is not instance:
            self._instances[place] = last
            self._place[last.serial] = place


def make_shelf(routing: Routing) -> Shelf[InstanceT]:
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
