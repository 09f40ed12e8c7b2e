"""`faascast explain`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faascast.cli.options import (
    Given,
    Json,
    Network,
    Set,
    UnknownBytes,
    UnknownCpu,
    read_options,
)
from faascast.cli.simulate import TraceFile
from faascast.cli.terminal import show, show_json, width

if TYPE_CHECKING:
    from executor.records.run import Run

Subjects = Annotated[
    list[str],
    typer.Argument(
        metavar="DIR [DIR]",
        help="A folder that simulate --out or compare --out has written (of a comparison, the best planner), or two of "
        "them; or a WORKFLOW, with --planners.",
        show_default=False,
    ),
]
Planners = Annotated[
    str | None,
    typer.Option(
        "--planners",
        metavar="A[,B]",
        help="Whose run to explain, or whose two to tell apart: of a comparison (the best by default), "
        "or of a WORKFLOW (heft by default).",
        show_default=False,
    ),
]
OfWorkflow = Annotated[
    str | None,
    typer.Option(
        "--platform",
        metavar="NAME|FILE",
        help="For a WORKFLOW: where it runs (aws-lambda-s3 by default).",
        show_default=False,
    ),
]
OfRun = Annotated[
    int | None, typer.Option("--seed", help="For a WORKFLOW: of the run (1 by default).", show_default=False)
]
Steps = Annotated[int, typer.Option("--steps", min=1, help="Lines that the path takes; a longer one is abridged.")]


def explain(
    subjects: Subjects,
    planners: Planners = None,
    platform: OfWorkflow = None,
    seed: OfRun = None,
    set_: Set = None,
    network: Network = None,
    unknown_bytes: UnknownBytes = None,
    unknown_cpu: UnknownCpu = None,
    steps: Steps = 30,
    json: Json = False,
    trace: TraceFile = None,
) -> None:
    """Explain a makespan by its causal critical path: each second under one cause, adding up exactly.

    Of two runs, tell where they differ.
    """
    from faascast.explain import explain_pair, explain_run
    from faascast.faults import BadInput
    from faascast.results.documents import document
    from faascast.traces.file import save_trace, trace_faults

    if faults := [*(trace_faults(trace) if trace else ())]:
        raise BadInput(faults)
    if all(Path(subject).is_dir() for subject in subjects):
        if any(option is not None for option in (platform, seed, set_, network, unknown_bytes, unknown_cpu)):
            raise BadInput(
                ["a folder has its platform, seed and settings; expected no option but --planners and --steps"]
            )
        runs = _from_folders([Path(subject) for subject in subjects], planners)
    elif len(subjects) == 1:
        given = read_options(set_, network, unknown_bytes, unknown_cpu)
        runs = _made(subjects[0], planners or "heft", platform or "aws-lambda-s3", 1 if seed is None else seed, given)
    else:
        raise BadInput([f"{each} is no folder; expected one" for each in subjects if not Path(each).is_dir()])
    if len(runs) not in (1, 2):
        raise BadInput([f"there are {len(runs)} runs to explain; expected one, or two to tell apart"])
    if trace and len(runs) != 1:
        raise BadInput([f"--trace {trace}: there are {len(runs)} runs; expected one"])
    kind, explained = ("explanation", explain_run(runs[0])) if len(runs) == 1 else ("difference", explain_pair(*runs))
    if trace:
        save_trace(runs[0], trace)
    if json:
        show_json(document(kind, explained.to_json()))
    else:
        show(explained.to_text(width() or 120, steps).splitlines())
        show(["", f"Trace written to {trace}; open it at ui.perfetto.dev."] if trace else [])


def _from_folders(folders: list[Path], planners: str | None) -> list[Run]:
    from faascast.results.saving import load_run
    from planners.registry import split_specs

    chosen = split_specs(planners) if planners else (None,)
    return [load_run(folder, planner) for folder in folders for planner in chosen]


def _made(workflow: str, planners: str, platform: str, seed: int, given: Given) -> list[Run]:
    from faascast.experiments.simulation import prepare
    from faascast.faults import Intake
    from planners.registry import split_specs
    from sim import simulate

    intake = Intake()
    cases = [
        intake.take(
            partial(
                prepare,
                workflow,
                planner,
                platform,
                seed=seed,
                settings=given.settings,
                fill=given.fill,
                faults=given.faults,
            )
        )
        for planner in split_specs(planners)
    ]
    intake.close()
    return [simulate(case.workflow, case.plan, case.platform, seed=seed) for case in cases if case]
