"""From recorded durations to a figure of the platform, or to why there is none."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from faascast.experiments.calibration.found import Fit, Kept
from faascast.experiments.calibration.shapes import LEAST_SAMPLES, Shape, fit_shape

Floats = NDArray[np.float64]


def fit_or_keep(path: str, samples_s: Floats) -> Fit | Kept:
    """The shape of some durations, or that there are too few."""
    shape = fit_shape(samples_s)
    if shape is None:
        return Kept(path, few(len(samples_s)))
    return fit_of(path, shape)


def few(n: int) -> str:
    """Why nothing was fitted."""
    return f"{n} recorded, at least {LEAST_SAMPLES} are needed" if n else "none recorded"


def fit_of(path: str, shape: Shape, remark: str = "") -> Fit:
    """A shape as a figure of the platform."""
    value = shape.distribution.model_dump(mode="python")
    return Fit(path, value, shape.n, shape.told, shape.ks, shape.error, remark)


def together(samples: Iterable[Floats]) -> Floats:
    """All samples in one array."""
    return np.concatenate([np.empty(0), *samples])
