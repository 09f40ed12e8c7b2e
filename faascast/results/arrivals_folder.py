"""Traffic as a document and in a folder: every request in a table, its input beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from executor.records.table import Table
from faascast.experiments.traffic import Averages, Traffic
from faascast.results.documents import document, estimated, platform_summary, versions, workflow_summary
from faascast.results.folder import write_document
from faascast.results.labels import Labels
from faascast.results.tables import ENDINGS, arrow_table
from faascast.settings import parameters_of
from planners.plan_file import write_plan
from workloads.sources import write_workflow

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 100_000
"""Rows that are made into a table at a time, so that a million of them need no more memory than this."""


def write_traffic(folder: Path, traffic: Traffic) -> None:
    """Write traffic into a folder that is there and empty."""
    _write_table(folder, "requests", _requests(traffic))
    _write_table(folder, "stays", _slices(traffic, traffic.result.stays))
    _write_table(folder, "instances", _slices(traffic, _numbered(traffic.result.instances)))
    (folder / "platform.toml").write_text(traffic.platform.to_toml(), "utf-8")
    for number, (workflow, plan) in enumerate(zip(traffic.workflows, traffic.plans, strict=True)):
        write_workflow(workflow, folder / f"workflow-{number}.json")
        write_plan(plan, workflow, folder / f"plan-{number}.json")
    write_document(folder, "arrivals.json", document("arrivals", traffic_content(traffic)))


def traffic_content(traffic: Traffic) -> dict[str, object]:
    """Traffic in figures."""
    summary = traffic.summary
    return {
        "workflows": [
            {"asked": name, "planner": plan.planner, **workflow_summary(workflow)}
            for name, workflow, plan in zip(traffic.names, traffic.workflows, traffic.plans, strict=True)
        ],
        "platform": platform_summary(traffic.platform),
        "parameters": parameters_of(traffic.uses),
        "stream": traffic.stream,
        "seed": traffic.seed,
        "n_requests": summary.n_requests,
        "n_dropped": summary.n_dropped,
        "dropped": summary.dropped,
        "is_settled": traffic.cut.is_settled,
        "n_failed": summary.n_failed,
        "n_refused": summary.n_refused,
        "failures": [{"reason": reason, "n_requests": n} for reason, n in summary.failures.items()],
        "latency_s": {name: estimated(value) for name, value in summary.latency_s.items()},
        "mean_latency_s": summary.mean_latency_s,
        "cold_share": summary.cold_share,
        "waited_share": summary.waited_share,
        "mean_wait_s": summary.mean_wait_s,
        "cost_usd": summary.cost_usd,
        "standing_usd": summary.standing_usd,
        "instances": _averages(summary.instances),
        "warnings": list(traffic.warnings),
        "versions": versions(),
    }


def _averages(instances: Averages | None) -> dict[str, object] | None:
    if instances is None:
        return None
    names = ("from_s", "until_s", "live", "busy", "idle", "peak_live")
    return {name: getattr(instances, name) for name in names}


def _requests(traffic: Traffic) -> Iterator[pa.Table]:
    n = traffic.result.requests.n_rows
    for begin in range(0, n, _ROWS):
        yield arrow_table(traffic.request_table(begin, begin + _ROWS), _labels(traffic))


def _slices(traffic: Traffic, table: Table) -> Iterator[pa.Table]:
    for begin in range(0, max(1, table.n_rows), _ROWS):
        part = {name: values[begin : begin + _ROWS] for name, values in table.items()}
        yield arrow_table(Table(part), _labels(traffic))


def _numbered(instances: Table) -> Table:
    return Table({"instance": np.arange(instances.n_rows), **instances})


def _labels(traffic: Traffic) -> Labels:
    """A request's own workflow is a column of its own."""
    planner = ", ".join(dict.fromkeys(plan.planner for plan in traffic.plans))
    names = traffic.names[0] if len(traffic.names) == 1 else f"{len(traffic.names)} workflows"
    return Labels.of(names, planner, traffic.platform.name, traffic.uses, traffic.seed)


def _write_table(folder: Path, name: str, parts: Iterator[pa.Table]) -> None:
    """Part by part, as Parquet and CSV."""
    import pyarrow.csv  # a tenth of a second that only its users should pay
    import pyarrow.parquet

    first = next(parts)
    parquet, csv = (folder / f"{name}{ending}" for ending in ENDINGS)
    with (
        pyarrow.parquet.ParquetWriter(parquet, first.schema, compression="zstd") as to_parquet,
        pyarrow.csv.CSVWriter(csv, first.schema) as to_csv,
    ):
        for part in (first, *parts):
            to_parquet.write_table(part)
            to_csv.write_table(part)
