"""The platform's account of a run: which invocations it took, where they ran, what they were held to, what was used.

Written to ``platform.msgpack`` in the run's folder when the run has ended, however it ended. Times are ns of the host's
monotonic clock; −1 stands for what never happened.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

ACCOUNT: Final = "platform.msgpack"
NOT_YET: Final = -1


class Waits(Struct, frozen=True, array_like=True):
    """What a request waited for before it was admitted, as `executor.pool.waits.Waited`."""

    concurrency_ns: int = 0
    size_concurrency_ns: int = 0
    ramp_ns: int = 0


class InvocationAccount(Struct, frozen=True):
    """One delivery of a worker, or a prewarm (worker −1)."""

    number: int
    """Its place among the run's deliveries, by which its records are named; among the prewarms, for one of these."""
    worker: int
    epoch: int
    delivery: int
    """Which of the worker's deliveries, from 1: a next epoch that a worker called for is a first delivery."""
    task: int
    memory_mb: int
    caller: int
    """The number of the delivery whose worker called for it; −1: the client, or the platform itself."""
    op: int
    """The call's, by its caller's count; −1 if the platform delivered it again by itself."""
    instance: int
    """The serial number of the instance; −1 if it was never admitted."""
    cold: bool
    requested_ns: int
    admitted_ns: int
    provisioned_ns: int
    started_ns: int
    ended_ns: int
    noticed_ns: int
    """When the platform knew that it had died, or failed."""
    waited: Waits
    status: str
    reason: str
    """Why it failed, or was killed."""
    cpu_ns: int
    """CPU time that its instance used meanwhile."""


class InstanceAccount(Struct, frozen=True):
    """One instance; what it used is of its whole life so far, other runs' share included."""

    serial: int
    memory_mb: int
    origin: str
    uses: int
    pid: int
    created_ns: int
    booted_ns: int
    """When its interpreter ran."""
    up_ns: int
    """When all that it imports by itself was imported."""
    ended_ns: int
    ending: str
    """How its process ended; empty while it is there."""
    cpu_ns: int
    peak_memory_mb: float
    vcpus: float
    cpu_limit: str
    """By what means it was held to its vCPUs; ``none: ...`` says why it was not."""
    memory_limit: str
    troubles: tuple[str, ...]
    """Limits that should have been enforced, and were not."""


class PlatformAccount(Struct, frozen=True):
    """All that the platform knows of one run."""

    submitted_ns: int
    ended_ns: int
    status: str
    """How the client's machine left: ``done``, ``failed``, ``stopped``."""
    failure: str
    lost: int
    """The number of the delivery after which the platform gave a worker up; −1: none."""
    refusals: int
    """Calls that were refused, which cost nothing."""
    seed: int
    invocations: tuple[InvocationAccount, ...]
    prewarms: tuple[InvocationAccount, ...]
    instances: tuple[InstanceAccount, ...]
    """Those that were there when it was submitted, used or not, and those that served it."""
    unenforced: tuple[str, ...]
    """Fields of the platform's description that a real platform on this machine does not follow."""
    n_committed: int | None = None
    """Of a run that failed: how many tasks are committed, by this or a former attempt at it; None if nobody could say.
    """
    host: dict[str, str] = {}
    """Cores, interpreter, system."""
