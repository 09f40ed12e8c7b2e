"""A platform: where workflows run, described as data."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from platforms.errors import Fault, PlatformError
from platforms.section import Section
from platforms.sections import (
    Cpu,
    Faults,
    Host,
    Invocation,
    KeepAlive,
    Ledger,
    Limits,
    Network,
    Noise,
    Pool,
    Prices,
    Routing,
    Sizes,
    Start,
    Store,
)
from platforms.toml import to_toml

_WORDS = {"description", "sources"}


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
        pool = (
            (f"pool.initial.{i}.memory_mb", self.sizes.legal, self.sizes.holds(entry.memory_mb))
            for i, entry in enumerate(self.pool.initial)
        )
        return self._require(*pool)

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def vcpus(self, memory_mb: float) -> float:
        """The vCPUs of an instance of this size."""
        return min(memory_mb / self.sizes.mb_per_vcpu, self.sizes.max_vcpus or math.inf)

    def slots(self, memory_mb: float) -> int:
        """The tasks that a worker of this size runs at once."""
        whole = math.floor(self.vcpus(memory_mb) + 1e-9)  # a multiple of mb_per_vcpu may divide to just below
        return self.cpu.slots or max(1, whole)

    def check_size(self, memory_mb: float) -> None:
        """Raise PlatformError unless an instance can have this size."""
        if not self.sizes.holds(memory_mb):
            raise PlatformError(Fault(self.name, "memory_mb", memory_mb, self.sizes.legal))

    def unsupported(self) -> tuple[str, ...]:
        """Dotted paths of the fields that are set but not simulated yet."""
        rates = self.faults.rates
        is_set = {
            "network.model": self.network.model == "shared",
            "store.total_bytes_per_s": self.store.total_bytes_per_s is not None,
            "store.get_requests_per_s": self.store.get_requests_per_s is not None,
            "store.put_requests_per_s": self.store.put_requests_per_s is not None,
        } | {f"faults.rates.{name}": rate > 0 for name, rate in rates}
        return tuple(path for path, value in is_set.items() if value)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything that can change a run: all but description and sources."""
        content = self.model_dump(mode="python", exclude=_WORDS)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def to_toml(self) -> str:
        """This platform as a TOML file that loads to an equal one; every field is written."""
        return to_toml(self.model_dump(mode="python"))
