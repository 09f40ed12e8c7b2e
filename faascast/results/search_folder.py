"""A search in a folder: its evaluations, and once it is over its front, as a table, a picture and plans.

Evaluations are kept while it goes on, so that it can be taken up again, and stay when it is over, so that one with more
of them can go on from there. Everything else is there in full or not at all, `search.json` last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from faascast.experiments.search import Search
from faascast.plots.front import front
from faascast.plots.style import save
from faascast.results.documents import document
from faascast.results.folder import folder_faults, whole_file
from faascast.results.labels import Labels
from faascast.results.search_document import search_content
from faascast.results.tables import ENDINGS, rows_table, write_table
from planners.plan_file import write_plan
from workloads.sources import write_workflow

EVALUATIONS = "evaluations.jsonl"
PLANS = "plans"
_OWN = (EVALUATIONS, PLANS, "search.json", "front.csv", "front.parquet", "front.png", "workflow.json", "platform.toml")


def search_faults(folder: Path) -> Iterator[str]:
    """Why no search can be kept here; nothing if it can."""
    if not folder.is_dir():
        yield from folder_faults(folder)
        return
    others = sorted(path.name for path in folder.iterdir() if path.name not in _OWN and not path.name.startswith("."))
    if others:
        shown = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
        yield f"{folder} holds {shown}; expected an empty or new folder, or that of a search"


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
    for name in sorted(_OWN):
        if (folder / name).is_file() and name != "search.json":
            yield name
    yield from sorted(f"{PLANS}/{path.name}" for path in (folder / PLANS).glob("*.json"))


def _write_plans(folder: Path, search: Search) -> None:
    folder.mkdir(exist_ok=True)
    for old in sorted(folder.glob("*.json")):
        old.unlink()
    named = [("best", search.best), *((f"{i:02}", point) for i, point in enumerate(search.front, 1))]
    for name, point in named:
        with whole_file(folder / f"{name}.json") as path:
            write_plan(point.plan, search.workflow, path)
