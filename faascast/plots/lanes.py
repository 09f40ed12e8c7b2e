"""Lanes of a Gantt chart: which instances it shows, and in which colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from executor.records.run import Run

MOST_LANES = 120


def chosen_instances(run: Run, most: int) -> list[int]:
    """The instances to show, in the order of their making: all on the critical path, the others evenly thinned."""
    serials: list[int] = run.instances["instance"].tolist()
    if len(serials) <= most:
        return serials
    needed = set(path_instances(run))
    others = [serial for serial in serials if serial not in needed]
    n_others = max(0, most - len(needed))
    kept = {others[i] for i in np.linspace(0, len(others) - 1, n_others).round().astype(int).tolist()} if others else ()
    shown = [serial for serial in serials if serial in needed or serial in kept]
    return shown[:most]


def path_instances(run: Run) -> list[int]:
    """The instances on the critical path, in its order, each once."""
    instance: list[int] = run.invocations["instance"].tolist()
    on_path = (instance[segment.invocation] for segment in run.critical_path() if segment.invocation >= 0)
    return list(dict.fromkeys(serial for serial in on_path if serial >= 0))


def colours_of_functions(
    run: Run, palette: Sequence[str], other: str, beside: Run | None = None
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """A colour for each function, those that compute most first; and the legend, the rest as one entry.

    With what they compute in the run ``beside`` added, if there is one: both pictures have a function in one colour.
    """
    total_us = Counter(_computing_us(run)) + Counter(_computing_us(beside) if beside else {})
    by_total = sorted((name for name in run.workflow.functions if total_us[name] > 0), key=lambda name: -total_us[name])
    n_named = len(by_total) if len(by_total) <= len(palette) else len(palette) - 1
    colours = dict(zip(by_total[:n_named], palette, strict=False))
    shown = dict(colours)
    if rest := by_total[n_named:]:
        shown[f"{len(rest)} other functions"] = other
    return {name: colours.get(name, other) for name in run.workflow.functions}, shown


def _computing_us(run: Run) -> dict[str, int]:
    """Per function, in whole µs: what is as long but for rounding keeps its colour from run to run."""
    functions, lasted_s = run.tasks["function"], run.tasks["end_s"] - run.tasks["start_s"]
    return {name: round(1e6 * float(np.nansum(lasted_s[functions == name]))) for name in run.workflow.functions}
