"""Flat rows of experiments: what their tables, here as data frames and elsewhere as files, are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from faascast.experiments.measures import Measures
from faascast.experiments.summary import MEDIANS, QUANTILES, Difference, Estimated, Summary
from faascast.experiments.trial import Outcome
from planners.statistics import Estimate

if TYPE_CHECKING:
    import pandas

Row = dict[str, object]


def frame(rows: Iterable[Row]) -> pandas.DataFrame:
    """Rows as a data frame."""
    import pandas as pd  # half a second that only its users should pay

    return pd.DataFrame([*rows])


def run_rows(outcome: Outcome) -> Iterator[Row]:
    """A row for each run; for a planner without runs one that says why."""
    for run in outcome.runs:
        yield {"planner": outcome.planner, **{name: getattr(run, name) for name in Measures.__struct_fields__}}
    if not outcome.runs:
        nothing: Row = dict.fromkeys(Measures.__struct_fields__)
        yield {"planner": outcome.planner, **nothing, "status": outcome.status, "failure": "; ".join(outcome.reasons)}


def summary_row(summary: Summary, *, difference: bool = True) -> Row:
    """What is said of a planner, in one row; null where too few runs say nothing."""
    row: Row = {
        "planner": summary.planner,
        "status": summary.status,
        "reasons": "; ".join(summary.reasons) or None,
        "n_runs": summary.n_runs,
        "n_failed": summary.n_failed,
    }
    for quantile in QUANTILES:
        row |= _estimate(f"makespan_{quantile}", "_s", summary.makespan_s.get(quantile))
    row |= {f"median_{name}": summary.medians.get(name) for name in MEDIANS}
    row |= {"mean_makespan_s": summary.mean_makespan_s}
    row |= {"plan_lower_bound_s": summary.plan_bound_s, "plan_gap": summary.plan_gap}
    return row | (_difference(summary.difference) if difference else {})


def _difference(difference: Difference | None) -> Row:
    by_quantile: Mapping[str, Estimated] = difference.makespan_s if difference else {}
    row: Row = {
        "reference": difference and difference.reference,
        "n_pairs": difference and difference.n_pairs,
        "difference_of_medians_s": difference and difference.of_medians_s,
        "difference_share": difference and difference.share,
    }
    for quantile in QUANTILES:
        row |= _estimate(f"difference_{quantile}", "_s", by_quantile.get(quantile))
    return row


def _estimate(name: str, unit: str, value: Estimated | None) -> Row:
    known = value if isinstance(value, Estimate) else None
    return {
        f"{name}{unit}": known and known.value,
        f"{name}_low{unit}": known and known.low,
        f"{name}_high{unit}": known and known.high,
    }
