"""The cores that runs really had: less than there are, where others use the machine, or switching between tasks costs.

By the platform's rules each execution could have had so much CPU time beside the others; how much it used was measured.
In a crowd, where it would have used all that it could get, the two differ by the share of the cores that runs had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from faascast.experiments.calibration.chores import Chores, executions_beside
from faascast.experiments.calibration.evidence import Evidence
from faascast.experiments.calibration.first_runs import cpu_times_s
from faascast.experiments.calibration.found import Fit, Kept
from platforms import Platform
from workloads import Workflow

PATH: Final = "host.cores"
_LEAST: Final = 8
_CROWDED: Final = 0.67
"""Speed below which an execution would use all the CPU that it gets."""
_LEAST_CPU_S: Final = 0.01
_IDLE: Final = 0.3
"""Who uses less than so much of what it could have had is waiting for something else."""
_LEAST_CORES: Final = 0.05


def fit_cores(
    runs: Sequence[Evidence], workflows: Mapping[str, Workflow], platform: Platform, chores: Chores
) -> Fit | Kept:
    """The cores that runs had of the platform's; never more than it says."""
    shares = []
    for run in runs:
        workflow = workflows[run.name]
        busy = replace(workflow, io_s=np.zeros(workflow.n_tasks))  # else the cores that were missing would pass for I/O
        had_s, speed = executions_beside(run, busy, platform, chores)
        used_s = cpu_times_s(run)
        share = used_s / np.maximum(had_s, 1e-9)
        shares.append(share[(speed < _CROWDED) & (used_s >= _LEAST_CPU_S) & (share >= _IDLE)])
    every = np.concatenate([np.empty(0), *shares])
    if len(every) < _LEAST:
        return Kept(PATH, f"{len(every)} executions in a crowd with measured CPU time, at least {_LEAST} are needed")
    assert platform.host.cores
    cores = max(_LEAST_CORES, platform.host.cores * min(1.0, float(np.median(every))))
    return Fit(PATH, cores, len(every), f"{cores:.3g} of {platform.host.cores:g} cores")
