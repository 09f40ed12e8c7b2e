"""`faascast simulate`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faascast.cli.goals import Budget, Deadline, Optimizations, Percentile, goal_items
from faascast.cli.options import (
    Json,
    Know,
    Network,
    OutFolder,
    Platform,
    Seed,
    Set,
    UnknownBytes,
    UnknownCpu,
    Workflow,
    read_options,
)
from faascast.cli.terminal import paint, show, show_json, width

if TYPE_CHECKING:
    from executor.records.run import Run
    from faascast.experiments.simulation import Case

Planner = Annotated[
    str | None,
    typer.Option(
        "--planner", metavar="NAME[x=1]", help="Who plans (faascast planners); heft by default.", show_default=False
    ),
]
TraceFile = Annotated[
    Path | None,
    typer.Option(
        "--trace",
        metavar="FILE",
        help="Write a trace for ui.perfetto.dev or chrome://tracing, .json or .json.gz (docs/traces.md).",
        show_default=False,
    ),
]
FaultsFile = Annotated[
    Path | None,
    typer.Option(
        "--faults",
        metavar="FILE",
        help="What is to go wrong: a CSV file of task, attempt, fault (docs/faults.md).",
        show_default=False,
    ),
]
EventLog = Annotated[
    bool,
    typer.Option("--event-log", help="Keep in the folder of --out what every machine was told, for faascast replay."),
]
PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", metavar="FILE", help="A plan, instead of a planner.", show_default=False),
]


def simulate(
    workflow: Workflow,
    planner: Planner = None,
    plan: PlanFile = None,
    platform: Platform = "aws-lambda-s3",
    seed: Seed = 1,
    set_: Set = None,
    network: Network = None,
    know: Know = None,
    faults: FaultsFile = None,
    deadline: Deadline = None,
    budget: Budget = None,
    percentile: Percentile = None,
    optimizations: Optimizations = None,
    unknown_bytes: UnknownBytes = None,
    unknown_cpu: UnknownCpu = None,
    json: Json = False,
    out: OutFolder = None,
    trace: TraceFile = None,
    event_log: EventLog = False,
) -> None:
    """Run a workflow once under a plan, and tell how long it took, what it cost and where the time went.

    The seed is that of the run: tables and reports name the seed of each run, and with it this makes the run again.
    Exit code 1 if the run fails.
    """
    from faascast.experiments.simulation import prepare
    from faascast.traces.file import trace_faults
    from planners.knowledge.informed import one_knowing

    goals, wrong_goals = goal_items(deadline, budget, percentile, optimizations)
    given = read_options(set_, network, unknown_bytes, unknown_cpu, out, goals=goals)
    both = _contradictions(planner, plan, know, event_log=event_log, out=out)
    wrong = (*given.faults, *wrong_goals, *both, *(trace_faults(trace, out) if trace else ()))
    case = prepare(
        workflow,
        plan or one_knowing(planner or "heft", know),
        platform,
        seed=seed,
        settings=given.settings,
        fill=given.fill,
        faults=wrong,
        script=faults or (),
    )
    run = _simulated(case, seed, event_log=event_log)
    _keep(run, case, out, trace)
    _show(run, case, out, trace, json)
    if run.status == "failed":
        raise typer.Exit(1)


def _contradictions(
    planner: str | None, plan: Path | None, know: str | None, *, event_log: bool, out: Path | None
) -> Iterator[str]:
    """What is asked for and cannot be had together."""
    if planner and plan:
        yield "--planner and --plan are both given; expected one"
    if know and plan:
        yield "--know and --plan are both given; expected --know where somebody plans"
    if event_log and not out:
        yield "--event-log is given without --out; expected both"


def _simulated(case: Case, seed: int, *, event_log: bool) -> Run:
    from executor.records.evidence import RecordedLog
    from sim import simulate

    log = BytesIO() if event_log else None
    run = simulate(case.workflow, case.plan, case.platform, seed=seed, faults=case.script or (), event_log=log)
    return replace(run, evidence=RecordedLog(log.getvalue())) if log else run


def _keep(run: Run, case: Case, out: Path | None, trace: Path | None) -> None:
    if out:
        from faascast.results.saving import save

        save(run, out, case.uses, case.warnings)
    if trace:
        from faascast.traces.file import save_trace

        save_trace(run, trace)


def _show(run: Run, case: Case, out: Path | None, trace: Path | None, json: bool) -> None:
    from faascast.experiments.switched import switched

    if json:
        from faascast.results.documents import document, run_content, switched_content

        show_json(document("run", run_content(run, case.uses, case.warnings) | switched_content(switched(run))))
        return
    from faascast.text.run import run_lines
    from faascast.text.switched import switched_lines

    show(run_lines(run, case.uses, case.warnings, width(), paint))
    show(switched_lines(switched(run), width(), paint))
    show([""] if out or trace else [])
    show([f"Written to {out}; faascast explain {out} says why, step by step."] if out else [])
    show([f"Trace written to {trace}; open it at ui.perfetto.dev."] if trace else [])
