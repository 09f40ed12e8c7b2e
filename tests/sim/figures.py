"""A platform of constant figures, on which a run is a sum that can be done by hand.

Call .1 s, provisioning .3, initialization .2, warm start .04, get .03, put .05, 1 MB/s, a ledger request .01, a
notification .005; one vCPU and one slot a worker; four transfers at a time, one call at a time; no keep-alive.
"""

from __future__ import annotations

from platforms import Platform, load_platform

MS = 1_000_000
"""Nanoseconds in a millisecond."""

CALL, COLD, WARM, DOWN, UP, COMMIT, READ, NOTIFY, RUN = 100, 500, 40, 1030, 1050, 10, 10, 5, 1000
"""Milliseconds; up and down for a megabyte, and a task of one second."""


def figures(**overrides: object) -> Platform:
    """The platform, with some fields set otherwise."""
    return load_platform(
        "ideal",
        {
            "call_s": 0.1,
            "callers": 1,
            "client_callers": 1,
            "provisioning_s": 0.3,
            "start.init_s": 0.2,
            "warm_s": 0.04,
            "get_latency_s": 0.03,
            "put_latency_s": 0.05,
            "ledger.request_s": 0.01,
            "notify_s": 0.005,
            "connection_bytes_per_s": 1e6,
            "parallel_transfers": 4,
            "keep_alive_s": 0.0,
        }
        | overrides,
    )
