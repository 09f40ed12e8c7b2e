"""The view: what a machine knows of its workflow, plan and platform, as plain tuples of integers.

A worker's cold start is part of every result, so nothing here needs more than the standard library and
msgspec: `executor.view` makes a `View` from the arrays of a workflow.
"""

from enum import IntEnum

from msgspec import Struct

from .retry import Retry

FLEXIBLE = -1
"""``worker_of`` of a task that no worker is named for."""
INITIAL = -1
"""``producer`` of an object that is in the store from the start."""
VOID = -1
"""The version of a task that is never run: its lane is beyond the width of its map node. No marker is equal to it."""


_EPOCH_BITS = 32


class Route(IntEnum):
    """Where the children of a task run, as far as the plan says."""

    LOCAL = 0
    """All on the task's own worker, which then needs nobody: no upload, no mark."""
    ELSEWHERE = 1
    """Some on another named worker, or the task has a result: upload, then mark."""
    OPEN = 2
    """Some on no named worker: who makes them ready decides."""


class EarlyStart(Struct, frozen=True, gc=False, array_like=True):
    """A worker to be called when a task has run, or so long after it began if that is sooner.

    ``task`` is the worker's own, for which it is called.
    """

    worker: int
    task: int
    memory_mb: int
    after_ns: int | None = None


class Delay(Struct, frozen=True, gc=False, array_like=True):
    """Delayed I/O: outputs of so many bytes are held back for so long (`held`).

    With ``retry_ns`` the worker sleeps for so long, times the number of tries, and looks; without, it is told.
    """

    threshold_bytes: int
    patience_ns: int
    retry_ns: int | None = None


class MapLanes(Struct, frozen=True, gc=False, array_like=True):
    """A map node: the tasks of each lane it may have, and what its splitter makes for that lane alone."""

    lanes: tuple[tuple[int, ...], ...]
    items: tuple[tuple[int, ...], ...]

    def void(self, width: int) -> list[int]:
        """The tasks that are not run if so many lanes are."""
        return [task for lane in self.lanes[width:] for task in lane]


class View(Struct, frozen=True, gc=False):
    """Tasks are 0…n−1, objects 0…m−1, named workers 0…k−1; the flexible worker of task t is k + t.

    The worker of a backup copy of task t is k + n + t.
    """

    parents: tuple[tuple[int, ...], ...]
    children: tuple[tuple[int, ...], ...]
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    consumers: tuple[tuple[int, ...], ...]
    producer: tuple[int, ...]
    is_result: tuple[bool, ...]
    priority: tuple[int, ...]
    worker_of: tuple[int, ...]
    tasks_of: tuple[tuple[int, ...], ...]
    """Tasks of each named worker, parents before children."""
    memory_mb: tuple[int, ...]
    hold: tuple[bool, ...]
    slots: tuple[int, ...]
    flexible_mb: int
    flexible_slots: int
    frugal: tuple[bool, ...]
    """Whether a named worker lets go of objects that it needs no more: where memory may run short."""
    flexible_is_frugal: bool
    parallel_transfers: int
    callers: int
    client_callers: int
    route: tuple[Route, ...]
    uploads: tuple[tuple[int, ...], ...]
    """Outputs that a consumer on another named worker needs, or that are results."""
    local_parents: tuple[int, ...]
    """Number of parents on the task's own named worker."""
    remote_edges: tuple[int, ...]
    """Number of edges that must be marked before the task can run: parents that are not local."""
    goals: tuple[int, ...]
    """Tasks the client waits for: those without a child, and those with a result."""
    is_goal: tuple[bool, ...]
    call_again: Retry
    """Repetition of refused calls."""
    again: Retry
    """Repetition of everything else that fails: fetches, runs, uploads, requests."""
    preloads: frozenset[int]
    """Tasks whose inputs are fetched as soon as each is there."""
    hear_of: dict[int, tuple[int, ...]]
    """Per task, those of its children whose workers want to hear of its commit before they are ready."""
    calls_early: dict[int, tuple[EarlyStart, ...]]
    """Per task, the workers that are called while what they wait for is still made, or published."""
    object_bytes: tuple[int, ...]
    """Sizes of the objects, where an optimization depends on them; else empty."""
    clustered: frozenset[int]
    """Flexible tasks with outputs so large that whoever ran one goes on with all its children that are ready."""
    cluster_fan_in_bytes: int | None
    """Who holds so much of a complete flexible task's input goes on with it, busy or not; None: no such thing."""
    copied: frozenset[int]
    """Tasks that several workers may run: what they made counts once it is committed, even where it was made."""
    duplicates: dict[int, tuple[tuple[int, int], ...]]
    """Per task that may wait for such parents: those that its own worker may run too, each with its patience in ns."""
    backup_after_ns: dict[int, int]
    """Per task: how long a run of it may take before a copy is started on a fresh worker."""
    delay_io: Delay | None
    """What flexible workers hold back; None: nothing."""
    fan_out_helpers: int | None
    """With more calls than that to make, those that are called first help; None: nobody helps."""
    streams: dict[int, tuple[int, ...]]
    """Per task, those of its children that read what it makes while it is made."""
    reads_ahead: dict[int, tuple[int, ...]]
    """Per task, those of its parents."""
    chunks: dict[int, int]
    """Per object that is read while it is made, in how many chunks."""
    poll_ns: int | None
    """How long somebody who waits for messages waits before asking whether one was lost; None: for ever."""
    goes_on_for_ns: int | None = None
    """How long after it began a worker goes on with flexible tasks; then others do. None: as long as there are any."""
    maps: dict[int, MapLanes] = {}
    """Map nodes, by the task whose list it is: their splitter."""
    lane_of: dict[int, tuple[int, int]] = {}
    """Per task of a lane, its splitter, and the index of the lane."""

    @property
    def n_workers(self) -> int:
        """Number of named workers."""
        return len(self.tasks_of)

    def worker_for(self, task: int) -> int:
        """The logical worker that runs ``task`` if it has to be invoked for it."""
        worker = self.worker_of[task]
        return worker if worker != FLEXIBLE else len(self.tasks_of) + task

    def copy_worker(self, task: int) -> int:
        """The logical worker of a backup copy."""
        return len(self.tasks_of) + len(self.parents) + task

    def is_copy_worker(self, worker: int) -> bool:
        """Whether a worker is there for a backup copy."""
        return worker >= len(self.tasks_of) + len(self.parents)

    def first_task(self, worker: int) -> int:
        """The task for which a worker without a name is invoked."""
        return (worker - len(self.tasks_of)) % len(self.parents)

    def is_copy(self, worker: int, task: int) -> bool:
        """Whether ``task``, run by ``worker``, is a copy of what another one is to run."""
        if worker < len(self.tasks_of):
            return self.worker_of[task] != worker
        return self.copy_worker(task) == worker

    def goes_on(self, worker: int) -> bool:
        """Whether a worker may go on with flexible tasks."""
        if worker < len(self.tasks_of):
            return False
        return not self.is_copy_worker(worker) or self.worker_of[self.first_task(worker)] == FLEXIBLE

    def size_of(self, worker: int) -> int:
        """Memory of a worker, in MB; a backup copy has what the task has by plan."""
        if worker < len(self.tasks_of):
            return self.memory_mb[worker]
        if self.is_copy_worker(worker):
            return self.size_of(self.worker_for(self.first_task(worker)))
        return self.flexible_mb

    def holds(self, worker: int) -> bool:
        """Whether a worker without work waits for its tasks to come (billed), or exits to be invoked again."""
        return self.hold[worker] if worker < len(self.tasks_of) else True

    def is_frugal(self, worker: int) -> bool:
        """Whether a worker lets go of objects that it needs no more."""
        if worker < len(self.tasks_of):
            return self.frugal[worker]
        if self.is_copy_worker(worker):
            return self.is_frugal(self.worker_for(self.first_task(worker)))
        return self.flexible_is_frugal

    def slots_of(self, worker: int) -> int:
        """How many tasks a worker runs at once."""
        if worker < len(self.tasks_of):
            return self.slots[worker]
        return self.flexible_slots if self.goes_on(worker) else 1


def marker_of(worker: int, epoch: int) -> int:
    """The number of an epoch of a worker: who marked an edge, and the version of what it commits. Positive."""
    return (worker + 1) << _EPOCH_BITS | epoch


def split_marker(marker: int) -> tuple[int, int]:
    """The worker and epoch of a marker."""
    return (marker >> _EPOCH_BITS) - 1, marker & ((1 << _EPOCH_BITS) - 1)


def same_worker(marker: int, other: int) -> bool:
    """Whether two markers are epochs of one worker."""
    return marker >> _EPOCH_BITS == other >> _EPOCH_BITS
