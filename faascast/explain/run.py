"""Why one run took as long as it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from executor.records.backend import Backend
from executor.records.critical_path import WaitCause
from executor.records.run import Run
from executor.records.waste import Waste
from faascast.explain.backend import backend_content, backend_lines
from faascast.explain.causes import NS_PER_S, CauseTotal, totals
from faascast.explain.failure import Failure, failure_of
from faascast.explain.steps import Step, abridged, last_steps, steps_of
from faascast.explain.text import BAR_WIDTH, bar, columns, decimals_for, percent, seconds

MOST_STEPS = 30
"""Lines that the path takes in text unless asked otherwise."""
UNKNOWN_BOUND = "what was measured holds what sharing this host cost, which another plan might not pay"
"""Why a real run has no lower bound."""
MOST_CAUSES = 3
"""Causes told of steps that share a line."""


@dataclass(frozen=True)
class Progress:
    """How far a run came."""

    n_tasks: int
    n_executions: int
    n_committed: int
    n_killed: int
    """Invocations whose instance died."""


@dataclass(frozen=True)
class RunExplanation:
    """The causal critical path of a run, by cause and step by step.

    ``causes`` and ``steps`` each add up to ``makespan_ns`` exactly. A run that failed has neither; ``failure``
    says why it failed and ``progress`` how far it came.
    """

    workflow: str
    planner: str
    platform: str
    seed: int
    status: str
    failure: str | None
    report: Failure | None
    """Of a run that failed: which task, where, why, and what was kept."""
    makespan_ns: int | None
    lower_bound_s: float | None
    """None for a real run."""
    backend: Backend
    cost_usd: float
    causes: tuple[CauseTotal, ...]
    steps: tuple[Step, ...]
    last: tuple[Step, ...]
    """What the worker that failed the run did last."""
    waste: Waste
    progress: Progress

    @property
    def gap_s(self) -> float | None:
        """Makespan less lower bound: what some plan might save at most."""
        if self.makespan_ns is None or self.lower_bound_s is None:
            return None
        return self.makespan_ns / NS_PER_S - self.lower_bound_s

    def to_json(self) -> dict[str, object]:
        """The same as plain data; times are integer nanoseconds (`_ns`) or seconds (`_s`)."""
        return _to_json(self)

    def to_text(self, width: int = 100, most_steps: int = MOST_STEPS) -> str:
        """The same for a terminal ``width`` characters wide; a longer path is told by its longest steps."""
        parts = (
            _heading(self),
            waste_text(self.waste),
            _causes_text(self, width),
            _steps_text(self, width, most_steps),
        )
        return "\n".join([line for part in (*parts, _last_text(self, width)) for line in part])

    def __str__(self) -> str:
        return self.to_text()


def explain_run(run: Run) -> RunExplanation:
    """Explain one run; any run, failed ones too."""
    path = run.critical_path()
    return RunExplanation(
        workflow=run.workflow.name,
        planner=run.plan.planner,
        platform=run.platform.name,
        seed=run.seed,
        status=run.status,
        failure=run.failure,
        report=failure_of(run),
        makespan_ns=run.makespan_ns,
        lower_bound_s=run.lower_bound_s,
        backend=run.backend,
        cost_usd=run.cost_usd,
        causes=totals(path),
        steps=steps_of(run, path),
        last=last_steps(run),
        waste=run.waste,
        progress=_progress(run),
    )


def _progress(run: Run) -> Progress:
    return Progress(
        n_tasks=run.workflow.n_tasks,
        n_executions=run.tasks.n_rows,
        n_committed=run.n_committed,
        n_killed=int(np.count_nonzero(run.invocations["status"] == "killed")),
    )


def _to_json(explained: RunExplanation) -> dict[str, object]:
    makespan_ns, progress = explained.makespan_ns, explained.progress
    return {
        "workflow": explained.workflow,
        "planner": explained.planner,
        "platform": explained.platform,
        "seed": explained.seed,
        "backend": backend_content(explained.backend),
        "status": explained.status,
        "failure": explained.failure,
        "report": explained.report.to_json() if explained.report else None,
        "makespan_s": None if makespan_ns is None else makespan_ns / NS_PER_S,
        "makespan_ns": makespan_ns,
        "lower_bound_s": explained.lower_bound_s,
        "gap_s": explained.gap_s,
        "cost_usd": explained.cost_usd,
        "causes": [
            {
                "cause": str(total.cause),
                "length_ns": total.length_ns,
                "length_s": total.length_ns / NS_PER_S,
                "share": total.length_ns / makespan_ns if makespan_ns else 0.0,
                "segments": total.n_segments,
            }
            for total in explained.causes
        ],
        "steps": [_step_json(step) for step in explained.steps],
        "last": [_step_json(step) for step in explained.last],
        "wasted_s": explained.waste.total_s,
        "wasted_usd": explained.waste.usd,
        "progress": {
            "tasks": progress.n_tasks,
            "executions": progress.n_executions,
            "committed": progress.n_committed,
            "killed_invocations": progress.n_killed,
        },
    }


def _step_json(step: Step) -> dict[str, object]:
    return {
        "begin_ns": step.begin_ns,
        "end_ns": step.end_ns,
        "length_s": step.length_ns / NS_PER_S,
        "cause": str(step.cause),
        "causes_ns": {str(cause): ns for cause, ns in step.parts},
        "worker": step.worker,
        "instance": step.instance if step.instance >= 0 else None,
        "operations": step.n,
        "task": step.task or None,
        "says": step.says,
    }


def _heading(explained: RunExplanation) -> list[str]:
    title = f"{explained.workflow} · {explained.planner} · {explained.platform} · seed {explained.seed}"
    return [title, *backend_lines(explained.backend), *(_failed(explained) or _completed(explained))]


def _failed(explained: RunExplanation) -> list[str]:
    """Why it failed, and what it came to; nothing if it did not fail."""
    report, progress, bound_s = explained.report, explained.progress, explained.lower_bound_s
    if report is None:
        return []
    bound = "" if bound_s is None else f"; lower bound {bound_s:.3f} s"
    return [
        *report.lines(),
        f"spent    {explained.cost_usd:.6f} USD on {progress.n_executions} executions, "
        f"{progress.n_killed} invocations killed{bound}",
    ]


def _completed(explained: RunExplanation) -> list[str]:
    makespan_ns, bound_s = explained.makespan_ns or 0, explained.lower_bound_s
    makespan_s, decimals = makespan_ns / NS_PER_S, decimals_for(makespan_ns)
    if bound_s is None:
        return [f"makespan {makespan_s:.{decimals}f} s; its lower bound is not known: {UNKNOWN_BOUND}"]
    gap_s = makespan_s - bound_s
    return [
        f"makespan {makespan_s:.{decimals}f} s, {gap_s:.{decimals}f} s ({percent(gap_s, bound_s)}) "
        f"above its lower bound of {bound_s:.{decimals}f} s",
    ]


def _causes_text(explained: RunExplanation, width: int) -> list[str]:
    makespan_ns = explained.makespan_ns
    if makespan_ns is None:
        return []
    decimals, largest = decimals_for(makespan_ns), max((t.length_ns for t in explained.causes), default=0)
    rows = [
        [
            str(total.cause),
            seconds(total.length_ns, decimals=decimals),
            percent(total.length_ns, makespan_ns),
            bar(total.length_ns, largest),
        ]
        for total in explained.causes
    ]
    lines = columns(
        [
            ["cause", "s", "share", ""],
            *rows,
            ["together", seconds(makespan_ns, decimals=decimals), percent(makespan_ns, makespan_ns), ""],
        ],
        "<>><",
        max(width, 36 + BAR_WIDTH),
    )
    return ["", *lines]


def _steps_text(explained: RunExplanation, width: int, most: int) -> list[str]:
    if not explained.steps:
        return []
    decimals = decimals_for(explained.makespan_ns or 0)
    rows = [["at", "s", "cause", "worker", "on the critical path"]]
    rows += [
        _row(shown, decimals) if isinstance(shown, Step) else _gathered_row(shown, decimals)
        for shown in abridged(explained.steps, most)
    ]
    return ["", *columns(rows, ">><<<", width)]


def waste_text(waste: Waste) -> list[str]:
    """What was done in vain, in a line; nothing if nothing was."""
    if not (waste.total_s or waste.n_runs or waste.n_redeliveries):
        return []
    runs = f"{waste.n_runs} run{'' if waste.n_runs == 1 else 's'} of tasks {waste.runs_s:.3f} s"
    rest = f"transfers {waste.transfers_s:.3f} s, {waste.n_redeliveries} redelivered {waste.starts_s:.3f} s of start-up"
    return [f"in vain: {runs}, {rest}; {waste.usd:.6f} USD of the cost"]


def _last_text(explained: RunExplanation, width: int) -> list[str]:
    if not explained.last:
        return []
    rows = [["at", "s", "cause", "worker", "what it did last"], *(_row(step, 3) for step in explained.last)]
    return ["", *columns(rows, ">><<<", width)]


def _row(step: Step, decimals: int) -> list[str]:
    notable = [part for part in step.parts if part[1] * 100 >= step.length_ns]
    causes = " + ".join(str(cause) for cause, _ in sorted(notable, key=lambda part: -part[1]))
    begin, length = seconds(step.begin_ns, decimals=decimals), seconds(step.length_ns, decimals=decimals)
    return [begin, length, causes, step.worker, step.says]


def _gathered_row(steps: Sequence[Step], decimals: int) -> list[str]:
    """Several shorter steps as one row: how many, and what most of them is spent on."""
    spent_ns: dict[WaitCause, int] = {}
    for cause, length_ns in (part for step in steps for part in step.parts):
        spent_ns[cause] = spent_ns.get(cause, 0) + length_ns
    total_ns = sum(spent_ns.values())
    most = sorted(spent_ns, key=lambda cause: -spent_ns[cause])[:MOST_CAUSES]
    told = ", ".join(f"{cause} {seconds(spent_ns[cause], decimals=decimals)}" for cause in most)
    begin, length = seconds(steps[0].begin_ns, decimals=decimals), seconds(total_ns, decimals=decimals)
    return [begin, length, "…", "", f"{len(steps)} shorter steps: {told}{', …' if len(spent_ns) > len(most) else ''}"]
