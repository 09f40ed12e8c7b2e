"""From the runs of a planner to what is said of it, alone and against another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from faascast.experiments.measures import Measures
from faascast.experiments.trial import Outcome
from planners.statistics import Estimate, Needs, paired_difference, quantile

Floats: TypeAlias = NDArray[np.float64]
Estimated: TypeAlias = Estimate | Needs

QUANTILES: Mapping[str, float] = MappingProxyType({"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99})


MEDIANS = (
    "makespan_s",
    "cost_usd",
    "cold_starts",
    "warm_starts",
    "n_workers",
    "bytes_fetched",
    "bytes_uploaded",
    "wasted_s",
    "wasted_usd",
    "bytes_moved",
    "lower_bound_s",
    "gap",
)
"""What medians are told of."""


@dataclass(frozen=True)
class Difference:
    """How one planner's makespans differ from the reference's, over the runs that both completed."""

    reference: str
    n_pairs: int
    makespan_s: Mapping[str, Estimated]
    """Per quantile: the planner's less the reference's."""
    of_medians_s: float
    """The planner's median makespan less the reference's, also where there are too few pairs for an interval."""
    share: float | None
    """The same as a share of the reference's median; None if that is 0."""


@dataclass(frozen=True)
class Summary:
    """What is said of a planner. Figures are over the runs that completed, and None if none did."""

    planner: str
    status: str
    """"complete", "failed" (some runs did), "refused" or "error" (there are no runs)."""
    reasons: tuple[str, ...]
    """Why there are no runs, or why runs failed: each reason with how often."""
    n_runs: int
    n_failed: int
    makespan_s: Mapping[str, Estimated]
    """Per quantile, with its order-statistic interval."""
    cost_usd: Estimated | None
    """The median and its interval."""
    medians: Mapping[str, float | None]
    """Of each of `MEDIANS`, also where there are too few runs for an interval; `gap` is None if no bound is above 0."""
    difference: Difference | None
    """To the reference; None for the reference itself and where there are no pairs."""
    estimated_makespan_s: float | None
    """By the planner's own formula, if it has one."""
    mean_makespan_s: float | None = None
    plan_bound_s: float | None = None
    """The plan's lower bound, on expectations; None without a plan."""

    @property
    def plan_gap(self) -> float | None:
        """By which share the mean makespan is above the plan's bound; of few runs it may be below, by luck."""
        return self.mean_makespan_s / self.plan_bound_s - 1 if self.mean_makespan_s and self.plan_bound_s else None


def summarize(outcomes: Sequence[Outcome], seed: int) -> tuple[Summary, ...]:
    """A summary of each, with its difference to the first; `seed` is that of the bootstrap."""
    return tuple(_summary(outcome, outcomes[0], seed) for outcome in outcomes)


def _summary(outcome: Outcome, reference: Outcome, seed: int) -> Summary:
    complete = [run for run in outcome.runs if run.makespan_s is not None]
    makespans_s = _column(complete, "makespan_s")
    return Summary(
        planner=outcome.planner,
        status=outcome.status,
        reasons=outcome.reasons or _failures(outcome.runs),
        n_runs=len(outcome.runs),
        n_failed=outcome.n_failed,
        makespan_s={name: quantile(makespans_s, p) for name, p in QUANTILES.items()} if complete else {},
        cost_usd=quantile(_column(complete, "cost_usd"), 0.5) if complete else None,
        medians={name: _median(_column(complete, name)) for name in MEDIANS} if complete else {},
        difference=None if outcome is reference else _difference(outcome, reference, seed),
        estimated_makespan_s=outcome.estimated_makespan_s,
        plan_bound_s=outcome.plan_bound_s,
        mean_makespan_s=float(makespans_s.mean()) if complete else None,
    )


def _column(runs: Sequence[Measures], name: str) -> Floats:
    return np.array([getattr(run, name) for run in runs], dtype=np.float64)


def _median(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else None


def _failures(runs: Sequence[Measures]) -> tuple[str, ...]:
    """Each reason with how many runs failed for it, the most frequent first."""
    counts: dict[str, int] = {}
    for run in runs:
        if run.failure is not None:
            counts[run.failure] = counts.get(run.failure, 0) + 1
    by_count = sorted(counts.items(), key=lambda pair: -pair[1])
    return tuple(f"{reason} ({count} of {len(runs)} runs)" for reason, count in by_count)


def _difference(outcome: Outcome, reference: Outcome, seed: int) -> Difference | None:
    pairs = [
        (run.makespan_s, other.makespan_s)
        for run, other in zip(outcome.runs, reference.runs, strict=False)
        if run.makespan_s is not None and other.makespan_s is not None
    ]
    if not pairs:
        return None
    makespans_s, references_s = np.array(pairs, dtype=np.float64).T
    estimates = {name: paired_difference(makespans_s, references_s, p, seed) for name, p in QUANTILES.items()}
    middle_s = float(np.median(references_s))
    of_medians_s = float(np.median(makespans_s)) - middle_s
    return Difference(
        reference=reference.planner,
        n_pairs=len(pairs),
        makespan_s=estimates,
        of_medians_s=of_medians_s,
        share=of_medians_s / middle_s if middle_s else None,
    )
