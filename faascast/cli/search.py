"""`faascast search`."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faascast.cli.goals import Budget, Deadline, Optimizations, Percentile, goal_items
from faascast.cli.options import (
    Json,
    Network,
    Platform,
    Seed,
    Set,
    UnknownBytes,
    UnknownCpu,
    Workflow,
    read_options,
)
from faascast.cli.terminal import paint, progress, show, show_json, width

if TYPE_CHECKING:
    from faascast.experiments.search import Search

Planner = Annotated[
    str, typer.Option("--planner", metavar="NAME[x=1]", help="Who searches: local-search, nsga2, or yours.")
]
Evaluations = Annotated[
    int | None,
    typer.Option(
        "--evaluations", metavar="N", help="Plans to try; by default as the planner says.", show_default=False
    ),
]
OutFolder = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Keep evaluations, and write the front here: table, picture, plans. Without --resume an earlier search is "
        "replaced.",
        show_default=False,
    ),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the evaluations that --out holds.", show_default=False)
]


def search(
    workflow: Workflow,
    planner: Planner = "nsga2",
    platform: Platform = "aws-lambda-s3",
    evaluations: Evaluations = None,
    seed: Seed = 1,
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
    resume: Resume = False,
) -> None:
    """Search for plans by trying them out: the best one, and what shorter makespans cost.

    A search that was stopped goes on with --resume, and gives what it would have given in one go. The plans are in
    DIR/plans: faascast simulate --plan runs one.
    """
    from faascast.experiments.search import search
    from faascast.results.search_folder import EVALUATIONS, forget_front, search_faults, write_search

    goals, wrong_goals = goal_items(deadline, budget, percentile, optimizations)
    goals += [] if evaluations is None else [f"evaluations={evaluations}"]
    given = read_options(set_, network, unknown_bytes, unknown_cpu, goals=goals)
    nowhere = ["--resume goes on with what is in a folder; expected --out DIR"] if resume and not out else []
    wrong = (*given.faults, *wrong_goals, *nowhere, *(search_faults(out) if out else ()))
    with progress("plans") as report, _claim(None if wrong else out):
        found = search(
            workflow,
            planner,
            platform,
            seed=seed,
            settings=given.settings,
            fill=given.fill,
            faults=wrong,
            store=out / EVALUATIONS if out else None,
            resume=resume,
            begins=partial(forget_front, out) if out and not resume else lambda: None,
            report=report,
        )
        if out:
            write_search(out, found)
    _show(found, out, json)


def _claim(folder: Path | None) -> AbstractContextManager[None]:
    """That nobody else searches there, if the search is to be kept."""
    from faascast.results.claims import claimed

    return claimed(folder, "a search goes on", 0o777) if folder else nullcontext()


def _show(found: Search, out: Path | None, json: bool) -> None:
    if json:
        from faascast.results.documents import document
        from faascast.results.search_document import search_content

        show_json(document("search", search_content(found)))
        return
    from faascast.text.search import search_lines

    show(search_lines(found, width(), paint))
    show(["", f"Written to {out}: front.csv, front.png, and the plans, as plans/best.json."] if out else [])
