"""Calls, ledger requests and messages: durations that a run records one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from faascast.experiments.calibration.evidence import Evidence
from faascast.experiments.calibration.fitting import together
from faascast.experiments.calibration.found import Fit, Kept
from faascast.experiments.calibration.quiet import fit_quiet, is_quiet

_KINDS = {
    "invocation.call_s": ("invoke", "prewarm"),
    "ledger.request_s": ("commit", "read"),
    "ledger.notify_s": ("notify",),
}
"""Kinds of events that last so long."""


def fit_requests(runs: Sequence[Evidence]) -> Iterator[Fit | Kept]:
    """How long each takes."""
    for path, kinds in _KINDS.items():
        lasted_s = together(_lasted(run, kinds) for run in runs)
        quiet = np.concatenate([np.empty(0, dtype=np.bool_), *(is_quiet(run, kinds) for run in runs)])
        yield fit_quiet(path, lasted_s, quiet)


def _lasted(run: Evidence, kinds: Sequence[str]) -> NDArray[np.float64]:
    events = run.steps(*kinds)
    return np.asarray(events["end_s"] - events["begin_s"], dtype=np.float64)
