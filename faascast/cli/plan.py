"""`faascast plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from faascast.cli.goals import Budget, Deadline, Optimizations, Percentile, goal_items
from faascast.cli.options import (
    Json,
    Know,
    Network,
    Platform,
    Seed,
    Set,
    UnknownBytes,
    UnknownCpu,
    Workflow,
    read_options,
)
from faascast.cli.terminal import paint, show, show_json, width

Planner = Annotated[str, typer.Option("--planner", metavar="NAME[x=1]", help="Who plans (faascast planners).")]
PlanFile = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write the plan here.", show_default=False)
]


def plan(
    workflow: Workflow,
    planner: Planner = "heft",
    platform: Platform = "aws-lambda-s3",
    seed: Seed = 1,
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
    out: PlanFile = None,
) -> None:
    """Make a plan, tell what it decides, and write it: who runs what, at which size, in which order.

    faascast simulate --plan runs it, edited or not; faascast check says whether it still fits.
    """
    from faascast.experiments.simulation import prepare
    from planners.knowledge.informed import one_knowing
    from planners.plan_file import write_plan

    goals, wrong_goals = goal_items(deadline, budget, percentile, optimizations)
    given = read_options(set_, network, unknown_bytes, unknown_cpu, goals=goals)
    case = prepare(
        workflow,
        one_knowing(planner, know),
        platform,
        seed=seed,
        settings=given.settings,
        fill=given.fill,
        faults=(*given.faults, *wrong_goals),
    )
    if out:
        from faascast.results.folder import whole_file

        with whole_file(out) as path:
            write_plan(case.plan, case.workflow, path)
    if json:
        from faascast.results.documents import document, plan_content

        show_json(document("plan", plan_content(case)))
    else:
        from faascast.text.plan import plan_lines

        show(plan_lines(case, width(), paint))
        show(["", f"Written to {out}."] if out else ["", "--out plan.json writes it to a file."])
