"""`faascast export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from faascast.cli.options import Json
from faascast.cli.terminal import show, show_json

Folder = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="A folder that run, simulate or compare --out has written (of a comparison, the best planner's run).",
        show_default=False,
    ),
]
Target = Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write it.", show_default=False)]
Planner = Annotated[
    str | None,
    typer.Option("--planner", metavar="NAME", help="Of a comparison: whose run.", show_default=False),
]


def export(folder: Folder, out: Target, planner: Planner = None, json: Json = False) -> None:
    """Write a run, real or simulated, as a WfFormat 1.5 file: its workflow, and when each task ran, where, how long.

    Tasks that did not come to their end have no execution in it. As a workflow, the file's times are the run's.
    """
    from faascast.results.documents import document, workflow_summary
    from faascast.results.executed import write_executed
    from faascast.results.folder import whole_file
    from faascast.results.saving import load_run

    run = load_run(folder, planner)
    with whole_file(out) as path:
        write_executed(run, path)
    if json:
        show_json(document("workflow", {**workflow_summary(run.workflow), "file": str(out)}))
    else:
        n_run = len(set(run.tasks["task"][run.tasks["counts"]].tolist()))
        show([f"{n_run} of {run.workflow.n_tasks} tasks with their times written to {out} (WfFormat 1.5)."])
