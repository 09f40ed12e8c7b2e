"""Slots: the tasks of one machine that are ready to run, and those that run. The most urgent one is the next."""

from heapq import heappop, heappush


class Slots:
    """A worker runs as many tasks at once as it has slots."""

    __slots__ = ("_priority", "free", "ready", "running")

    def __init__(self, n_slots: int, priority: tuple[int, ...]) -> None:
        self._priority = priority
        self.free = n_slots
        self.ready: list[tuple[int, int]] = []
        """Tasks that lack nothing but a slot, each with its priority: a heap."""
        self.running: set[int] = set()

    def add(self, task: int) -> None:
        """A task lacks nothing but a slot."""
        heappush(self.ready, (self._priority[task], task))

    def fill(self) -> int:
        """The most urgent ready task takes a free slot."""
        task = heappop(self.ready)[1]
        self.free -= 1
        self.running.add(task)
        return task

    def leave(self, task: int) -> None:
        """A task runs no longer, and its slot is free."""
        self.running.discard(task)
        self.free += 1

    def withdraw(self, task: int) -> None:
        """A task that may be ready to run is not."""
        self.ready = sorted([each for each in self.ready if each[1] != task])

    def close(self) -> None:
        """Nothing more is run."""
        self.ready.clear()
