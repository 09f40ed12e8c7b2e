"""Keep-alive: how long idle instances live."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from executor.pool.clock import NS_PER_S
from platforms.sections import KeepAlive

Floats: TypeAlias = NDArray[np.float64]
Stream: TypeAlias = "Callable[[Callable[[Floats], Floats]], Callable[[], float]]"
"""Makes an endless stream of draws, given what makes draws of uniform numbers in (0, 1)."""


def lifetimes(keep_alive: KeepAlive, stream: Stream) -> Callable[[], int | None]:
    """A source of idle lifetimes, in ns; None is forever."""
    if keep_alive.kind == "fixed":
        fixed = None if math.isinf(keep_alive.duration_s) else _to_ns(keep_alive.duration_s)
        return lambda: fixed
    if keep_alive.kind == "half_life":
        periods = stream(geometric_half)
        half_life_s = keep_alive.half_life_s
        return lambda: _to_ns(half_life_s * periods())
    durations = stream(keep_alive.duration.draw_s)
    return lambda: _to_ns(durations())


def geometric_half(u: Floats) -> Floats:
    """Trials until the first success, at probability ½ each: 1, 2, 3, … for uniform ``u``."""
    return np.ceil(np.log(u) / math.log(0.5))


def _to_ns(seconds: float) -> int:
    return round(seconds * NS_PER_S)
