"""A platform: where workflows run, described as data."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Literal

from pydantic import Field, model_validator

from platforms.errors import PlatformError, fault
from platforms.faults import Faults
from platforms.pool import Pool
from platforms.section import Section
from platforms.sections import (
    Cpu,
    Host,
    Invocation,
    KeepAlive,
    Ledger,
    Limits,
    Network,
    Noise,
    Prices,
    Routing,
    Sizes,
    Start,
    Store,
)
from platforms.toml import toml_document

NOT_SIMULATED_YET: Mapping[str, object] = MappingProxyType({})
"""Fields that the simulator does not carry out yet (none now), and the value that asks nothing of it."""


class Platform(Section):
    """A serverless platform with its store and its prices; immutable, equal by content."""

    schema_version: Literal[1] = 1
    """Version of this description's layout."""
    name: str = Field(min_length=1)
    """Name shown in results."""
    description: str = ""
    """What this platform is, in a sentence."""
    sizes: Sizes
    cpu: Cpu = Cpu()
    host: Host = Host()
    start: Start
    invocation: Invocation
    keep_alive: KeepAlive
    """When an idle instance is reclaimed."""
    routing: Routing = "most-recently-used"
    """Which idle instance of the size serves an invocation."""
    limits: Limits = Limits()
    network: Network
    store: Store
    ledger: Ledger
    prices: Prices
    noise: Noise = Noise()
    pool: Pool = Pool()
    faults: Faults = Faults()
    sources: Mapping[str, str] = {}
    """Where each figure comes from, by dotted path; a source holds for all that is under its path."""

    @model_validator(mode="after")
    def _legal_sizes(self) -> Platform:
        sizes_mb = {f"pool.initial.{i}": entry.memory_mb for i, entry in enumerate(self.pool.initial)}
        limited = enumerate(self.limits.concurrency_of_sizes)
        sizes_mb |= {f"limits.concurrency_of_sizes.{i}": entry.memory_mb for i, entry in limited}
        return self._require(
            *((f"{path}.memory_mb", self.sizes.legal, self.sizes.allows(mb)) for path, mb in sizes_mb.items())
        )

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    @property
    def store_bytes_per_s(self) -> float | None:
        """What all transfers of one direction share in the store; None where they do not."""
        return self.store.total_bytes_per_s if self.network.model == "shared" else None

    def vcpus(self, memory_mb: float) -> float:
        """The vCPUs of an instance of this size."""
        return min(memory_mb / self.sizes.mb_per_vcpu, self.sizes.max_vcpus or math.inf)

    def slots(self, memory_mb: float) -> int:
        """The tasks that a worker of this size runs at once."""
        whole = math.floor(self.vcpus(memory_mb) + 1e-9)  # a multiple of mb_per_vcpu may divide to just below
        return self.cpu.slots or max(1, whole)

    def check_size(self, memory_mb: float) -> None:
        """Raise PlatformError unless an instance can have this size."""
        if not self.sizes.allows(memory_mb):
            raise PlatformError([fault(self.name, "memory_mb", memory_mb, self.sizes.legal)])

    def unsupported(self) -> tuple[str, ...]:
        """Dotted paths of the fields that are set but not simulated yet."""
        neutral = NOT_SIMULATED_YET.items()
        return tuple(path for path, value in neutral if attrgetter(path)(self) != value)

    def without_effect(self) -> tuple[str, ...]:
        """Fields that are set and change nothing, because another field would have to be set, too."""
        if self.host.cores is None and self.host.chores:
            expected = f"a number, for {' and '.join(self.host.chores)} are CPU time on shared cores"
            return (fault(self.name, "host.cores", "none", expected),)
        path, total = "store.total_bytes_per_s", self.store.total_bytes_per_s
        if self.network.model == "shared" and total is None:
            return (fault(self.name, path, "none", "a rate, for network.model is shared: nothing else is to share"),)
        if self.network.model == "independent" and total is not None:
            return (fault(self.name, path, total, "network.model shared, for independent leaves it out"),)
        return ()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over everything that can change a run: all but description and sources."""
        content = self.model_dump(mode="python", exclude={"description", "sources"})
        # Chores came later: they count where there are any, so that what was recorded before stays what it was.
        content["host"] = {"cores": self.host.cores} | {name: getattr(self.host, name) for name in self.host.chores}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def to_toml(self) -> str:
        """The TOML file that loads to an equal platform, with every field written out."""
        return toml_document(self.model_dump(mode="python"))
