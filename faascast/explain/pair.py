"""Where two runs of one workflow differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from executor.records.critical_path import WaitCause
from executor.records.run import Run
from faascast.explain.causes import CAUSES, NS_PER_S, totals
from faascast.explain.text import columns, decimals_for, quantity, seconds, shortened
from workloads import Fault, InvalidInput

MOST_TASKS = 10
"""Tasks listed in text unless asked otherwise."""


@dataclass(frozen=True, slots=True)
class CauseDifference:
    """What one cause takes on the critical path of each run."""

    cause: WaitCause
    a_ns: int
    b_ns: int

    @property
    def difference_ns(self) -> int:
        """Positive if it takes longer in B."""
        return self.b_ns - self.a_ns


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of both runs."""

    name: str
    unit: str
    a: float
    b: float

    @property
    def difference(self) -> float:
        """B less A."""
        return self.b - self.a


@dataclass(frozen=True, slots=True)
class TaskDifference:
    """A task that ran on another worker or started at another time; a start is None where it did not run."""

    task: str
    a_worker: str
    b_worker: str
    a_start_s: float | None
    b_start_s: float | None

    @property
    def is_elsewhere(self) -> bool:
        """Whether the worker has another name."""
        return self.a_worker != self.b_worker

    @property
    def later_s(self) -> float:
        """How much later it starts in B; infinite where it ran in one run only."""
        if self.a_start_s is None or self.b_start_s is None:
            return float("inf")
        return self.b_start_s - self.a_start_s


@dataclass(frozen=True)
class PairExplanation:
    """What run B does otherwise than run A.

    ``causes`` add up to ``difference_ns`` exactly; both are None and empty unless both runs are complete.
    ``tasks`` are in the order in which they start in A.
    """

    workflow: str
    a: str
    b: str
    a_makespan_ns: int | None
    b_makespan_ns: int | None
    failures: tuple[str | None, str | None]
    causes: tuple[CauseDifference, ...]
    figures: tuple[Figure, ...]
    costs: tuple[Figure, ...]
    """By item of the bill."""
    tasks: tuple[TaskDifference, ...]
    n_tasks: int

    @property
    def difference_ns(self) -> int | None:
        """Makespan of B less that of A."""
        if self.a_makespan_ns is None or self.b_makespan_ns is None:
            return None
        return self.b_makespan_ns - self.a_makespan_ns

    def to_json(self) -> dict[str, object]:
        """The same as plain data; times are integer nanoseconds (`_ns`) or seconds (`_s`)."""
        return _to_json(self)

    def to_text(self, width: int = 100, most_tasks: int = MOST_TASKS) -> str:
        """The same for a terminal ``width`` characters wide."""
        parts = (_heading(self, width), _causes_text(self, width), _figures_text(self, width))
        return "\n".join([line for part in parts for line in part] + _tasks_text(self, width, most_tasks))

    def __str__(self) -> str:
        return self.to_text()


def explain_pair(a: Run, b: Run) -> PairExplanation:
    """Compare two runs; InvalidInput unless they are of the same workflow."""
    if a.workflow.fingerprint != b.workflow.fingerprint:
        raise InvalidInput([Fault("explain", "workflow", b.workflow.name, f"that of the first run, {a.workflow.name}")])
    a_label, b_label = _labels(a, b)
    return PairExplanation(
        workflow=a.workflow.name,
        a=a_label,
        b=b_label,
        a_makespan_ns=a.makespan_ns,
        b_makespan_ns=b.makespan_ns,
        failures=(a.failure, b.failure),
        causes=_causes(a, b),
        figures=tuple(_figures(a, b)),
        costs=_costs(a, b),
        tasks=tuple(_tasks(a, b)),
        n_tasks=a.workflow.n_tasks,
    )


def _labels(a: Run, b: Run) -> tuple[str, str]:
    """What tells the two apart: planner, then platform, then backend, then seed, as far as they differ."""
    sides = [(run.plan.planner, run.platform.name, run.backend.name, f"seed {run.seed}") for run in (a, b)]
    differing = [place for place in range(len(sides[0])) if sides[0][place] != sides[1][place]] or [0]
    a_label, b_label = (" · ".join(side[place] for place in differing) for side in sides)
    return a_label, b_label


def _causes(a: Run, b: Run) -> tuple[CauseDifference, ...]:
    if a.makespan_ns is None or b.makespan_ns is None:
        return ()
    a_ns, b_ns = ({total.cause: total.length_ns for total in totals(run.critical_path())} for run in (a, b))
    return tuple(
        CauseDifference(cause, a_ns.get(cause, 0), b_ns.get(cause, 0))
        for cause in CAUSES
        if cause in a_ns or cause in b_ns
    )


def _figures(a: Run, b: Run) -> Iterator[Figure]:
    for name, unit, attribute in (
        ("lower bound", "s", "lower_bound_s"),
        ("cold starts", "", "cold_starts"),
        ("warm starts", "", "warm_starts"),
        ("workers", "", "n_workers"),
        ("fetched", "bytes", "bytes_fetched"),
        ("uploaded", "bytes", "bytes_uploaded"),
    ):
        of_a, of_b = getattr(a, attribute), getattr(b, attribute)
        if of_a is not None and of_b is not None:
            yield Figure(name, unit, of_a, of_b)
    yield Figure("edges inside a worker", "", _edges_inside(a), _edges_inside(b))


def _edges_inside(run: Run) -> int:
    """Edges whose two tasks ran on one worker: nothing had to be moved for them."""
    workers = [worker for worker, _ in _placements(run)]
    parents = run.workflow.parents
    pairs = zip(parents.indices.tolist(), parents.keys.tolist(), strict=True)
    return sum(workers[parent] == workers[child] != "" for parent, child in pairs)


def _costs(a: Run, b: Run) -> tuple[Figure, ...]:
    a_usd, b_usd = ({item.name: item.usd for item in run.bill.items} for run in (a, b))
    names = dict.fromkeys([*a_usd, *b_usd])
    figures = (Figure(name, "USD", a_usd.get(name, 0.0), b_usd.get(name, 0.0)) for name in names)
    return tuple(figure for figure in figures if figure.a or figure.b)


def _placements(run: Run) -> list[tuple[str, float | None]]:
    """Per task the worker and the start of its last execution; ("", None) where there was none."""
    index_of = run.workflow.index_of_task
    placements: list[tuple[str, float | None]] = [("", None)] * run.workflow.n_tasks
    columns_ = (run.tasks[name].tolist() for name in ("task", "worker", "start_s"))
    for task, worker, start_s in zip(*columns_, strict=True):
        placements[index_of(task)] = (worker, start_s)
    return placements


def _tasks(a: Run, b: Run) -> Iterator[TaskDifference]:
    a_placed, b_placed = _placements(a), _placements(b)
    starts_s = np.array([np.inf if start_s is None else start_s for _, start_s in a_placed])
    for task in np.argsort(starts_s, kind="stable").tolist():
        if a_placed[task] != b_placed[task]:
            (a_worker, a_start_s), (b_worker, b_start_s) = a_placed[task], b_placed[task]
            yield TaskDifference(a.workflow.task_names[task], a_worker, b_worker, a_start_s, b_start_s)


def _to_json(pair: PairExplanation) -> dict[str, object]:
    return {
        "workflow": pair.workflow,
        "a": {"label": pair.a, "makespan_ns": pair.a_makespan_ns, "failure": pair.failures[0]},
        "b": {"label": pair.b, "makespan_ns": pair.b_makespan_ns, "failure": pair.failures[1]},
        "difference_ns": pair.difference_ns,
        "difference_s": None if pair.difference_ns is None else pair.difference_ns / NS_PER_S,
        "causes": [
            {"cause": str(each.cause), "a_ns": each.a_ns, "b_ns": each.b_ns, "difference_ns": each.difference_ns}
            for each in pair.causes
        ],
        "figures": [_figure_json(figure) for figure in pair.figures],
        "costs_usd": [_figure_json(figure) for figure in pair.costs],
        "tasks": {
            "all": pair.n_tasks,
            "different": [
                {
                    "task": each.task,
                    "a_worker": each.a_worker or None,
                    "b_worker": each.b_worker or None,
                    "a_start_s": each.a_start_s,
                    "b_start_s": each.b_start_s,
                }
                for each in pair.tasks
            ],
        },
    }


def _figure_json(figure: Figure) -> dict[str, object]:
    return {
        "name": figure.name,
        "unit": figure.unit or None,
        "a": figure.a,
        "b": figure.b,
        "difference": figure.difference,
    }


def _heading(pair: PairExplanation, width: int) -> list[str]:
    lines = [f"{pair.workflow}: A = {pair.a}, B = {pair.b}"]
    for name, failure in zip("AB", pair.failures, strict=True):
        if failure is not None:
            lines.append(shortened(f"{name} failed: {failure}", max(width, 100)))
    difference_ns = pair.difference_ns
    if difference_ns is None or pair.a_makespan_ns is None:
        return lines
    if difference_ns == 0:
        return [*lines, "equally long"]
    decimals = decimals_for(abs(difference_ns))
    word = "longer" if difference_ns > 0 else "shorter"
    relative = 100 * abs(difference_ns) / pair.a_makespan_ns if pair.a_makespan_ns else 0.0
    return [*lines, f"B is {word} by {seconds(abs(difference_ns), decimals=decimals)} s ({relative:.0f} %)"]


def _causes_text(pair: PairExplanation, width: int) -> list[str]:
    if pair.a_makespan_ns is None or pair.b_makespan_ns is None:
        return []
    lines = [(str(each.cause), each.a_ns, each.b_ns) for each in pair.causes]
    lines.append(("together", pair.a_makespan_ns, pair.b_makespan_ns))
    decimals = decimals_for(max(pair.a_makespan_ns, pair.b_makespan_ns))
    rows = [
        [name, seconds(a, decimals=decimals), seconds(b, decimals=decimals), difference]
        for name, a, b in lines
        for difference in [seconds(b - a, signed=True, decimals=decimals)]
    ]
    return ["", *_aligned([["on the critical path, s", "A", "B", "B − A"], *rows], width)]


def _figures_text(pair: PairExplanation, width: int) -> list[str]:
    rows = [["", "A", "B", "B − A"]]
    rows += [_figure_row(figure) for figure in pair.figures]
    total = Figure("cost, USD", "USD", sum(each.a for each in pair.costs), sum(each.b for each in pair.costs))
    rows.append(_figure_row(total))
    rows += [[f"  {name}", *cells] for name, *cells in map(_figure_row, pair.costs)]
    return ["", *_aligned(rows, width)]


def _figure_row(figure: Figure) -> list[str]:
    a, b = quantity(figure.a, figure.unit), quantity(figure.b, figure.unit)
    difference = quantity(figure.difference, figure.unit)
    return [figure.name, a, b, difference if figure.difference < 0 else f"+{difference}"]


def _aligned(rows: list[list[str]], width: int) -> list[str]:
    """Columns of figures, the last one to the right as well."""
    wide = max(len(row[-1]) for row in rows)
    return columns([[*row[:-1], f"{row[-1]:>{wide}}"] for row in rows], "<>><", width)


def _tasks_text(pair: PairExplanation, width: int, most: int) -> list[str]:
    n_elsewhere = sum(each.is_elsewhere for each in pair.tasks)
    lines = ["", f"{len(pair.tasks)} of {pair.n_tasks} tasks start at another time or on another worker"]
    lines[-1] += f" ({n_elsewhere} on another)" if n_elsewhere else ""
    if not pair.tasks or not most:
        return lines
    first, *rest = pair.tasks
    largest = sorted(rest, key=lambda each: -abs(each.later_s))[: most - 1]
    rows = [["task", "starts in A", "in B", "B − A, s", "worker"], *map(_task_row, [first, *largest])]
    return [*lines, "the first of them, then those that moved most:", *columns(rows, "<>>><", width)]


def _task_row(each: TaskDifference) -> list[str]:
    a, b = ("-" if start_s is None else f"{start_s:.3f}" for start_s in (each.a_start_s, each.b_start_s))
    moved = "-" if "-" in (a, b) else f"{each.later_s:+.3f}"
    worker = f"{each.a_worker or '-'} → {each.b_worker or '-'}" if each.is_elsewhere else each.a_worker
    return [each.task, a, b, moved, worker]
