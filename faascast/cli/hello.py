"""`faascast hello`."""

from __future__ import annotations

import typer

from faascast.cli.options import Json
from faascast.cli.terminal import paint, show, show_json, width

WORKFLOW, PLANNER, PLATFORM, SEED = "montage", "heft", "aws-lambda-s3", 1


def hello(json: Json = False) -> None:
    """Run a small workflow to see that everything works, and where to go from here."""
    from faascast.experiments.simulation import simulate

    run = simulate(WORKFLOW, PLANNER, PLATFORM, seed=SEED)
    if json:
        from faascast.results.documents import document, run_content

        show_json(document("run", run_content(run, ())))
        return
    from faascast.text.run import run_lines

    show(run_lines(run, width=width(), paint=paint))
    command = f"faascast compare {WORKFLOW}"
    show(["", f"It works. To see how planners differ on this workflow: {paint(command, 'strong')}"])
    show(["Other workflows: faascast generate · platforms: faascast platforms · planners: faascast planners"])
    if run.status == "failed":
        raise typer.Exit(1)
