"""Fitting `t(v) = io_s + cpu_s / min(v, p)` to how long a task takes alone on several vCPUs."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workloads.demand import Demand

Floats = NDArray[np.float64]

_STEPS: Final = 24
"""Parallelisms that are tried between 1 and the most vCPUs recorded."""
_WORTH: Final = 0.98
"""A less simple curve has to leave at most so much of the squared error."""


class CurveFit(NamedTuple):
    """A demand, and what of it could not be told."""

    demand: Demand
    unknown: tuple[str, ...]


def fit_curve(vcpus: Floats, alone_s: Floats) -> CurveFit:
    """The demand whose times are nearest, relative to themselves, to those of several executions alone.

    What is not identified is assumed: of one size nothing but the CPU time of one thread is known; times on one vCPU
    and on more can be split by parallelism or by I/O alike, so parallelism it is unless a size below one vCPU says
    otherwise.
    """
    sizes = np.unique(vcpus)
    means_s = np.array([float(alone_s[vcpus == size].mean()) for size in sizes])
    counts = np.array([int((vcpus == size).sum()) for size in sizes])
    if len(sizes) == 1:
        cpu_s = float(means_s[0] * min(sizes[0], 1.0))
        return CurveFit(Demand(0.0, cpu_s), ("io_s", "parallelism"))
    weights = np.sqrt(counts) / np.maximum(means_s, 1e-9)
    above_one = sizes[sizes > 1.0]
    n_below = int((sizes <= 1.0).sum())
    fitted = [_at(parallelism, sizes, means_s, weights) for parallelism in _parallelisms(sizes)]
    if n_below < 2 and len(above_one) < 2:
        without_io = [_at(parallelism, sizes, means_s, weights, with_io=False) for parallelism in _parallelisms(sizes)]
        return CurveFit(_best(without_io), ("io_s",))
    return CurveFit(_best(fitted), () if len(above_one) else ("parallelism",))


def _parallelisms(sizes: Floats) -> Floats:
    return np.linspace(1.0, max(1.0, float(sizes.max())), _STEPS if sizes.max() > 1.0 else 1)


def _at(
    parallelism: float, sizes: Floats, means_s: Floats, weights: Floats, *, with_io: bool = True
) -> tuple[float, Demand]:
    """The squared relative error left, and the demand."""
    from scipy.optimize import nnls  # a fifth of a second that only its users should pay

    design = np.column_stack([np.full(len(sizes), 1.0 if with_io else 0.0), 1 / np.minimum(sizes, parallelism)])
    (io_s, cpu_s), left = nnls(design * weights[:, np.newaxis], means_s * weights)
    return float(left) ** 2, Demand(float(io_s), float(cpu_s), float(parallelism))


def _best(fitted: list[tuple[float, Demand]]) -> Demand:
    """The least error; of those about as good the least parallel, which comes first."""
    least = min(left for left, _ in fitted)
    return next(demand for left, demand in fitted if left * _WORTH <= least + 1e-12)
