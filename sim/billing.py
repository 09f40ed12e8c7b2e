"""Billing: what a run used, at the platform's prices."""

from __future__ import annotations

import numpy as np

from executor.records.bill import Bill, Item
from executor.records.table import Table
from sim.clock import NS_PER_S
from sim.job import Job


def make_bill(job: Job, invocations: Table) -> Bill:
    """The items, in a fixed order, those of no quantity included."""
    prices, counters = job.setting.platform.prices, job.counters
    start = invocations["start"]
    prewarms = (start == "prewarm") | (start == "redundant prewarm")
    served = (start == "cold") | (start == "warm")
    gb_s = invocations["billed_s"] * invocations["memory_mb"] / 1024
    n_prewarms = int(np.count_nonzero(prewarms))
    n_invocations = int(np.count_nonzero(served))
    last_s = float(np.nanmax(invocations["ended_s"], initial=0.0))
    if job.done_ns is not None:
        last_s = max(last_s, (job.done_ns - job.submitted_ns) / NS_PER_S)
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
