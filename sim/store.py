"""The store's request rates: gets and puts over them are denied, and tried again by who asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from executor.pool.ramp import Ramp
from executor.records.operations import Outcome
from executor.worker.instructions import Fetch, Upload
from platforms.sections import Store
from sim.clock import Clock
from sim.job import Invocation
from sim.operation import Operation

Carry = Callable[[Any, Any], Any]


class Denier(Protocol):
    """What is needed of the driver."""

    clock: Clock

    def deny(self, invocation: Invocation, transfer: Fetch | Upload, reason: str, outcome: int) -> Operation:
        """The store takes its latency to say no."""


class RequestRate:
    """Carries out gets, or puts, as long as there are tokens: a second's worth at most at once."""

    __slots__ = ("_driver", "_reason", "_tokens", "_usual")

    def __init__(self, driver: Denier, usual: Carry, per_s: float, what: str) -> None:
        self._driver = driver
        self._usual = usual
        self._tokens = Ramp(per_s, max(1, int(per_s)))
        self._reason = f"the store serves {per_s:g} {what} a second"

    def __call__(self, invocation: Invocation, transfer: Fetch | Upload) -> Any:
        """One get or put: carried out, or denied."""
        if self._tokens.take(self._driver.clock.now_ns):
            return self._usual(invocation, transfer)
        return self._driver.deny(invocation, transfer, self._reason, Outcome.THROTTLED)


def limit_requests(driver: Denier, store: Store, table: dict[type, Carry]) -> dict[type, Carry]:
    """What is carried out otherwise, where the store limits gets or puts."""
    limited: dict[type, Carry] = {}
    if store.get_requests_per_s is not None:
        limited[Fetch] = RequestRate(driver, table[Fetch], store.get_requests_per_s, "gets")
    if store.put_requests_per_s is not None:
        limited[Upload] = RequestRate(driver, table[Upload], store.put_requests_per_s, "puts")
    return limited
