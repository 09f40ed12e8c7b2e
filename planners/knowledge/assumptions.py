"""What is assumed where nothing is known: the same figures for all tasks, objects and starts.

Only their order of magnitude means anything: that of a public cloud (AWS Lambda with S3, see `docs/knowledge.md`). A
planner that goes by them sees the structure of the workflow and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from platforms import Platform
from platforms.faults import Faults
from platforms.pool import Pool
from platforms.section import Section
from platforms.sections import Host, Noise

S = TypeVar("S", bound=Section)


@dataclass(frozen=True)
class Assumptions:
    """One figure of each kind."""

    run_s: float = 1.0
    """Of any task on one vCPU; below one in inverse proportion, above one no faster."""
    object_bytes: int = 1_000_000
    cold_s: float = 0.4
    init_s: float = 0.1
    """The billed part of `cold_s`."""
    warm_s: float = 0.02
    call_s: float = 0.05
    request_s: float = 0.005
    notify_s: float = 0.005
    get_s: float = 0.03
    put_s: float = 0.04
    bytes_per_s: float = 90e6


ASSUMED = Assumptions()


def changed(section: S, **fields: Any) -> S:
    """A table of a platform with some fields changed, checked as one that is read."""
    known = {name: getattr(section, name) for name in type(section).model_fields}
    return type(section)(**(known | fields))


def published(platform: Platform, **tables: Section) -> Platform:
    """What a provider publishes of a platform, and other tables in place of those whose figures only runs show.

    What the platform does besides, out of sight, is left out: noise, faults, a host's cores, idle instances, and the
    network's and the store's totals.
    """
    network = changed(tables.pop("network", platform.network), model="independent", instance=None)
    store = changed(tables.pop("store", platform.store), total_bytes_per_s=None)
    unseen: dict[str, object] = {"host": Host(), "noise": Noise(), "pool": Pool(), "faults": Faults(), "sources": {}}
    return changed(platform, **(unseen | {"network": network, "store": store} | tables))


def blind_platform(platform: Platform, assumed: Assumptions = ASSUMED) -> Platform:
    """A platform of which no run was ever seen."""
    return published(
        platform,
        start=changed(
            platform.start,
            provisioning_s=assumed.cold_s - assumed.init_s,
            init_s=assumed.init_s,
            init_by_size=(),
            init_s_per_package_mb=0,
            warm_s=assumed.warm_s,
        ),
        invocation=changed(platform.invocation, call_s=assumed.call_s),
        ledger=changed(platform.ledger, request_s=assumed.request_s, notify_s=assumed.notify_s),
        network=changed(platform.network, connection_bytes_per_s=assumed.bytes_per_s),
        store=changed(platform.store, get_latency_s=assumed.get_s, put_latency_s=assumed.put_s),
    )
