"""Billing: what a run used, at the platform's prices."""

from __future__ import annotations

import numpy as np

from executor.records.bill import Bill, Item
from executor.records.left import NOT_YET, Left
from executor.records.measured import NS_PER_S
from executor.records.stays import Stays


def make_bill(left: Left, stays: Stays) -> Bill:
    """The items, in a fixed order, those of no quantity included."""
    prices, requests = left.platform.prices, left.requests
    gb_s = stays.billed_ns / NS_PER_S * stays.memory_mb / 1024
    served, prewarms = stays.admitted & ~stays.is_prewarm, stays.admitted & stays.is_prewarm
    n_prewarms = int(np.count_nonzero(prewarms))
    n_invocations = int(np.count_nonzero(served))
    ended_ns = int(stays.ended_ns.max(initial=NOT_YET))
    last_ns = max([ended_ns] if left.done_ns is None else [ended_ns, left.done_ns])
    last_s = max(0.0, (last_ns - left.submitted_ns) / NS_PER_S) if last_ns != NOT_YET else 0.0
    return Bill(
        (
            Item("compute", float(gb_s[served].sum()), "GB-s", prices.usd_per_gb_s),
            Item("invocations", n_invocations, "invocation", prices.usd_per_invocation),
            Item("prewarm compute", float(gb_s[prewarms].sum()), "GB-s", prices.usd_per_gb_s),
            Item("prewarm invocations", n_prewarms, "invocation", prices.usd_per_invocation),
            Item("orchestration", n_invocations, "invocation", prices.orchestration_usd_per_invocation),
            Item("store gets", requests.gets, "request", prices.usd_per_get),
            Item("store puts", requests.puts, "request", prices.usd_per_put),
            Item("ledger requests", requests.ledger_requests, "request", prices.usd_per_ledger_request),
            Item("notifications", requests.notifications, "message", prices.usd_per_notification),
            Item("store standing", last_s / 3600, "hour", prices.store_usd_per_hour),
        )
    )
