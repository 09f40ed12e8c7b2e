"""Calls, ledger requests and messages: durations that a run records one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from faascast.experiments.calibration.evidence import Evidence
from faascast.experiments.calibration.fitting import together
from faascast.experiments.calibration.found import Fit, Kept
from faascast.experiments.calibration.quiet import Steps, are_quiet, fit_quiet

_KINDS = {
    "invocation.call_s": ("invoke", "prewarm"),
    "ledger.request_s": ("commit", "read"),
    "ledger.notify_s": ("notify",),
}
"""Kinds of events that last so long."""


def fit_requests(runs: Sequence[Evidence], calm: Sequence[Evidence]) -> Iterator[Fit | Kept]:
    """How long each takes; calm runs are those without what is work in them."""
    for path, kinds in _KINDS.items():
        steps = [_steps(run, kinds) for run in calm]
        yield fit_quiet(path, together(each.lasted_s for each in steps), are_quiet(runs, steps))


def _steps(run: Evidence, kinds: Sequence[str]) -> Steps:
    events = run.steps(*kinds)
    began_s, ended_s = (events[name].astype(np.float64) for name in ("begin_s", "end_s"))
    return Steps(began_s, ended_s - began_s)
