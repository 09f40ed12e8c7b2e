"""`faascast calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from faascast.cli.options import Json
from faascast.cli.terminal import paint, show, show_json, width

Folders = Annotated[
    list[Path],
    typer.Argument(
        metavar="DIR...",
        help="Recorded runs: what run --out has written (or simulate --out), or folders that hold such folders.",
        show_default=False,
    ),
]
PlatformFile = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        metavar="FILE.toml",
        help="Write the platform here; beside it FILE.WORKFLOW.json with what tasks compute, and FILE.history.json.",
        show_default=False,
    ),
]
Before = Annotated[
    str | None,
    typer.Option(
        "--platform",
        metavar="NAME|FILE",
        help="What to begin with, instead of the platform that the runs were recorded on.",
        show_default=False,
    ),
]


def calibrate(folders: Folders, out: PlatformFile = None, platform: Before = None, json: Json = False) -> None:
    """Fit a platform to recorded runs: start-up, calls, transfers, requests, what tasks compute, and how it scatters.

    Each fitted figure says in the platform's sources from how many samples it is and how good the fit is; what cannot
    be told from the runs keeps its former value, and that is told, too.
    """
    from faascast.experiments.calibration.calibrate import calibrate
    from faascast.history.folders import folders_of_runs
    from faascast.history.learn import learn
    from faascast.results.calibration import calibration_content, calibration_paths, write_calibration
    from platforms import load_platform

    folders = [*folders_of_runs(folders)]
    if out:
        calibration_paths(out, ())
    before = load_platform(platform) if platform else None
    found = calibrate(folders, platform=before, name=out.stem if out else "")
    written = write_calibration(found, learn(folders), out) if out else []
    if json:
        from faascast.results.documents import document

        show_json(document("calibration", calibration_content(found)))
        return
    from faascast.text.calibration import calibration_lines

    show(calibration_lines(found, width(), paint))
    show(["", *(f"Written to {path}" for path in written)] if written else ["", "--out FILE.toml writes it."])
