"""How much planners owe to what they may know: the table of docs/knowledge.md.

    python -m benchmarks.knowledge

Every built-in workflow under three planners, each knowing the run, what is described, ten recorded runs under another
planner (at the average and at p95), and nothing but the structure. All share the luck of their runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from tempfile import TemporaryDirectory

import numpy as np

from faascast.experiments.compare import compare
from faascast.experiments.simulation import simulate
from faascast.history.learn import learn
from planners.knowledge.history_file import write_history
from sim.seeds import planning_seeds

WORKFLOWS = ("gemm", "tree_reduction", "text_analysis", "image_transformer", "montage", "wordcount", "fixed_times")
PLANNERS = ("heft", "uniform", "local-search[evaluations=30]")
KNOWN = ("exact", "mean", "history:{}", "history:{}+p95", "blind")
RECORDED = 10
"""Runs that history knows, of one-per-task."""


def rows(workflows: Sequence[str], reps: int) -> Iterator[str]:
    """Lines of a Markdown table: the mean makespan with what is described, and how much others differ from it."""
    yield "| workflow | planner | mean, s | exact | history | history+p95 | blind |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for workflow in workflows:
        with TemporaryDirectory() as folder:
            path = f"{folder}/h.json"
            past = learn(simulate(workflow, "one-per-task", seed=seed) for seed in planning_seeds(77, RECORDED))
            write_history(past, path)
            for planner in PLANNERS:
                specs = [f"{planner}@{known.format(path)}" for known in KNOWN]
                yield f"| {workflow} | {planner} | {_cells(workflow, specs, reps)} |"


def _cells(workflow: str, specs: Sequence[str], reps: int) -> str:
    outcomes = compare(workflow, specs, reps=reps).outcomes
    exact, mean, *others = (np.array([run.makespan_s for run in each.runs], dtype=float) for each in outcomes)
    differences = [_difference(each, mean) for each in (exact, *others)]
    return " | ".join([f"{mean.mean():.3f}", *differences])


def _difference(
    values: np.ndarray[tuple[int], np.dtype[np.float64]], mean: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> str:
    """The mean difference in percent, and ± two standard errors of it over the pairs."""
    gains = 100 * (values - mean) / mean.mean()
    if not gains.any():
        return "same"
    return f"{gains.mean():+.1f} ± {2 * gains.std(ddof=1) / np.sqrt(len(gains)):.1f} %".replace("-", "−")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reps", type=int, default=20)
    parser.add_argument("workflows", nargs="*", default=WORKFLOWS)
    given = parser.parse_args()
    for row in rows(given.workflows, given.reps):
        print(row, flush=True)
