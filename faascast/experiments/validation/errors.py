"""How far predictions are from what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Errors:
    """Relative errors, |predicted − measured| / measured, of several runs."""

    n: int
    mean: float
    """The mean absolute percentage error, as a share."""
    median: float
    p90: float
    most: float
    bias: float
    """The mean of the signed errors: above 0 where predictions are too long."""


def errors_of(predicted: Sequence[float], measured: Sequence[float]) -> Errors:
    """The errors of predictions of at least one run, each measured at more than 0."""
    found = np.asarray(measured, dtype=np.float64)
    signed = np.asarray(predicted, dtype=np.float64) / found - 1
    errors = np.abs(signed)
    return Errors(
        n=len(errors),
        mean=float(errors.mean()),
        median=float(np.median(errors)),
        p90=float(np.quantile(errors, 0.9)),
        most=float(errors.max()),
        bias=float(signed.mean()),
    )
