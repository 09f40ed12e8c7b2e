"""What docs/planner-table.csv says, in Markdown: `python -m benchmarks.table_summary`.

A planner's makespan on a workflow is told as a multiple of the shortest that any planner reaches there at that level,
its cost as a multiple of the cheapest; over workflows they are averaged as geometric means.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.table import CONFIG, OUT, cases

Row = dict[str, str]
Relative = dict[str, float]
OFF, ON = "off", "all"
SLAS = ("average", "p95")
_HOW = """Makespans are multiples of the shortest that any planner reaches on the same workflow at the same level, costs
of the cheapest; geometric means over workflows. *off*, *all*: optimizations. *Shortest of all*: on so many workflows,
on average, with all on. *Level kept*: unseen runs do not say that planning promised too little. A dash: some of the
cases are missing.
"""


def read(path: Path = OUT) -> list[Row]:
    """The rows of the table."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def summary(rows: Sequence[Row]) -> Iterator[str]:
    """A table for each platform, and what was refused or failed."""
    yield "# All planners\n"
    yield "Made by `make table`: [every row](planner-table.csv), [read](which-planner.md)\n"
    yield _HOW
    yield _how_far(rows)
    done = [row for row in rows if row["status"] == "complete"]
    for platform in dict.fromkeys(row["platform"] for row in rows):
        yield f"### {platform}\n"
        of_platform = [row for row in rows if row["platform"] == platform]
        yield from _planners([row for row in of_platform if row in done], _whole(of_platform))
        yield ""
    yield "### Refused or failed\n"
    refused = sorted({(row["planner"], row["workflow"], row["status"]) for row in rows if row not in done})
    yield from (f"* {planner} on {workflow}: {status}" for planner, workflow, status in refused)


def _how_far(rows: Sequence[Row]) -> str:
    """Whether the table has all that its configuration asks for."""
    all_cases = len(list(cases(tomllib.loads(CONFIG.read_text()))))
    n_cases = len({tuple(row[name] for name in ("workflow", "platform", "planner", "optimizations")) for row in rows})
    told = f"{n_cases:,} of {all_cases:,} cases, each at all levels"
    return f"{told}; `python -m benchmarks.table --keep` makes the others.\n" if n_cases < all_cases else f"{told}.\n"


def _whole(rows: Sequence[Row]) -> set[tuple[str, str]]:
    """Planners, optimizations off or on, of which there are cases on all workflows."""
    workflows: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        workflows.setdefault((row["planner"], row["optimizations"]), set()).add(row["workflow"])
    n_workflows = len({row["workflow"] for row in rows})
    return {case for case, found in workflows.items() if len(found) == n_workflows}


def _planners(rows: Sequence[Row], whole: Collection[tuple[str, str]]) -> Iterator[str]:
    times, costs = _relative(rows, "makespan_s"), _relative(rows, "cost_usd")
    heads = [f"{sla}, {on}" for sla in SLAS for on in (OFF, ON)]
    yield f"| planner | {' | '.join(heads)} | cost, {OFF} | cost, {ON} | shortest of all | level kept |"
    yield "| --- |" + " ---: |" * (len(heads) + 4)
    names = dict.fromkeys(row["planner"] for row in rows)
    # Where some cases are missing, a mean over the others would be told beside means over all.
    partial = [(row["planner"], row["optimizations"]) not in whole for row in rows]
    times, costs = (np.where(partial, np.nan, figures).tolist() for figures in (times, costs))
    means = {name: _mean(rows, times, name, SLAS[0], ON) for name in names}
    order = sorted(names, key=lambda name: (np.isnan(means[name]), means[name]))
    yield from (_line(name, rows, times, costs) for name in order)


def _line(name: str, rows: Sequence[Row], times: Sequence[float], costs: Sequence[float]) -> str:
    own = [(row, time) for row, time in zip(rows, times, strict=True) if row["planner"] == name]
    first = sum(time < 1.001 for row, time in own if row["sla"] == SLAS[0] and row["optimizations"] == ON)
    kept = np.mean([row["sla_kept"] == "True" for row, _ in own])
    figures = [_mean(rows, times, name, sla, on) for sla in SLAS for on in (OFF, ON)]
    figures += [_mean(rows, costs, name, SLAS[0], on) for on in (OFF, ON)]
    shown = ["–" if np.isnan(figure) else f"{figure:.2f}" for figure in figures]
    return f"| {name} | {' | '.join(shown)} | {first} | {kept:.0%} |"


def _relative(rows: Sequence[Row], column: str) -> list[float]:
    """Per row its figure as a multiple of the least for the same workflow and level."""
    least: dict[tuple[str, str], float] = {}
    for row in rows:
        key = (row["workflow"], row["sla"])
        least[key] = min(float(row[column]), least.get(key, np.inf))
    return [float(row[column]) / least[row["workflow"], row["sla"]] for row in rows]


def _mean(rows: Sequence[Row], values: Sequence[float], planner: str, sla: str, on: str) -> float:
    wanted = [planner, sla, on]
    found = [
        value
        for row, value in zip(rows, values, strict=True)
        if [row["planner"], row["sla"], row["optimizations"]] == wanted
    ]
    return float(np.exp(np.mean(np.log(found)))) if found else np.nan


if __name__ == "__main__":
    print("\n".join(summary(read())))
