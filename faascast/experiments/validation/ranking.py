"""Whether planners come in the order in which they were predicted to come.

Runs of one round were recorded close to one another in time, so planners are compared round by round, by Wilcoxon's
signed-rank test, which assumes no shape. Of many pairs some differ by chance: of those that are called significant, one
in twenty at most is expected to be (Benjamini and Hochberg). Which pairs differ is asked of all runs, for that is a
question about reality; what is predicted has seen half of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from faascast.experiments.validation.samples import Cell, Sample

_LEAST_ROUNDS: Final = 6
"""Of fewer no order is clear enough: even if all agree, that is as likely as 1 in 16."""
_MOST_FALSE: Final = 0.05
"""Of those called significant, expected to be so by chance."""


@dataclass(frozen=True)
class Pair:
    """Two planners of one workflow, on one state of the pool."""

    workflow: str
    start: str
    faster: str
    """Of the two the one whose measured median is smaller."""
    slower: str
    measured_s: float
    """How much longer the median of the slower one is."""
    p_value: float
    """How likely so clear an order is by chance; 1 where there are too few rounds to say."""
    is_significant: bool
    """Whether that is taken for more than chance."""
    predicted_s: float
    """How much longer it was predicted to be; below 0 if the order is wrong."""

    @property
    def is_wrong(self) -> bool:
        """Whether the order is significant in reality and predicted the other way round."""
        return self.is_significant and self.predicted_s < 0


def pairs_of(samples: Mapping[Cell, Sequence[Sample]], predicted_s: Mapping[Cell, float]) -> list[Pair]:
    """All pairs of planners of each workflow on each state of the pool; predictions are medians of the makespans."""
    cells = [cell for cell in samples if cell in predicted_s]
    both = [
        (one, other)
        for one, other in combinations(cells, 2)
        if (one.workflow, one.start) == (other.workflow, other.start)
    ]
    p_values = [_p_value(samples[one], samples[other]) for one, other in both]
    return [
        _pair(one, other, samples, predicted_s, p_value, is_significant)
        for (one, other), p_value, is_significant in zip(both, p_values, _discoveries(p_values), strict=True)
    ]


def _pair(
    one: Cell,
    other: Cell,
    samples: Mapping[Cell, Sequence[Sample]],
    predicted_s: Mapping[Cell, float],
    p_value: float,
    is_significant: bool,
) -> Pair:
    medians_s = {cell: float(np.median([sample.makespan_s for sample in samples[cell]])) for cell in (one, other)}
    faster, slower = sorted((one, other), key=lambda cell: medians_s[cell])
    return Pair(
        one.workflow,
        one.start,
        faster.planner,
        slower.planner,
        medians_s[slower] - medians_s[faster],
        p_value,
        is_significant,
        predicted_s[slower] - predicted_s[faster],
    )


def _p_value(one: Sequence[Sample], other: Sequence[Sample]) -> float:
    by_round = [{sample.round: sample.makespan_s for sample in samples} for samples in (one, other)]
    rounds = sorted(by_round[0].keys() & by_round[1].keys())
    differences_s = np.array([by_round[1][each] - by_round[0][each] for each in rounds])
    if np.count_nonzero(differences_s) < _LEAST_ROUNDS:
        return 1.0
    from scipy.stats import wilcoxon  # half a second that only its users should pay

    return float(wilcoxon(differences_s).pvalue)


def _discoveries(p_values: Sequence[float]) -> list[bool]:
    """Which are significant where so many are looked at (Benjamini and Hochberg 1995)."""
    ranked = sorted(p_values)
    n = len(ranked)
    passed = [p_value for rank, p_value in enumerate(ranked, 1) if p_value <= _MOST_FALSE * rank / n]
    most = max(passed, default=-1.0)
    return [p_value <= most for p_value in p_values]


def rank_correlation(pairs: Sequence[Pair]) -> float | None:
    """Kendall's tau of the predicted order with the measured one, over pairs that differ; None if none does."""
    signs = [np.sign(pair.predicted_s) for pair in pairs if pair.measured_s]
    return float(np.mean(signs)) if signs else None
