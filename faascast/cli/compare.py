"""`faascast compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from faascast.cli.goals import Budget, Deadline, Optimizations, Percentile, goal_items
from faascast.cli.options import (
    Jobs,
    Json,
    Know,
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
    read_options,
)
from faascast.cli.terminal import exit_if_in_vain, paint, progress, show, show_json, width

if TYPE_CHECKING:
    from faascast.experiments.comparison import Comparison


def compare(
    workflow: Workflow,
    planners: Planners = "one-per-task,all-on-one,wukong,uniform,heft",
    platform: Platform = "aws-lambda-s3",
    reps: Reps = 30,
    seed: Seed = 1,
    jobs: Jobs = 1,
    set_: Set = None,
    network: Network = None,
    know: Know = None,
    deadline: Deadline = None,
    budget: Budget = None,
    percentile: Percentile = None,
    optimizations: Optimizations = None,
    unknown_bytes: UnknownBytes = None,
    unknown_cpu: UnknownCpu = None,
    json: Json = False,
    out: OutFolder = None,
) -> None:
    """Compare planners: how long, how costly, and how much better than the first.

    Run k of every planner has the same luck, so differences are paired. A planner that has no plan, or whose runs
    fail, is a row that says why. Of several things to know (--know mean,blind) every planner is compared with each.
    """
    from faascast.experiments.compare import compare
    from planners.knowledge.informed import knowing
    from planners.registry import split_specs

    goals, wrong_goals = goal_items(deadline, budget, percentile, optimizations)
    given = read_options(set_, network, unknown_bytes, unknown_cpu, out, goals=goals)
    with progress("runs") as report:
        comparison = compare(
            workflow,
            knowing(split_specs(planners), know),
            platform,
            reps=reps,
            seed=seed,
            settings=given.settings,
            fill=given.fill,
            faults=(*given.faults, *wrong_goals),
            processes=jobs,
            report=report,
        )
    if out:
        from faascast.results.saving import save

        save(comparison, out)
    _show(comparison, out, json)
    exit_if_in_vain(comparison.outcomes)


def _show(comparison: Comparison, out: Path | None, json: bool) -> None:
    if json:
        from faascast.results.documents import comparison_content, document

        show_json(document("comparison", comparison_content(comparison)))
        return
    from faascast.text.comparison import comparison_lines

    show(comparison_lines(comparison, width(), paint))
    if out:
        why = f"; faascast explain {out} says why {comparison.best} takes so long" if comparison.best else ""
        show(["", f"Written to {out}{why}."])
