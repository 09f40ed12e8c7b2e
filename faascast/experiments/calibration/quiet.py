"""What began while the host had a core to spare: it lasted as long as it does where nobody is in the way.

On a host whose cores are shared, requests, messages and calls that meet a crowd wait for a core. How crowded it is, the
simulator finds out by itself; a figure fitted to the crowds of some runs would be too long for all calmer ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from faascast.experiments.calibration.evidence import Evidence
from faascast.experiments.calibration.fitting import fit_of, fit_or_keep
from faascast.experiments.calibration.found import Fit, Kept
from faascast.experiments.calibration.shapes import LEAST_FOR_SPREAD, duration, fit_shape

Floats = NDArray[np.float64]

_COMPUTING: Final = ("execute", "start")
"""Events during which a core is taken."""
_MUCH_SHORTER: Final = 0.67
"""Medians that differ by less are taken for one."""


def is_quiet(run: Evidence, kinds: Sequence[str]) -> NDArray[np.bool_]:
    """Of each step of some kinds: whether the host had a core to spare when it began; always, if they share none."""
    began_s = run.steps(*kinds)["begin_s"].astype(np.float64)
    cores = run.platform.host.cores
    if not cores:
        return np.ones(len(began_s), dtype=np.bool_)
    taken = run.steps(*_COMPUTING)
    begins_s, ends_s = (np.sort(taken[name].astype(np.float64)) for name in ("begin_s", "end_s"))
    under_way = np.searchsorted(begins_s, began_s, "left") - np.searchsorted(ends_s, began_s, "right")
    return np.asarray(under_way < cores)


def fit_quiet(path: str, lasted_s: Floats, quiet: NDArray[np.bool_]) -> Fit | Kept:
    """The shape of what was quiet alone, where the rest took longer and there is enough of both; else of all."""
    calm_s, crowded_s = lasted_s[quiet], lasted_s[~quiet]
    if min(len(calm_s), len(crowded_s)) < LEAST_FOR_SPREAD:
        return fit_or_keep(path, lasted_s)
    crowded_median_s = float(np.median(crowded_s))
    shape = fit_shape(calm_s)
    if shape is None or float(np.median(calm_s)) > _MUCH_SHORTER * crowded_median_s:
        return fit_or_keep(path, lasted_s)
    others = f"the others, whose median is {duration(crowded_median_s)}, met a crowd"
    return fit_of(path, shape, f"those that began while a core was to spare; {others}")
