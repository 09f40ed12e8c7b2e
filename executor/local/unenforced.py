"""What of a platform's description real instances on this machine do not follow."""

from __future__ import annotations

import os

from platforms import Platform


def unenforced(platform: Platform) -> tuple[str, ...]:
    """One line for each field that is set and has no effect on a real run here, with what holds instead."""
    cores, store = os.cpu_count() or 1, platform.store
    found = {
        f"host.cores = {platform.host.cores or 'none'}: this host has {cores}": platform.host.cores != cores,
        "store.total_bytes_per_s: instances do not share a rate": platform.store_bytes_per_s is not None,
        "store.get_requests_per_s: gets are not counted": store.get_requests_per_s is not None,
        "store.put_requests_per_s: puts are not counted": store.put_requests_per_s is not None,
        "noise: what tasks really take has its own": bool(platform.noise.sigma or platform.noise.straggler_probability),
        "faults.rates: nothing goes wrong on purpose": any(platform.faults.rates.model_dump().values()),
        "limits.memory_holds_objects = false: what a worker holds counts": not platform.limits.memory_holds_objects,
    }
    return tuple(line for line, is_so in found.items() if is_so)
