"""`faascast replay`."""

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
        help="A folder that run --out has written, or simulate --out --event-log.",
        show_default=False,
    ),
]


def replay(folder: Folder, json: Json = False) -> None:
    """Give what every machine of a run was told to fresh machines: they have to want the same, step by step.

    Tells the first difference if there is one, and then the exit code is 1.
    """
    from faascast.experiments.replaying import replay_folder
    from faascast.results.documents import document
    from faascast.text.replay import replay_lines

    replayed = replay_folder(folder)
    if json:
        show_json(document("replay", replayed.to_json()))
    else:
        show(replay_lines(replayed.difference, replayed.n_steps, replayed.n_machines, replayed.names))
    if replayed.difference is not None:
        raise typer.Exit(1)
