"""Start-ups, cold and warm: durations that a run records one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from faascast.experiments.calibration.evidence import Evidence
from faascast.experiments.calibration.fitting import fit_or_keep, together
from faascast.experiments.calibration.found import Fit, Kept
from faascast.experiments.calibration.quiet import Steps, are_quiet, fit_quiet
from faascast.experiments.calibration.shapes import fit_shape, log_likelihood, price
from platforms import Platform
from platforms.sections import InitOfSize

Floats = NDArray[np.float64]

_COLD = ("cold", "prewarm")
_WARM = ("warm", "redundant prewarm")
_LEAST_OF_SIZE = 5
"""Initializations of a size, below which it is not told apart from others."""


def fit_cold_starts(runs: Sequence[Evidence], platform: Platform) -> Iterator[Fit | Kept]:
    """How long it takes until there is a sandbox, and then until its handler runs."""
    cold = [_started(run, _COLD) for run in runs]
    yield fit_or_keep("start.provisioning_s", together(each.provisioned_s - each.admitted_s for each in cold))
    init_s = together(each.up_s - each.provisioned_s for each in cold)
    yield from _inits(init_s, together(each.memory_mb for each in cold), platform)


def fit_warm_starts(runs: Sequence[Evidence], calm: Sequence[Evidence]) -> Iterator[Fit | Kept]:
    """How long it takes until the handler of an idle instance runs; calm runs are those without its work."""
    warm = [_started(run, _WARM) for run in calm]
    steps = [Steps(each.admitted_s, each.up_s - each.admitted_s) for each in warm]
    yield fit_quiet("start.warm_s", together(each.lasted_s for each in steps), are_quiet(runs, steps))


class _Started(NamedTuple):
    """Invocations that were admitted and ran."""

    memory_mb: Floats
    admitted_s: Floats
    provisioned_s: Floats
    up_s: Floats


def _started(run: Evidence, words: Sequence[str]) -> _Started:
    """Those of one way to start, from when nothing but the start itself was to be waited for.

    When a handler ran, and how long it had waited for limits, a worker's own records know; prewarms have none.
    """
    invocations = run.tables["invocations"]
    admitted_s, up_s = (invocations[name].astype(np.float64).copy() for name in ("admitted_s", "started_s"))
    starts = run.steps("start")
    rows = starts["invocation"].astype(np.int64)
    admitted_s[rows], up_s[rows] = starts["begin_s"] + starts["waited_s"], starts["end_s"]
    provisioned_s = invocations["provisioned_s"].astype(np.float64)
    mine = np.isin(invocations["start"].astype(str), words)
    for known in (admitted_s, provisioned_s, up_s):
        mine &= ~np.isnan(known)
    sizes_mb = invocations["memory_mb"].astype(np.float64)
    return _Started(*(np.asarray(column[mine]) for column in (sizes_mb, admitted_s, provisioned_s, up_s)))


def _inits(init_s: Floats, init_mb: Floats, platform: Platform) -> Iterator[Fit | Kept]:
    """One distribution for all sizes, or one for each, whichever is likelier for its parameters.

    What the package adds is part of what was recorded, so it is added no more.
    """
    overall = fit_or_keep("start.init_s", init_s)
    yield overall
    if isinstance(overall, Kept):
        return
    sizes_mb, counts = np.unique(init_mb, return_counts=True)
    by_size = [init_s[init_mb == size_mb] for size_mb in sizes_mb]
    apart = len(sizes_mb) > 1 and counts.min() >= _LEAST_OF_SIZE and _differ(by_size)
    entries: list[InitOfSize] = []
    for size_mb, samples_s in zip(sizes_mb.tolist(), by_size, strict=True):
        if apart and (shape := fit_shape(samples_s)) is not None:
            entries.append(InitOfSize(memory_mb=int(size_mb), init_s=shape.distribution))
    told = f"{len(entries)} sizes apart" if entries else "sizes do not differ, as far as is recorded"
    if entries or platform.start.init_by_size:
        written = [entry.model_dump(mode="python") for entry in entries]
        yield Fit("start.init_by_size", written, len(init_s), told)
    if platform.start.init_s_per_package_mb:
        yield Fit("start.init_s_per_package_mb", 0.0, len(init_s), "0: the package is part of start.init_s")


def _differ(groups: Sequence[Floats]) -> bool:
    """Whether a lognormal for each group is worth its parameters."""
    logs = [np.log(np.maximum(group, 1e-9)) for group in groups]
    n = sum(map(len, logs))
    together = log_likelihood(np.concatenate(logs)) - price(2, n)
    return sum(map(log_likelihood, logs)) - price(2 * len(logs), n) > together
