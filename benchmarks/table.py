"""All planners, optimizations off and on, at every level: `make table`, from `benchmarks/table.toml`.

Writes docs/planner-table.csv, one row per planner, optimizations, level, workflow and platform: makespan at the level,
mean cost, cold starts, bytes, and whether the level was kept. It is kept if unseen runs do not say that what planning
saw (`promised_s`, under its own luck) was too short: at a percentile, if the share of runs that take no longer is not
significantly below it; on average, if the mean is not significantly above. Both at 95 %, one-sided.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from planners.check import check_plan
from planners.goal import Goal
from planners.plan import Plan
from planners.planner import Judging
from planners.registry import make_planner
from platforms import load_platform
from sim import Setting, simulate_setting
from sim.evaluator import SimulatedEvaluator
from sim.seeds import run_seeds
from workloads import InvalidInput, Workflow, load_workflow

HERE = Path(__file__).parent
CONFIG = HERE / "table.toml"
OUT = HERE.parent / "docs" / "planner-table.csv"
DATA = Path(os.environ.get("FAASCAST_DATA", HERE.parent.parent / "shared" / "data"))
_PROMISE_DRAW = 2
_AT_A_TIME = 20
"""Cases after which the table is written as far as it is."""
_SURE = 1.645
"""Standard errors that one side of a 95 % interval is long."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    workflow: str
    platform: str
    planner: str
    optimizations: str
    sla: str
    status: str
    makespan_s: float | None = None
    promised_s: float | None = None
    sla_kept: bool | None = None
    cost_usd: float | None = None
    cold_starts: float | None = None
    bytes_moved: float | None = None
    lower_bound_s: float | None = None
    n_simulations: int | None = None


@dataclass(frozen=True)
class Case:
    """All levels of one planner on one workflow and platform, optimizations off or on."""

    workflow: str
    platform: str
    planner: str
    optimizations: str
    config: dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """Unseen runs of a plan."""

    makespans_s: np.ndarray[Any, np.dtype[np.float64]]
    cost_usd: float
    cold_starts: float
    bytes_moved: float
    lower_bound_s: float


def carry_out(case: Case) -> list[Row]:
    """Plan at every level, and run each plan that differs once."""
    workflow, platform = _workflow(case.workflow), load_platform(case.platform)
    evaluator = SimulatedEvaluator(workflow, platform, case.config["seed"], case.config["planning_runs"])
    known: dict[Plan, Measured] = {}
    rows = []
    for sla in case.config["slas"]:
        told = Row(*_named(case), sla, "complete")
        asked = evaluator.n_simulations
        try:
            planner = replace(make_planner(case.planner), optimizations=case.optimizations, sla=sla)
            plan = planner.plan(workflow, platform, evaluator)
            faults = check_plan(plan, workflow, platform)
        except InvalidInput as refusal:
            faults = refusal.faults
        if faults:
            rows.append(replace(told, status=f"refused: {faults[0]}"))
            continue
        key = msgspec.structs.replace(plan, planner="", notes=())
        if key not in known:
            known[key] = _measured(workflow, plan, case)
        rows.append(_row(told, known[key], evaluator, plan, evaluator.n_simulations - asked))
    return rows


def _row(told: Row, found: Measured, evaluator: SimulatedEvaluator, plan: Plan, asked: int) -> Row:
    goal = Goal(told.sla)
    promised = evaluator.evaluate(plan, runs=len(found.makespans_s), draw=_PROMISE_DRAW)
    promised_s = goal.time_s(promised)
    return replace(
        told,
        status="complete" if np.isfinite(found.makespans_s).all() else "failed",
        makespan_s=round(goal.of(found.makespans_s), 4),
        promised_s=round(promised_s, 4),
        sla_kept=_kept(found.makespans_s, promised.makespans_s, goal),
        cost_usd=float(f"{found.cost_usd:.5g}"),
        cold_starts=round(found.cold_starts, 2),
        bytes_moved=round(found.bytes_moved),
        lower_bound_s=round(found.lower_bound_s, 4),
        n_simulations=asked,
    )


def _kept(unseen_s: Any, promised_s: Any, goal: Goal) -> bool:
    n = len(unseen_s)
    if goal.quantile is None:
        error = np.sqrt(unseen_s.var(ddof=1) / n + promised_s.var(ddof=1) / len(promised_s))
        return bool(unseen_s.mean() - promised_s.mean() <= _SURE * error + 1e-9)
    within = (unseen_s <= goal.of(promised_s) * (1 + 1e-9)).mean()
    error = np.sqrt(2 * goal.quantile * (1 - goal.quantile) / n)  # of what was promised, and of what was seen
    return bool(within >= goal.quantile - _SURE * error)


def _measured(workflow: Workflow, plan: Plan, case: Case) -> Measured:
    setting = Setting(workflow, plan, load_platform(case.platform))
    runs = [simulate_setting(setting, seed) for seed in run_seeds(case.config["seed"], case.config["runs"])]
    return Measured(
        np.array([run.makespan_s or np.inf for run in runs]),
        float(np.mean([run.cost_usd for run in runs])),
        float(np.mean([run.cold_starts for run in runs])),
        float(np.mean([run.bytes_fetched + run.bytes_uploaded for run in runs])),
        float(np.mean([run.lower_bound_s for run in runs])),
    )


def _workflow(name: str) -> Workflow:
    return load_workflow(str(DATA / "wfinstances" / name) if name.endswith(".json") else name)


def cases(config: dict[str, Any]) -> Iterator[Case]:
    """The cheapest first, so that a table that was not finished has as many rows as can be."""
    recorded = [name for name in config["recorded"] if (DATA / "wfinstances" / name).exists()]
    for name in config["recorded"]:
        if name not in recorded:
            print(f"{name} is not in {DATA / 'wfinstances'}: left out", file=sys.stderr)
    found = [
        Case(workflow, platform, planner, optimizations, config)
        for optimizations in ("", "all")
        for planner in config["planners"]
        for workflow in [*config["workflows"], *recorded]
        for platform in config["platforms"]
    ]
    yield from sorted(found, key=lambda case: isinstance(make_planner(case.planner), Judging))


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=CONFIG)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="keep the rows that are there, and make the others")
    asked = parser.parse_args()
    rows = _read(asked.out) if asked.keep and asked.out.exists() else []
    known = {_case_of(row) for row in rows}
    everything = [case for case in cases(tomllib.loads(asked.config.read_text())) if _named(case) not in known]
    with ProcessPoolExecutor(asked.jobs) as pool:
        for done, part in enumerate(pool.map(carry_out, everything), 1):
            rows += [{name: _text(value) for name, value in asdict(row).items()} for row in part]
            print(f"{done} of {len(everything)}", end="\r", file=sys.stderr, flush=True)
            if done % _AT_A_TIME == 0 or done == len(everything):
                _write(rows, asked.out)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _write(rows: list[dict[str, str]], path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: (*_case_of(row), row["sla"])))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _case_of(row: Mapping[str, str]) -> tuple[str, str, str, str]:
    return row["workflow"], row["platform"], row["planner"], row["optimizations"]


def _named(case: Case) -> tuple[str, str, str, str]:
    return Path(case.workflow).stem, case.platform, case.planner, case.optimizations or "off"


if __name__ == "__main__":
    main()
