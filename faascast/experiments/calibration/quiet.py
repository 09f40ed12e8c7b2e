"""What had a core to spare: it lasted as long as it does where nobody is in the way.

On a host whose cores are shared, requests, messages, calls, transfers and warm starts that meet a crowd wait for a
core. How crowded it is, the simulator finds out by itself; a figure fitted to the crowds of some runs would be too long
for all calmer ones. One message may wake many, so it is not enough that there was a core to spare when it was sent:
there has to be one until it is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faascast.experiments.calibration.evidence import Evidence
from faascast.experiments.calibration.fitting import fit_of, fit_or_keep
from faascast.experiments.calibration.found import Fit, Kept
from faascast.experiments.calibration.shapes import LEAST_FOR_SPREAD, duration, fit_shape

Floats = NDArray[np.float64]

_COMPUTING: Final = ("execute", "fetch", "upload")
"""Events during which a core is taken; cold starts are others."""
_BEYOND_DOUBT: Final = 3.0
"""Standard errors."""


class Steps(NamedTuple):
    """Steps of one kind in a run."""

    began_s: Floats
    lasted_s: Floats


def are_quiet(runs: Sequence[Evidence], steps: Sequence[Steps], *, take_one: bool = False) -> NDArray[np.bool_]:
    """Of the steps of all runs in a row: whether the host had a core to spare; always, if its cores are not shared.

    ``take_one``: they take a core themselves, which is not counted.
    """
    found = [_are_quiet(run, each, take_one) for run, each in zip(runs, steps, strict=True)]
    return np.concatenate([np.empty(0, dtype=np.bool_), *found])


def fit_quiet(path: str, lasted_s: Floats, quiet: NDArray[np.bool_]) -> Fit | Kept:
    """The shape of what was quiet alone, where the others took longer; else of all."""
    shape = fit_shape(lasted_s[quiet]) if met_crowds(lasted_s, quiet) else None
    if shape is None:
        return fit_or_keep(path, lasted_s)
    crowded_s = lasted_s[~quiet]
    others = f"the other {len(crowded_s):,}, whose median is {duration(float(np.median(crowded_s)))}, met a crowd"
    return fit_of(path, shape, f"those that had a core to spare; {others}")


def met_crowds(lasted_s: Floats, quiet: NDArray[np.bool_]) -> bool:
    """Whether those that were not quiet took longer on average, beyond doubt (Welch's test)."""
    calm_s, crowded_s = lasted_s[quiet], lasted_s[~quiet]
    if min(len(calm_s), len(crowded_s)) < LEAST_FOR_SPREAD:
        return False
    error_s = np.sqrt(calm_s.var(ddof=1) / len(calm_s) + crowded_s.var(ddof=1) / len(crowded_s))
    return bool(crowded_s.mean() - calm_s.mean() > _BEYOND_DOUBT * error_s)


def _are_quiet(run: Evidence, steps: Steps, take_one: bool) -> NDArray[np.bool_]:
    cores = run.platform.host.cores
    if not cores:
        return np.ones(len(steps.began_s), dtype=np.bool_)
    begins_s, ends_s = _computing(run)
    begun = np.searchsorted(begins_s, steps.began_s + steps.lasted_s, "left")
    return np.asarray(begun - np.searchsorted(ends_s, steps.began_s, "right") < cores + take_one)


def _computing(run: Evidence) -> tuple[Floats, Floats]:
    """When cores were taken, and when they were given back, each in order."""
    starts, others = run.steps("start"), run.steps(*_COMPUTING)
    cold = run.tables["invocations"]["start"][starts["invocation"].astype(np.intp)] == "cold"
    begins_s, ends_s = (
        np.sort(np.concatenate([starts[name][cold], others[name]]).astype(np.float64)) for name in ("begin_s", "end_s")
    )
    return begins_s, ends_s
