"""How far off is who ignores start-up? `python -m benchmarks.circularity [N] [-j JOBS]`.

In N random scenarios (`benchmarks.worlds`) four planners plan. Each plan's makespan is estimated by the
start-up-ignorant formula (`planners.formula`) and by simulating it under planning's own luck, and compared with the
mean of unseen runs. Then each way picks the plan it takes for the shortest: how much longer is that than the best?
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from numpy.typing import NDArray

from benchmarks.worlds import random_world
from planners.check import check_plan
from planners.formula import predict
from planners.registry import make_planner
from sim import Setting, simulate_setting
from sim.evaluator import SimulatedEvaluator
from sim.seeds import run_seeds

PLANNERS = ("one-per-task", "all-on-one", "uniform", "heft")
RUNS = 60

Figures = NDArray[np.float64]


def judge(number: int) -> Figures:
    """Of shape (plans, 3): by the formula, by simulation under other luck, and what unseen runs take on average."""
    world = random_world(number)
    workflow, platform = world.workflow, world.platform
    evaluator = SimulatedEvaluator(workflow, platform, number)
    rows = []
    for name in PLANNERS:
        plan = make_planner(name).plan(workflow, platform, evaluator)
        if not check_plan(plan, workflow, platform):
            setting = Setting(workflow, plan, platform)
            runs = [simulate_setting(setting, seed).makespan_s or np.nan for seed in run_seeds(number, RUNS)]
            simulated = evaluator.evaluate(plan).makespans_s.mean()
            rows.append((predict(workflow, plan, platform).makespan_s, simulated, np.mean(runs)))
    return np.array(rows)


def summary(scenarios: Sequence[Figures]) -> Iterator[str]:
    """A Markdown table of errors and of what picking by them costs."""
    together = np.concatenate(scenarios)
    columns = ("median error", "90th percentile", "worst", "picks the best plan", "picked plan is longer by (mean)")
    yield f"| estimated by | {' | '.join(columns)} |"
    yield "| --- |" + " ---: |" * len(columns)
    for at, name in enumerate(("start-up-ignorant formula", "simulation, under other luck")):
        error = np.abs(together[:, at] - together[:, 2]) / together[:, 2]
        picked = np.array([each[each[:, at].argmin(), 2] / each[:, 2].min() for each in scenarios])
        figures = (*np.quantile(error, (0.5, 0.9, 1.0)), (picked == 1.0).mean(), picked.mean() - 1)
        yield f"| {name} | " + " | ".join(f"{figure:.1%}" for figure in figures) + " |"


def main() -> None:
    """Judge and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n", type=int, nargs="?", default=300)
    parser.add_argument("-j", "--jobs", type=int, default=2)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.jobs) as pool:
        scenarios = [each for each in pool.map(judge, range(asked.n), chunksize=4) if len(each)]
    print(f"{len(scenarios)} scenarios, {sum(map(len, scenarios))} plans\n")
    print("\n".join(summary(scenarios)))


if __name__ == "__main__":
    main()
