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


class View(Struct, frozen=True, gc=False):
    """Tasks are 0…n−1, objects 0…m−1, named workers 0…k−1; the flexible worker of task t is k + t."""

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
    poll_ns: int | None
    """How long somebody who waits for messages waits before asking whether one was lost; None: for ever."""

    @property
    def n_workers(self) -> int:
        """Number of named workers."""
        return len(self.tasks_of)

    def worker_for(self, task: int) -> int:
        """The logical worker that runs ``task`` if it has to be invoked for it."""
        worker = self.worker_of[task]
        return worker if worker != FLEXIBLE else len(self.tasks_of) + task

    def size_of(self, worker: int) -> int:
        """Memory of a worker, in MB."""
        return self.memory_mb[worker] if worker < len(self.tasks_of) else self.flexible_mb

    def is_frugal(self, worker: int) -> bool:
        """Whether a worker lets go of objects that it needs no more."""
        return self.frugal[worker] if worker < len(self.tasks_of) else self.flexible_is_frugal

    def slots_of(self, worker: int) -> int:
        """How many tasks a worker runs at once."""
        return self.slots[worker] if worker < len(self.tasks_of) else self.flexible_slots


def marker_of(worker: int, epoch: int) -> int:
    """The number of an epoch of a worker: who marked an edge, and the version of what it commits. Positive."""
    return (worker + 1) << _EPOCH_BITS | epoch


def split_marker(marker: int) -> tuple[int, int]:
    """The worker and epoch of a marker."""
    return (marker >> _EPOCH_BITS) - 1, marker & ((1 << _EPOCH_BITS) - 1)


def same_worker(marker: int, other: int) -> bool:
    def holds(self, worker: int) -> bool:
        """Whether a worker without work waits for its tasks to come (billed), or exits to be invoked again."""
        return self.hold[worker] if worker < len(self.tasks_of) else True

    """Whether two markers are epochs of one worker."""
    return marker >> _EPOCH_BITS == other >> _EPOCH_BITS
