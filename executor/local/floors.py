"""Floors: what a step takes at least, by the platform's description. What really took longer does not wait."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from executor.local.clock import durations_ns
from platforms import Platform


class Cause(IntEnum):
    """What is drawn."""

    CALL = 0
    PROVISIONING = 1
    INIT = 2
    WARM = 3
    KEEP_ALIVE = 4
    ROUTING = 5


class Floors:
    """Draws of the platform's times, in ns, in the order in which they are asked for."""

    def __init__(self, platform: Platform, seed: int) -> None:
        self._platform = platform
        self._seed = seed
        self.call_ns = durations_ns(seed, Cause.CALL, platform.invocation.call_s)
        self.warm_ns = durations_ns(seed, Cause.WARM, platform.start.warm_s)
        self._provisioning_ns = durations_ns(seed, Cause.PROVISIONING, platform.start.provisioning_s)
        self._init_ns: dict[int, Callable[[], int]] = {}

    def provisioning_ns(self) -> int:
        """From the admission until a new sandbox begins to initialize."""
        return self._provisioning_ns()

    def init_ns(self, memory_mb: int) -> int:
        """From then until a handler of this size can run."""
        if memory_mb not in self._init_ns:
            of, extra_s = self._platform.start.init_of(memory_mb)
            self._init_ns[memory_mb] = durations_ns(self._seed, Cause.INIT, of, extra_s)
        return self._init_ns[memory_mb]()
