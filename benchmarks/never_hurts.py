"""Does an optimization that was kept ever hurt? `python -m benchmarks.never_hurts [N] [--out FILE] [-j JOBS]`.

Of N random scenarios (`benchmarks.worlds`) each optimization is offered to the plan alone, by average, p50 and p95, as
a planner offers it (`planners.improve`). Where it is kept, plan and improved plan are run under the same seeds, none of
which planning saw. *Hurt* means: the mean makespan became more than .5 % longer, and the 95 % interval of the paired
change lies above .5 %. *Helped*: its interval lies below 0. Everything else is unchanged.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, binomtest

from benchmarks.worlds import World, random_world
from planners.check import check_plan
from planners.goal import Goal
from planners.improve import improve
from planners.plan import Plan
from planners.registry import make_planner
from planners.switches import all_switches
from sim import Setting, simulate_setting
from sim.evaluator import SimulatedEvaluator
from sim.seeds import run_seeds

SLAS = ("average", "p50", "p95")
RUNS = 120
"""Unseen runs of each pair of plans that differ."""
TOLERANCE = 0.005
ALLOWED = 0.01
"""Of the cases in which an optimization was kept, how many may hurt."""
COLUMNS = (
    *("scenarios", "carried", "kept", "helped", "unchanged", "hurt"),
    *("hurt, of those kept", "median change", "worst change"),
)

Row = dict[str, Any]
Figures = NDArray[np.float64]


def judge(number: int) -> list[Row]:
    """What each optimization does in one scenario."""
    world = random_world(number)
    evaluator = SimulatedEvaluator(world.workflow, world.platform, number)
    plan = make_planner(world.planner).plan(world.workflow, world.platform, evaluator)
    if check_plan(plan, world.workflow, world.platform):
        return []
    before: list[float] = []
    rows = []
    for name, switch in all_switches().items():
        for sla in SLAS:
            after = improve(plan, world.workflow, world.platform, evaluator, (switch,), Goal(sla))
            row: Row = {"scenario": number, "planner": world.planner, "optimization": name, "sla": sla}
            row["carried"] = "cannot carry" not in after.notes[len(plan.notes)]
            row["kept"] = (after.orders, after.prewarms) != (plan.orders, plan.prewarms)
            if row["kept"]:
                before = before or _makespans_s(world, plan)
                row |= _change(np.array(before), np.array(_makespans_s(world, after)), Goal(sla))
            rows.append(row)
    return rows


def _makespans_s(world: World, plan: Plan) -> list[float]:
    setting = Setting(world.workflow, plan, world.platform)
    return [simulate_setting(setting, seed).makespan_s or np.inf for seed in run_seeds(991, RUNS)]


def _change(before: Figures, after: Figures, goal: Goal) -> Row:
    """The relative change of the mean with its interval, and that of what was judged.

    A run that fails under both plans is no change; one that fails under the improved one alone is without bounds.
    """
    both_fail = np.isinf(before) & np.isinf(after)
    change = np.where(both_fail, 0.0, after - np.where(both_fail, 0.0, before)) / before[np.isfinite(before)].mean()
    error = 1.96 * change.std(ddof=1) / np.sqrt(len(change)) if np.isfinite(change).all() else 0.0
    at = (goal.of(after) - goal.of(before)) / goal.of(before)
    return {"change": change.mean(), "low": change.mean() - error, "high": change.mean() + error, "judged": at}


def summary(rows: Sequence[Row]) -> Iterator[str]:
    """A Markdown table, and whether the rate was met."""
    yield f"| optimization | judged | {' | '.join(COLUMNS)} |"
    yield "| --- | --- |" + " ---: |" * len(COLUMNS)
    for name in dict.fromkeys(str(row["optimization"]) for row in rows):
        for sla in SLAS:
            yield _line(name, sla, [row for row in rows if (row["optimization"], row["sla"]) == (name, sla)])
    kept = [row for row in rows if row["kept"]]
    yield ""
    yield _verdict(sum(map(hurts, kept)), len(kept))


def _verdict(n_hurt: int, n_kept: int) -> str:
    """Whether the allowed rate was met, and how surely a rate thrice as high would have been seen to exceed it."""
    most = int(ALLOWED * n_kept)
    power = float(binom.sf(most, n_kept, 3 * ALLOWED))
    return (
        f"{n_hurt} of {n_kept:,} kept optimizations hurt; allowed are {ALLOWED:.0%}, {most}: "
        f"{'met' if n_hurt <= most else 'not met'}. Had {3 * ALLOWED:.0%} hurt, more than {most} had been seen "
        f"with probability {power:.3f}."
    )


def _line(name: str, sla: str, rows: Sequence[Row]) -> str:
    kept = [row for row in rows if row["kept"]]
    changes = np.array([row["change"] for row in kept], dtype=float)
    hurt = sum(hurts(row) for row in kept)
    helped = sum(float(row["high"]) < 0 for row in kept)
    carried = sum(bool(row["carried"]) for row in rows)
    interval, median, worst = "–", "–", "–"
    if kept:
        limits = binomtest(hurt, len(kept)).proportion_ci()
        interval = f"{limits.low:.1%} – {limits.high:.1%}"
        median, worst = f"{np.median(changes):+.1%}", f"{changes.max():+.1%}"
    unchanged = len(rows) - hurt - helped
    figures = (len(rows), carried, len(kept), helped, unchanged, hurt, interval, median, worst)
    return f"| {name} | {sla} | " + " | ".join(map(str, figures)) + " |"


def hurts(row: Row) -> bool:
    """Whether a kept optimization made unseen runs longer, beyond doubt and tolerance."""
    return float(row["low"]) > TOLERANCE


def main() -> None:
    """Judge, print, and write every row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n", type=int, nargs="?", default=1000)
    parser.add_argument("--out", type=Path)
    parser.add_argument("-j", "--jobs", type=int, default=2)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.jobs) as pool:
        rows = [row for part in pool.map(judge, range(asked.n), chunksize=4) for row in part]
    print("\n".join(summary(rows)))
    if asked.out:
        asked.out.write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
