"""What is kept of requests: columns of plain numbers, so that a million of them take little memory."""

from __future__ import annotations

from array import array
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from executor.records.left import NOT_YET
from executor.records.table import Table
from platforms.sections import Prices
from sim.clock import NS_PER_S
from sim.job import Invocation, Job, Prewarming

T = TypeVar("T", int, NDArray[np.int64])

UNKNOWN = -1
"""The latency of a request that is not complete."""


class Requests:
    """The books: an entry of each column per request, by its number, and one per stay on an instance."""

    __slots__ = (
        "_stays",
        "arrival_ns",
        "cold",
        "cost_usd",
        "failures",
        "latency_ns",
        "refusals",
        "wait_ns",
        "warm",
        "workflow",
    )

    def __init__(self) -> None:
        self.arrival_ns, self.latency_ns, self.wait_ns = array("q"), array("q"), array("q")
        self.workflow, self.cold, self.warm, self.refusals = array("i"), array("i"), array("i"), array("i")
        self.cost_usd = array("d")
        self.failures: dict[int, str] = {}
        self._stays = array("i"), array("i"), array("q"), array("q")

    def __len__(self) -> int:
        return len(self.arrival_ns)

    def add(self, arrival_ns: int, workflow: int) -> int:
        """A request that arrives, of which nothing else is known yet; its number."""
        self.arrival_ns.append(arrival_ns)
        self.workflow.append(workflow)
        self.latency_ns.append(UNKNOWN)
        self.wait_ns.append(0)
        self.cold.append(0)
        self.warm.append(0)
        self.refusals.append(0)
        self.cost_usd.append(0.0)
        return len(self.arrival_ns) - 1

    def add_stay(self, number: int, instance: int, begin_ns: int, end_ns: int) -> None:
        """A request keeps an instance, starting or busy, for a while."""
        numbers, instances, begins_ns, ends_ns = self._stays
        numbers.append(number)
        instances.append(instance)
        begins_ns.append(begin_ns)
        ends_ns.append(end_ns)

    def close(self, job: Job) -> None:
        """Enter what became of a request that was a job."""
        number, complete = job.number, job.done_ns is not None and job.failure is None
        if complete and job.done_ns is not None:
            self.latency_ns[number] = job.done_ns - job.submitted_ns
        else:
            self.failures[number] = job.failure or ""
        started = [invocation for invocation in job.invocations if invocation.admitted_ns != NOT_YET]
        self.cold[number] = sum(invocation.cold for invocation in started)
        self.warm[number] = len(started) - self.cold[number]
        self.wait_ns[number] = sum(invocation.admitted_ns - invocation.requested_ns for invocation in started)
        self.refusals[number] = job.counters.refusals
        stays: list[Invocation | Prewarming] = [
            *started,
            *(each for each in job.prewarmings if each.ended_ns != NOT_YET),
        ]
        for stay in stays:
            self.add_stay(number, stay.instance.serial, stay.admitted_ns, stay.ended_ns)
        self.cost_usd[number] = _cost_usd(job, stays, len(started))

    def table(self) -> Table:
        """A row per request, in order of arrival."""
        latency_ns = np.array(self.latency_ns)
        complete = latency_ns != UNKNOWN
        failure = np.full(len(self), "", dtype=object)
        for number, text in self.failures.items():
            failure[number] = text
        return Table(
            {
                "arrival_s": np.array(self.arrival_ns) / NS_PER_S,
                "workflow": np.array(self.workflow),
                "status": np.array(["failed", "complete"], dtype=object)[complete.astype(np.int8)],
                "latency_s": np.where(complete, latency_ns / NS_PER_S, np.nan),
                "wait_s": np.array(self.wait_ns) / NS_PER_S,
                "cold_starts": np.array(self.cold),
                "warm_starts": np.array(self.warm),
                "refusals": np.array(self.refusals),
                "cost_usd": np.array(self.cost_usd),
                "failure": failure,
            }
        )

    def stays(self) -> Table:
        """A row per stay, in the order in which they began."""
        number, instance, begin_ns, end_ns = (np.array(column) for column in self._stays)
        order = np.lexsort((instance, number, begin_ns))
        return Table(
            {
                "request": number[order],
                "instance": instance[order],
                "begin_s": begin_ns[order] / NS_PER_S,
                "end_s": end_ns[order] / NS_PER_S,
            }
        )


def _cost_usd(job: Job, stays: list[Invocation | Prewarming], n_invocations: int) -> float:
    prices, counters = job.setting.platform.prices, job.counters
    gb_s = 0.0
    for stay in stays:
        from_ns = stay.provisioned_ns if stay.cold and prices.bill_init else stay.started_ns
        gb_s += billed_ns(prices, stay.ended_ns - from_ns) / NS_PER_S * stay.memory_mb / 1024
    fees = fees_usd(
        prices,
        n_invocations=n_invocations,
        n_prewarms=len(stays) - n_invocations,
        gets=counters.gets,
        puts=counters.puts,
        ledger_requests=counters.ledger_requests,
        notifications=counters.notifications,
    )
    return gb_s * prices.usd_per_gb_s + fees


def billed_ns(prices: Prices, ran_ns: T) -> T:
    """What is billed of a time on an instance."""
    step_ns = round(prices.billing_step_s * NS_PER_S)
    return -(-ran_ns // step_ns) * step_ns


def fees_usd(
    prices: Prices,
    *,
    n_invocations: int,
    n_prewarms: int,
    gets: int,
    puts: int,
    ledger_requests: int,
    notifications: int,
) -> float:
    """What a run costs besides its GB-seconds and the store's standing cost."""
    return (
        n_invocations * (prices.usd_per_invocation + prices.orchestration_usd_per_invocation)
        + n_prewarms * prices.usd_per_invocation
        + gets * prices.usd_per_get
        + puts * prices.usd_per_put
        + ledger_requests * prices.usd_per_ledger_request
        + notifications * prices.usd_per_notification
    )
