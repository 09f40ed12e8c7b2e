"""Inputs: which objects are in memory, which are on their way, and which tasks wait for them."""

from collections.abc import Collection
from heapq import heapify, heappop, heappush

from .desk import Desk
from .instructions import Fetch
from .view import INITIAL, View


class Inputs:
    """Fetches missing inputs, each object once, the most urgent task's first, a limited number at a time."""

    __slots__ = ("_coming", "_desk", "_limit", "_missing", "_queue", "_under_way", "_view", "absent", "local")

    def __init__(self, view: View, desk: Desk) -> None:
        self._view = view
        self._desk = desk
        self._limit = view.parallel_transfers
        self._under_way = 0
        self._queue: list[tuple[int, int, int, int, int]] = []
        self._coming: dict[int, list[int]] = {}
        self._missing: dict[int, int] = {}
        self.local: set[int] = set()
        self.absent: set[int] = set()
        """Objects that nobody makes (`lanes`)."""

    def gather(self, task: int, versions: tuple[int, ...], ahead: Collection[int] = ()) -> bool:
        """Ask for what ``task`` lacks, but for what it reads ``ahead``; True if it lacks nothing.

        ``versions`` are the committed versions of the task's parents, in their order; none are needed if all
        parents ran here.
        """
        view, local, coming, absent = self._view, self.local, self._coming, self.absent
        lacking = 0
        known: dict[int, int] = {}
        for place, found in enumerate(view.inputs[task]):
            if found in local or (ahead and found in ahead) or (absent and found in absent):
                continue
            lacking += 1
            waiting = coming.get(found)
            if waiting is not None:
                waiting.append(task)
                continue
            coming[found] = [task]
            producer = view.producer[found]
            if not known and producer != INITIAL:
                known = dict(zip(view.parents[task], versions, strict=False))
            version = 0 if producer == INITIAL else known[producer]
            if self._under_way < self._limit:
                self._fetch(found, version, task, place)
            else:
                heappush(self._queue, (view.priority[task], task, place, found, version))
        if lacking:
            self._missing[task] = lacking
        return not lacking

    def preload(self, task: int, place: int, found: int, version: int) -> None:
        """Ask for an input of a task that still waits for others."""
        if found in self.local or found in self._coming:
            return
        self._coming[found] = []
        self._ask(found, version, task, place)

    def _ask(self, found: int, version: int, task: int, place: int) -> None:
        """Fetch an object now, or when one of those under way has come."""
        if self._under_way < self._limit:
            self._fetch(found, version, task, place)
        else:
            heappush(self._queue, (self._view.priority[task], task, place, found, version))

    def _fetch(self, found: int, version: int, task: int, place: int) -> None:
        self._under_way += 1
        desk = self._desk
        desk.give(Fetch(desk.number(), found, version, task, place))

    def fetched(self, op: int) -> list[int]:
        """An object came: the tasks that now lack nothing, in the order in which they asked."""
        found: int = self._desk.close(op).object
        self._under_way -= 1
        if self._queue:
            self._follow()
        return self.arrived(found)

    def ended(self, op: int) -> int:
        """A fetch is over: of which object. The next one that waits can begin."""
        found: int = self._desk.close(op).object
        self._under_way -= 1
        if self._queue:
            self._follow()
        return found

    def arrived(self, found: int) -> list[int]:
        """An object is here, and counts: the tasks that now lack nothing, in the order in which they asked."""
        self.local.add(found)
        missing, complete = self._missing, []
        for task in self._coming.pop(found):
            missing[task] -= 1
            if not missing[task]:
                del missing[task]
                complete.append(task)
        return complete

    def _follow(self) -> None:
        """The next one can be fetched."""
        if self._queue:
            _, task, place, following, version = heappop(self._queue)
            self._fetch(following, version, task, place)

    def forget(self, task: int) -> None:
        """A task is not to run here: what is asked for on its account alone, and not under way yet, is not fetched."""
        if self._missing.pop(task, None) is None:
            return
        for found in self._view.inputs[task]:
            if task in self._coming.get(found, ()):
                self._coming[found].remove(task)
        unwanted = [asked for asked in self._queue if asked[1] == task and not self._coming[asked[3]]]
        for asked in unwanted:
            self._queue.remove(asked)
            del self._coming[asked[3]]
        heapify(self._queue)

    def waits_for(self, found: int) -> list[int]:
        """The tasks that wait for an object under way."""
        return self._coming.get(found, [])

    def dismiss(self, found: int) -> None:
        """An object under way does not come, and nobody waits for it."""
        self._under_way -= 1
        del self._coming[found]
        self._follow()

    # streams ----------------------------------------------------------------------------------------------

    def can_stream(self, objects: Collection[int]) -> bool:
        """Whether there is room to fetch all of these at once, and none is here or coming."""
        room = self._limit - self._under_way
        return len(objects) <= room and not any(found in self.local or found in self._coming for found in objects)

    def stream(self, task: int, place: int, found: int, version: int, chunks: int) -> int:
        """Ask for an object that is still being made, chunk by chunk; the number of the operation."""
        self._under_way += 1
        self._coming[found] = []
        op = self._desk.number()
        self._desk.give(Fetch(op, found, version, task, place, chunks))
        return op

    def release(self, found: int) -> None:
        """An object that came in a stream is not here, after all."""
        self._coming.pop(found, None)

    @property
    def is_waiting(self) -> bool:
        """Whether some task still lacks inputs."""
        return bool(self._missing)

    @property
    def waiting(self) -> dict[int, int]:
        """Tasks that still lack inputs, and how many."""
        return dict(self._missing)
