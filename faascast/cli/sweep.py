"""`faascast sweep`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from faascast.cli.goals import Budget, Deadline, Optimizations, Percentile, goal_items
from faascast.cli.options import (
    Jobs,
    Json,
    Network,
    OutFolder,
    Planners,
    Platform,
    Reps,
    Seed,
    Set,
    UnknownBytes,
    UnknownCpu,
    Workflow,
    axes_of,
    read_options,
)
from faascast.cli.terminal import exit_if_in_vain, paint, progress, show, show_json, width

if TYPE_CHECKING:
    from faascast.experiments.sweep import Sweep


def sweep(
    workflow: Workflow,
    planners: Planners = "one-per-task,all-on-one,wukong,uniform,heft",
    platform: Platform = "aws-lambda-s3",
    reps: Reps = 30,
    seed: Seed = 1,
    jobs: Jobs = 1,
    set_: Set = None,
    network: Network = None,
    deadline: Deadline = None,
    budget: Budget = None,
    percentile: Percentile = None,
    optimizations: Optimizations = None,
    unknown_bytes: UnknownBytes = None,
    unknown_cpu: UnknownCpu = None,
    json: Json = False,
    out: OutFolder = None,
) -> None:
    """Try every planner with every combination of settings: --set keep_alive_s=0,60,600 is an axis of three values.

    With --out each point is kept as soon as it is done, and what is there already is not run again. A point that
    fails is a row that says why.
    """
    from faascast.experiments.sweep import sweep
    from faascast.results.saving import save
    from faascast.results.sweep_folder import POINTS, sweep_faults
    from planners.registry import split_specs

    goals, wrong_goals = goal_items(deadline, budget, percentile, optimizations, axes=True)
    given = read_options(set_, network, unknown_bytes, unknown_cpu, goals=goals)
    with progress("points") as report:
        done = sweep(
            workflow,
            split_specs(planners),
            platform,
            axes=axes_of(given.settings),
            reps=reps,
            seed=seed,
            fill=given.fill,
            faults=(*given.faults, *wrong_goals, *(sweep_faults(out) if out else ())),
            processes=jobs,
            store=out / POINTS if out else None,
            report=report,
        )
    if out:
        save(done, out)
    _show(done, out, json)
    exit_if_in_vain(done.outcomes)


def _show(done: Sweep, out: Path | None, json: bool) -> None:
    if json:
        from faascast.results.documents import document, sweep_content

        show_json(document("sweep", sweep_content(done)))
        return
    from faascast.text.sweep import sweep_lines

    show(sweep_lines(done, width(), paint))
    show(["", f"Written to {out}: sweep.csv and sweep.parquet hold every run."] if out else [])
