"""What a run left: the plain facts, real or simulated, of which its tables, its bill and the `Run` itself are made.

All times are whole nanoseconds of one clock; `NOT_YET` stands for what never happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from executor.faults.script import FaultScript
from executor.pool.waits import Waited
from planners.plan import Plan
from platforms import Platform
from workloads import Workflow

NOT_YET: Final = -1


class Sandbox(Protocol):
    """An instance. ``ended_ns`` is None, or negative, while it is there."""

    @property
    def serial(self) -> int:
        """Its number on the platform."""

    @property
    def memory_mb(self) -> int:
        """Its size."""

    @property
    def origin(self) -> str:
        """Why it was made: ``initial``, or whom it started for."""

    @property
    def uses(self) -> int:
        """How many invocations, prewarms included, it served."""

    @property
    def created_ns(self) -> int:
        """When it began to start."""

    @property
    def ended_ns(self) -> int | None:
        """When it was reclaimed, or died."""


class Stay(Protocol):
    """A use of an instance, from the request on: of a worker, or of nobody (a prewarm)."""

    @property
    def memory_mb(self) -> int:
        """The size that was asked for."""

    @property
    def instance(self) -> Sandbox:
        """Where it was; not to be asked for before it was admitted."""

    @property
    def cold(self) -> bool:
        """Whether the instance was made for it."""

    @property
    def waited(self) -> Waited:
        """What it waited for before it was admitted."""

    @property
    def requested_ns(self) -> int:
        """When the platform took the call."""

    @property
    def admitted_ns(self) -> int:
        """When it got its instance."""

    @property
    def provisioned_ns(self) -> int:
        """When the instance began to initialize; where nothing did, when it was admitted."""

    @property
    def started_ns(self) -> int:
        """When its handler ran."""

    @property
    def ended_ns(self) -> int:
        """When it was over."""


class Delivery(Stay, Protocol):
    """One delivery of a worker, by its place among all."""

    @property
    def worker(self) -> int:
        """Which worker (`executor.worker.view`)."""

    @property
    def epoch(self) -> int:
        """Which of its attempts."""

    @property
    def status(self) -> str:
        """How it ended: what its machine said when it left, or ``killed``; or how far it is."""

    @property
    def task(self) -> int:
        """For which task it was called."""


class Requests(Protocol):
    """Requests that are billed one by one."""

    gets: int
    puts: int
    ledger_requests: int
    notifications: int


@dataclass(frozen=True, eq=False, slots=True)
class Left:
    """What one run left, apart from its operations.

    ``commits`` are (task, row of the operation that committed it), each task once; ``version_of`` tells a task's
    committed version (0: none); ``may_run_twice`` says whether an invocation may have run a task more than once, each
    to its end, because what it had read ahead was void.
    """

    workflow: Workflow
    plan: Plan
    platform: Platform
    seed: int
    faults: FaultScript | None
    """What was to go wrong, besides the platform's rates."""
    worker_name: Callable[[int], str]
    deliveries: Sequence[Delivery]
    prewarms: Sequence[Stay]
    instances: Sequence[Sandbox]
    requests: Requests
    commits: Sequence[tuple[int, int]]
    version_of: Callable[[int], int]
    may_run_twice: bool
    submitted_ns: int
    done_ns: int | None
    """When the last goal was committed."""
    last_row: int
    """The operation that committed it."""
    failure: str | None
    lost: int | None
    """Place of the delivery after which the platform gave a worker up."""
    widths: Mapping[int, int] = field(default_factory=dict)
    """Per splitter of a map node that was committed, how many of its lanes were to run."""
    n_committed: int | None = None
    """How many tasks are committed; None: only ``commits`` tell."""

    @property
    def makespan_ns(self) -> int | None:
        """From the submission to the last goal; None if the run failed."""
        return None if self.done_ns is None or self.failure is not None else self.done_ns - self.submitted_ns
