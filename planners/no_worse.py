"""Evidence that a plan is not slower than another by more than a tolerance."""

from __future__ import annotations

import numpy as np

from planners.evaluator import Evaluation
from planners.goal import Goal

_NORMAL_95 = 1.645


def no_worse(before: Evaluation, after: Evaluation, goal: Goal, tolerance: float) -> bool:
    """Whether the makespan judged is within the tolerance, and the mean surely so.

    `tolerance` is a share of the makespan before. "Surely": the one-sided 95 % interval, by the normal approximation,
    of how much the pairs of runs exceed it ends below zero, or exactly there.
    """
    if before.n_failed or after.n_failed:
        return not after.n_failed
    if goal.time_s(after) > (1 + tolerance) * goal.time_s(before):
        return False
    excess_s = after.makespans_s - (1 + tolerance) * before.makespans_s
    error_s = float(excess_s.std(ddof=1)) / np.sqrt(len(excess_s)) if len(excess_s) > 1 else 0.0
    return bool(excess_s.mean() + _NORMAL_95 * error_s <= 0)
