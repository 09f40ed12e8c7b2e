"""What the platform's front needs of the driver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from executor.worker.events import WorkerEvent
from sim.clock import Clock
from sim.job import Invocation, Job, Party
from sim.pool import Pool

OVER_LIMIT = "over the platform's limit"
"""Why the platform refuses a call."""


class Left(Protocol):
    """Who has to know of invocations that are over."""

    def leaves(self, invocation: Invocation) -> None:
        """An invocation is over."""


class Steps(Protocol):
    """Time, the pool, and machines told of what happened."""

    clock: Clock
    pool: Pool
    cause: int
    finished: Callable[[Job], None] | None
    """Told of a job when its last invocation has ended."""

    @property
    def streams(self) -> Left | None:
        """Who has to know of invocations that are over, if anybody."""

    def step(self, party: Party, event: WorkerEvent, row: int) -> None:
        """Tell a machine something, caused by the operation of ``row``."""

    def give_up_operations(self, *over: Invocation) -> None:
        """Note what invocations that are over were still doing on their instances."""
