"""A search in a folder: its evaluations, and once it is over its front, as a table, a picture and plans.

Evaluations are kept while it goes on, so that it can be taken up again, and stay when it is over, so that one with more
of them can go on from there. Everything else is there in full or not at all, `search.json` last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from faascast.experiments.evaluations import is_evaluations
from faascast.experiments.search import Search
from faascast.plots.front import front
from faascast.plots.style import save
from faascast.results.documents import document
from faascast.results.folder import whole_file
from faascast.results.kept_folder import kept_faults
from faascast.results.labels import Labels
from faascast.results.search_document import search_content
from faascast.results.tables import ENDINGS, rows_table, write_table
from planners.plan_file import write_plan
from workloads.sources import write_workflow

EVALUATIONS = "evaluations.jsonl"
PLANS = "plans"
_PLAN = r"(best|[0-9]{2,})\.json"
_FRONT = re.compile(rf"search\.json|front\.(csv|parquet|png)|workflow\.json|platform\.toml|{PLANS}/{_PLAN}")
_OWN = re.compile(rf"{re.escape(EVALUATIONS)}|{_FRONT.pattern}")
_MARKS = (EVALUATIONS, "search.json")


def search_faults(folder: Path) -> Iterator[str]:
    """Why no search can be kept here; nothing if it can."""
    faults = [*kept_faults(folder, "search", _OWN, _MARKS)]
    yield from faults
    if not faults and not is_evaluations(folder / EVALUATIONS):
        yield f"{folder / EVALUATIONS} is something else; expected evaluations that a search has kept"


def forget_front(folder: Path) -> None:
    """Take away what an earlier search found, for its evaluations are going to be those of another one."""
    for path in sorted(folder.rglob("*")):
        if _FRONT.fullmatch(path.relative_to(folder).as_posix()):
            path.unlink()


def write_search(folder: Path, search: Search) -> None:
    """Write what a search found beside its evaluations."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "search.json").unlink(missing_ok=True)
    labels = Labels.of(search.workflow.name, search.planner, search.platform.name, search.uses, search.seed)
    table = rows_table({**labels.columns(), **row} for row in search.rows)
    for ending in ENDINGS:
        with whole_file(folder / f"front{ending}") as path:
            write_table(path, table)
    with whole_file(folder / "front.png") as path:
        save(front(search), path)
    with whole_file(folder / "workflow.json") as path:
        write_workflow(search.workflow, path)
    with whole_file(folder / "platform.toml") as path:
        path.write_text(search.platform.to_toml(), "utf-8")
    _write_plans(folder / PLANS, search)
    with whole_file(folder / "search.json") as path:
        written = document("search", search_content(search)) | {"files": [*_files(folder)]}
        path.write_text(json.dumps(written, indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")


def _files(folder: Path) -> Iterator[str]:
    """What belongs to the search, besides its document."""
    there = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    yield from (name for name in there if _OWN.fullmatch(name) and name != "search.json")


def _write_plans(folder: Path, search: Search) -> None:
    folder.mkdir(exist_ok=True)
    for old in sorted(folder.iterdir()):
        if re.fullmatch(_PLAN, old.name):
            old.unlink()
    named = [("best", search.best), *((f"{i:02}", point) for i, point in enumerate(search.front, 1))]
    for name, point in named:
        with whole_file(folder / f"{name}.json") as path:
            write_plan(point.plan, search.workflow, path)
