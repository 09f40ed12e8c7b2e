"""The host's monotonic clock, which all of its processes share, and waits for durations that are drawn."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic_ns
from typing import Final

import numpy as np

from executor.pool.keep_alive import Floats
from platforms.distribution import Distribution

NS_PER_S: Final = 1_000_000_000
_BLOCK: Final = 256
_LEAST_U: Final = 2.0**-54

now_ns: Final = monotonic_ns


def stream(seed: int, cause: int, draw: Callable[[Floats], Floats]) -> Callable[[], float]:
    """An endless stream of draws; ``cause`` tells those of one seed apart."""
    generator: np.random.Generator | None = None
    stored: list[float] = []

    def following() -> float:
        nonlocal generator
        if not stored:
            generator = generator or np.random.default_rng([seed, cause])  # many a stream is never drawn from
            stored.extend(draw(np.maximum(generator.random(_BLOCK), _LEAST_U))[::-1].tolist())
        return stored.pop()

    return following


def durations_ns(seed: int, cause: int, of: Distribution, extra_s: float = 0.0) -> Callable[[], int]:
    """An endless stream of durations, in ns."""
    if of.kind == "constant":
        whole = round((of.value_s + extra_s) * NS_PER_S)
        return lambda: whole
    drawn = stream(seed, cause, of.draw_s)
    return lambda: round((drawn() + extra_s) * NS_PER_S)
