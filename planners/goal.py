"""`Goal`: what makes one plan better than another, judged by evaluations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import numpy as np
from numpy.typing import NDArray

from planners.evaluator import Evaluation
from planners.level import AVERAGE, level_name, percentile_of
from planners.parameters import Spelling
from workloads.parameters import Figure

Sla: TypeAlias = Annotated[
    str,
    Figure("what is judged: average, or a percentile of the makespan, as p95", ""),
    Spelling(level_name),
]
DeadlineS: TypeAlias = Annotated[
    float | None,
    Figure("the makespan asked for, at the percentile judged; none = the shorter the better", "s", least=0),
]
BudgetUsd: TypeAlias = Annotated[
    float | None, Figure("the mean cost of a run asked for; none = whatever it takes", "USD", least=0)
]


@dataclass(frozen=True)
class Goal:
    """The shortest makespan; under a deadline alone, the least cost that keeps it; a budget is kept before both."""

    sla: str = AVERAGE
    """`average`, or a percentile between 0 and 100, exclusive: `p95`."""
    deadline_s: float | None = None
    budget_usd: float | None = None

    def __post_init__(self) -> None:
        percentile_of(self.sla)

    @property
    def quantile(self) -> float | None:
        """The quantile judged, None for the average."""
        percentile = percentile_of(self.sla)
        return None if percentile is None else percentile / 100

    def time_s(self, evaluation: Evaluation) -> float:
        """The makespan judged; infinite where a run failed."""
        return math.inf if evaluation.n_failed else self.of(evaluation.makespans_s)

    def of(self, values: NDArray[np.float64]) -> float:
        """The mean or quantile of some values."""
        quantile = self.quantile
        return float(values.mean() if quantile is None else np.quantile(values, quantile))

    def objective(self, evaluation: Evaluation) -> float:
        """What is to be least, once the goal is met: seconds, or USD if there is a deadline and no budget."""
        return evaluation.mean_cost_usd if self.saves else self.time_s(evaluation)

    @property
    def saves(self) -> bool:
        """Whether it is money that is to be saved."""
        return self.deadline_s is not None and self.budget_usd is None

    def shortfall(self, evaluation: Evaluation) -> float:
        """How far from deadline and budget, as a share of them, added up; 0 if both are kept."""
        late = _excess(self.time_s(evaluation), self.deadline_s)
        return late + _excess(evaluation.mean_cost_usd, self.budget_usd)

    def is_met(self, evaluation: Evaluation) -> bool:
        """Whether deadline and budget are kept (as far as there are any), and no run failed."""
        return not evaluation.n_failed and self.shortfall(evaluation) == 0

    def key(self, evaluation: Evaluation) -> tuple[float, float]:
        """To compare by; smaller is better: first what is missing to deadline and budget, then the objective."""
        if evaluation.n_failed:
            return math.inf, float(evaluation.n_failed)
        return self.shortfall(evaluation), self.objective(evaluation)


_LEAST = 1e-12
"""What a goal of 0 counts as, so that what is nearer to it is better."""


def _excess(value: float, most: float | None) -> float:
    if most is None or value <= most:
        return 0.0
    return (value - most) / max(most, _LEAST)
