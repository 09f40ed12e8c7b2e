"""How fast the instances of a platform may be, for their briefs."""

from __future__ import annotations

from executor.instance.brief import Pace
from platforms import Platform


def pace_of(platform: Platform) -> Pace:
    """The platform's network and latencies; of a latency that is drawn, what it is on average."""
    network, instance = platform.network, platform.network.instance
    return Pace(
        connection_bytes_per_s=network.connection_bytes_per_s,
        burst_bytes=instance.burst_bytes if instance else None,
        burst_bytes_per_s=instance.burst_bytes_per_s if instance else None,
        sustained_bytes_per_s=instance.sustained_bytes_per_s if instance else None,
        refill_s=instance.refill_s if instance else None,
        joined=network.directions == "joined",
        get_s=platform.store.get_latency_s.mean_s,
        put_s=platform.store.put_latency_s.mean_s,
        request_s=platform.ledger.request_s.mean_s,
        notify_s=platform.ledger.notify_s.mean_s,
    )
