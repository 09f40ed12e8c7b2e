"""Traffic: many requests over one pool, and what is said of them once it has warmed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from executor.records.table import Table
from faascast.experiments.summary import QUANTILES, Estimated
from faascast.settings import Use
from faascast.warmup import Cut, WarmUp
from planners.plan import Plan
from planners.statistics import quantile
from platforms import Platform
from sim import Arrivals
from workloads import Workflow

if TYPE_CHECKING:
    import pandas

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Averages:
    """How many instances there were, on average over time; from the first request that counts to the last arrival."""

    from_s: float
    until_s: float
    live: float
    busy: float
    """Starting or running."""
    idle: float
    peak_live: int


@dataclass(frozen=True)
class TrafficSummary:
    """What is said of the requests that count. Shares and means are None where there is nothing to take them of."""

    n_requests: int
    n_dropped: int
    dropped: str
    """Which were left out as warm-up, and by which rule."""
    n_failed: int
    n_refused: int
    """Requests of which the platform refused a call at least once, those that were served in the end included."""
    latency_s: Mapping[str, Estimated]
    """Per quantile, of the requests that completed; intervals take these as independent."""
    mean_latency_s: float | None
    cold_share: float | None
    """Of the starts."""
    waited_share: float | None
    """Of the requests: those that waited for a limit of the platform."""
    mean_wait_s: float | None
    cost_usd: float
    """Of the requests that count, and of the store's standing cost between them."""
    standing_usd: float
    """The latter alone."""
    instances: Averages | None
    failures: Mapping[str, int]
    """Reasons, the most frequent first."""

    @property
    def n_counted(self) -> int:
        """Requests that count."""
        return self.n_requests - self.n_dropped


@dataclass(frozen=True, eq=False)
class Traffic:
    """Requests that arrived at one pool, and what became of them."""

    names: tuple[str, ...]
    """Of the workflows, as they were asked for."""
    workflows: tuple[Workflow, ...]
    plans: tuple[Plan, ...]
    platform: Platform
    stream: str
    """How the requests arrived."""
    seed: int
    uses: tuple[Use, ...]
    warnings: tuple[str, ...]
    warmup: WarmUp
    result: Arrivals

    @cached_property
    def cut(self) -> Cut:
        """Where the warm-up ends."""
        return self.warmup.cut(self.result.requests["arrival_s"], self.result.requests["latency_s"])

    @property
    def requests(self) -> pandas.DataFrame:
        """Every request, a row each; `counts` is false for the warm-up."""
        return self.request_table().to_pandas()

    def request_table(self, begin: int = 0, end: int | None = None) -> Table:
        """The requests from number `begin` on, with their workflows by name."""
        rows = slice(begin, end)
        columns = {name: values[rows] for name, values in self.result.requests.items()}
        names = np.array(self.names, dtype=object)
        counts = np.arange(self.result.requests.n_rows)[rows] >= self.cut.first
        failure = columns["failure"].copy()
        failure[failure == ""] = None
        return Table({**columns, "workflow": names[columns["workflow"]], "failure": failure, "counts": counts})

    @cached_property
    def summary(self) -> TrafficSummary:
        """What is said of the requests that count."""
        return _summary(self)


def _summary(traffic: Traffic) -> TrafficSummary:
    cut, every = traffic.cut, traffic.result.requests
    counted = {name: values[cut.first :] for name, values in every.items()}
    latency_s = counted["latency_s"][~np.isnan(counted["latency_s"])]
    cold = int(counted["cold_starts"].sum())
    instances = _averages(traffic.result, float(every["arrival_s"][cut.first]), float(every["arrival_s"][-1]))
    standing_usd = _standing_usd(traffic, instances)
    return TrafficSummary(
        n_requests=every.n_rows,
        n_dropped=cut.first,
        dropped=cut.reason,
        n_failed=int(np.count_nonzero(counted["status"] == "failed")),
        n_refused=int(np.count_nonzero(counted["refusals"])),
        latency_s={name: quantile(latency_s, p) for name, p in QUANTILES.items()} if latency_s.size else {},
        mean_latency_s=_mean(latency_s),
        cold_share=_share(cold, cold + int(counted["warm_starts"].sum())),
        waited_share=_share(np.count_nonzero(counted["wait_s"]), counted["wait_s"].size),
        mean_wait_s=_mean(counted["wait_s"]),
        cost_usd=float(counted["cost_usd"].sum()) + standing_usd,
        standing_usd=standing_usd,
        instances=instances,
        failures=_failures(counted["failure"]),
    )


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if values.size else None


def _share(part: int | np.signedinteger[Any], whole: int) -> float | None:
    return int(part) / int(whole) if whole else None


def _standing_usd(traffic: Traffic, instances: Averages | None) -> float:
    """What the store costs by the hour, for the time in which the counted requests arrived."""
    hours = (instances.until_s - instances.from_s) / 3600 if instances else 0.0
    return hours * traffic.platform.prices.store_usd_per_hour


def _failures(texts: NDArray[np.object_]) -> dict[str, int]:
    reasons, counts = np.unique(texts[texts != ""].astype(str), return_counts=True)
    by_count = sorted(zip(reasons.tolist(), counts.tolist(), strict=True), key=lambda pair: -pair[1])
    return dict(by_count)


def _averages(result: Arrivals, from_s: float, until_s: float) -> Averages | None:
    """Over time, exactly: the sum of all lives in the window by its length; None if it has none."""
    if until_s <= from_s:
        return None
    created_s, ended_s = result.instances["created_s"], result.instances["ended_s"]
    live = _average_number(created_s, ended_s, from_s, until_s)
    busy = _average_number(result.stays["begin_s"], result.stays["end_s"], from_s, until_s)
    return Averages(from_s, until_s, live, busy, live - busy, _peak(created_s, ended_s, from_s, until_s))


def _average_number(begin_s: Floats, end_s: Floats, from_s: float, until_s: float) -> float:
    inside = np.clip(end_s, from_s, until_s) - np.clip(begin_s, from_s, until_s)
    return float(inside.sum()) / (until_s - from_s)


def _peak(begin_s: Floats, end_s: Floats, from_s: float, until_s: float) -> int:
    """The most at once; who ends at the instant at which another begins is not there with it."""
    there = (begin_s <= until_s) & (end_s >= from_s)
    times = np.concatenate([np.maximum(begin_s[there], from_s), end_s[there]])
    steps = np.repeat([1, -1], np.count_nonzero(there))
    order = np.lexsort((steps, times))
    return int(np.cumsum(steps[order]).max(initial=0))
