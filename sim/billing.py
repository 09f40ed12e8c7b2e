"""Billing: what a run used, at the platform's prices."""

from __future__ import annotations

import numpy as np

from executor.records.bill import Bill, Item
from sim.clock import NS_PER_S
from sim.job import NOT_YET, Job
from sim.stays import Stays


def make_bill(job: Job, stays: Stays) -> Bill:
    """The items, in a fixed order, those of no quantity included."""
    prices, counters = job.setting.platform.prices, job.counters
    gb_s = stays.billed_ns / NS_PER_S * stays.memory_mb / 1024
    served, prewarms = stays.admitted & ~stays.is_prewarm, stays.admitted & stays.is_prewarm
    n_prewarms = int(np.count_nonzero(prewarms))
    n_invocations = int(np.count_nonzero(served))
    ended_ns = int(stays.ended_ns.max(initial=NOT_YET))
    last_ns = max([ended_ns] if job.done_ns is None else [ended_ns, job.done_ns])
    last_s = max(0.0, (last_ns - job.submitted_ns) / NS_PER_S) if last_ns != NOT_YET else 0.0
    return Bill(
        (
            Item("compute", float(gb_s[served].sum()), "GB-s", prices.usd_per_gb_s),
            Item("invocations", n_invocations, "invocation", prices.usd_per_invocation),
            Item("prewarm compute", float(gb_s[prewarms].sum()), "GB-s", prices.usd_per_gb_s),
            Item("prewarm invocations", n_prewarms, "invocation", prices.usd_per_invocation),
            Item("orchestration", n_invocations, "invocation", prices.orchestration_usd_per_invocation),
            Item("store gets", counters.gets, "request", prices.usd_per_get),
            Item("store puts", counters.puts, "request", prices.usd_per_put),
            Item("ledger requests", counters.ledger_requests, "request", prices.usd_per_ledger_request),
            Item("notifications", counters.notifications, "message", prices.usd_per_notification),
            Item("store standing", last_s / 3600, "hour", prices.store_usd_per_hour),
        )
    )
