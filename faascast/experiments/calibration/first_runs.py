"""First runs: an instance loads code when it is first needed, so its first task takes CPU time that is not its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from faascast.experiments.calibration.evidence import Evidence

Floats = NDArray[np.float64]


def cpu_times_s(run: Evidence) -> Floats:
    """CPU time of each execution that ended well; NaN where it was not measured."""
    tasks = run.done("tasks")
    return np.asarray(tasks.get("cpu_s", np.full(len(tasks["task"]), np.nan)), dtype=np.float64)


def first_runs(run: Evidence) -> NDArray[np.bool_]:
    """Which executions that ended well were the first on an instance that the run did not find."""
    instances, tasks = run.tables["instances"], run.done("tasks")
    is_new = (instances["origin"].astype(str) != "initial") & (instances["created_s"] >= 0)
    new = set(instances["instance"][is_new].tolist())
    first: dict[int, tuple[float, int]] = {}
    for row, (instance, start_s) in enumerate(zip(tasks["instance"].tolist(), tasks["start_s"].tolist(), strict=True)):
        if instance in new:
            first[instance] = min(first.get(instance, (start_s, row)), (start_s, row))
    found = np.zeros(len(tasks["task"]), dtype=np.bool_)
    found[[row for _, row in first.values()]] = True
    return found


def first_run_cpu_s(runs: Sequence[Evidence]) -> tuple[float, int] | None:
    """By how much CPU time first runs exceed later ones of the same task, on average, and how many there were.

    None where nothing was measured, or no task ran both first and later.
    """
    first: dict[tuple[str, str], list[float]] = defaultdict(list)
    later: dict[tuple[str, str], list[float]] = defaultdict(list)
    for run in runs:
        names = run.done("tasks")["task"].tolist()
        for name, cpu_s, is_first in zip(names, cpu_times_s(run).tolist(), first_runs(run).tolist(), strict=True):
            if not np.isnan(cpu_s):
                (first if is_first else later)[run.workflow.name, name].append(cpu_s)
    both = sorted(first.keys() & later.keys())
    n = sum(len(first[each]) for each in both)
    if not n:
        return None
    beyond_s = sum(sum(first[each]) - len(first[each]) * float(np.mean(later[each])) for each in both)
    return max(0.0, beyond_s / n), n
