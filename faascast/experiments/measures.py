"""Measures: what is kept of a run when its records are not."""

from __future__ import annotations

from msgspec import Struct

from executor.records.run import Run


class Measures(Struct, frozen=True, kw_only=True):
    """One run in a row of figures."""

    seed: int
    status: str
    """"complete" or "failed"."""
    failure: str | None
    """Why it failed."""
    makespan_s: float | None
    """None for a run that failed; `cost_usd` and the counts are then of what was used until then."""
    lower_bound_s: float | None
    cost_usd: float
    cold_starts: int
    warm_starts: int
    n_workers: int
    bytes_fetched: int
    bytes_uploaded: int
    wasted_s: float
    """Seconds of instances that came to nothing (`executor.records.waste`)."""
    wasted_usd: float
    """Their price, part of the cost."""

    @property
    def bytes_moved(self) -> int:
        """Bytes between workers and store, both ways."""
        return self.bytes_fetched + self.bytes_uploaded

    @property
    def gap(self) -> float | None:
        """By which share the makespan is above the lower bound of the run; None where there is none to compare."""
        if self.makespan_s is None or not self.lower_bound_s:
            return None
        return self.makespan_s / self.lower_bound_s - 1


def measures_of(run: Run) -> Measures:
    """The measures of a run."""
    return Measures(
        seed=run.seed,
        status=run.status,
        failure=run.failure,
        makespan_s=run.makespan_s,
        lower_bound_s=run.lower_bound_s if run.makespan_ns is not None else None,
        cost_usd=run.cost_usd,
        cold_starts=run.cold_starts,
        warm_starts=run.warm_starts,
        n_workers=run.n_workers,
        bytes_fetched=run.bytes_fetched,
        bytes_uploaded=run.bytes_uploaded,
        wasted_s=run.waste.total_s,
        wasted_usd=run.waste.usd,
    )
