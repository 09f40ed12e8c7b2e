"""The contract: what is loaded works, what does not load is refused in words; anything else is a violation.

Each judge takes a path (or text) and goes through the doors that users go through. It returns what came of it, in
a word, or raises `ViolationError`; any other exception is a violation, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from executor.faults import FaultScript, read_script
from executor.records.run import Run
from executor.worker.replay import replay
from faascast.checks import Check, kind_of
from faascast.experiments.arrivals import arrivals
from faascast.faults import BadInput, Intake, faults_of
from faascast.results.documents import document, run_content
from faascast.results.saving import load_run
from faascast.settings import resolve
from planners.check import check_plan, plan_warnings
from planners.plan import Plan
from planners.plan_file import read_plan, write_plan
from planners.registry import make_planner
from platforms import Platform, PlatformError, describe, load_platform
from sim import simulate
from tests.hard_input.writing import to_json
from workloads import FillRules, InvalidInput, Workflow, load_workflow
from workloads.sources import write_workflow

REFUSED, WORKED, FAILED = "refused", "worked", "failed"
_MOST_TASKS, _MOST_EDGES, _MOST_STEPS = 300, 3_000, 300_000
_LONGEST_FAULT = 4_000
_WANTED = (
    *("expected", "is not TOML", "is not UTF-8", "and no preset", "not simulated yet"),
    *("no result folder", "holds no run", "made again"),
)


class ViolationError(AssertionError):
    """The contract is broken."""


class _Counted:
    """Takes the place of an event log: a run of a few tasks that does not end is no run."""

    def __init__(self) -> None:
        self.steps = 0

    def write(self, data: bytes) -> int:
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise ViolationError(f"the run did not end within {_MOST_STEPS} steps")
        return len(data)


def refusal(faults: Sequence[object], names: Sequence[str]) -> str:
    """Look at the faults of a refusal: each in a line, each naming one of `names` and what was expected."""
    if not faults:
        raise ViolationError("refused without a fault")
    for fault in map(str, faults):
        if "\n" in fault or "\x1b" in fault or "Traceback" in fault:
            raise ViolationError(f"not one plain line: {fault!r:.300}")
        if len(fault) > _LONGEST_FAULT:
            raise ViolationError(f"{len(fault)} characters: {fault!r:.300}")
        if not any(name in fault for name in names):
            raise ViolationError(f"does not name the file: {fault!r:.300}")
        if not any(words in fault for words in _WANTED):
            raise ViolationError(f"does not say what was expected: {fault!r:.300}")
    return REFUSED


# ---- what is loaded works


def judge_workflow(path: Path) -> str:
    """A workflow file: loads, is written and read back equal, is planned and run; or is refused."""
    intake = Intake()
    workflow = intake.take(lambda: load_workflow(str(path)))
    if workflow is None:
        filled = Intake()
        workflow = filled.take(lambda: load_workflow(str(path), fill=FillRules(cpu_s="median", bytes=1000)))
        refusal(intake.faults, [str(path)])
        if workflow is None:
            return refusal(filled.faults, [str(path)])
    again = path.with_name("again.json")
    write_workflow(workflow, again)
    if load_workflow(str(again)) != workflow:
        raise ViolationError("not equal after writing and reading")
    return try_out(workflow, load_platform("aws-lambda-s3"))


def judge_platform(path: Path, workflow: Workflow) -> str:
    """A platform file: loads, is described and written, is run on; or is refused."""
    try:
        platform = load_platform(path)
    except PlatformError as error:
        return refusal(error.faults, [str(path)])
    if not all(figure.text for figure in describe(platform) if figure.value not in (None, "")):
        raise ViolationError("a figure without a text")
    again = path.with_name("again.toml")
    again.write_text(platform.to_toml(), "utf-8")
    if load_platform(again).fingerprint != platform.fingerprint:
        raise ViolationError("not equal after writing and reading")
    return try_out(workflow, platform)


def judge_plan(path: Path, workflow: Workflow, platform: Platform) -> str:
    """A plan's file: reads, fits or does not, is written back, is run; or is refused."""
    try:
        plan = read_plan(path, workflow)
    except InvalidInput as error:
        return refusal(error.faults, [str(path)])
    if faults := check_plan(plan, workflow, platform):
        return refusal([f"{path}: {fault}" for fault in faults], [str(path)])
    again = path.with_name("again.json")
    write_plan(plan, workflow, again)
    if read_plan(again, workflow) != plan:
        raise ViolationError("not equal after writing and reading")
    return run(workflow, plan, platform)


def judge_trace(path: Path) -> str:
    """An arrival trace: its requests are served, or it is refused."""
    named = {"short": "gen:chain,depth=1", "long": "gen:chain,depth=3"}
    try:
        traffic = arrivals(trace=path, workflows=named, planner="one-per-task", warmup="none")
    except (BadInput, InvalidInput) as error:
        return refusal(faults_of(error), [str(path), "duration"])
    if not (math.isfinite(traffic.summary.cost_usd) and traffic.summary.n_counted == traffic.summary.n_requests):
        raise ViolationError(f"cost {traffic.summary.cost_usd}, {traffic.summary.n_counted} requests")
    return WORKED


def judge_script(path: Path, workflow: Workflow, platform: Platform) -> str:
    """A fault script: the run ends, one way or the other; or it is refused."""
    try:
        script = read_script(path, workflow)
    except InvalidInput as error:
        return refusal(error.faults, [str(path)])
    return run(workflow, make_planner("wukong").plan(workflow, platform, None), platform, script)


def judge_log(path: Path) -> str:
    """An event log: replayed, with or without a difference; or refused."""
    try:
        with path.open("rb") as file:
            return FAILED if replay(file) else WORKED
    except ValueError:
        return REFUSED


def judge_folder(folder: Path) -> str:
    """A result folder: the run is made again, or it is said why not."""
    try:
        return examined(load_run(folder))
    except (BadInput, InvalidInput, PlatformError) as error:
        return refusal(faults_of(error), [str(folder)])


def judge_check(path: Path, workflow: str | None) -> str:
    """What `faascast check` says of any file."""
    verdict = Check(str(path), None, workflow, "aws-lambda-s3", FillRules()).verdict()
    kind_of(str(path))
    to_json(document("check", verdict.content()))
    return refusal(verdict.faults, [str(path)]) if verdict.faults else WORKED


def judge_spec(spec: str) -> str:
    """A workflow's specification."""
    try:
        workflow = load_workflow(spec)
    except InvalidInput as error:
        head = spec.split(",")[0].removeprefix("builtin:")
        return refusal(error.faults, ["workflow", head, repr(head), "wfcommons"])
    return try_out(workflow, load_platform("ideal"))


def judge_settings(planners: Sequence[str], platform: str, settings: dict[str, str], workflow: Workflow) -> str:
    """Planners with parameters, and `--set`."""
    try:
        resolved = resolve(planners, platform, settings)
    except BadInput as error:
        return refusal(error.faults, [platform, "planner", "set", *settings])
    for planner in resolved.planners:
        try_out(workflow, resolved.platform, str(planner))
    return WORKED


# ---- small simulations


def try_out(workflow: Workflow, platform: Platform, planner: str | None = None) -> str:
    """Plan and run, if it is small; a planner may find no plan, and say why."""
    if workflow.n_tasks > _MOST_TASKS or workflow.n_edges > _MOST_EDGES:
        return WORKED
    chosen = planner or ("wukong", "heft", "one-per-task", "uniform", "all-on-one")[workflow.n_tasks % 5]
    try:
        plan = make_planner(chosen).plan(workflow, platform, None)
    except (BadInput, InvalidInput, PlatformError) as error:
        return refusal(faults_of(error), [""])
    return run(workflow, plan, platform)


def run(workflow: Workflow, plan: Plan, platform: Platform, script: FaultScript | None = None) -> str:
    """Run a plan, unless it is refused."""
    if faults := check_plan(plan, workflow, platform):
        return refusal(faults, ["plan"])
    plan_warnings(plan, workflow, platform)
    if platform.unsupported():
        return REFUSED
    log: Any = _Counted()
    return examined(simulate(workflow, plan, platform, seed=1, event_log=log, faults=script or ()))


def examined(run: Run) -> str:
    """A run whose figures are all finite, as numbers and in its document."""
    figures = {"cost": run.cost_usd, "lower bound": run.lower_bound_s, "makespan": run.makespan_s or 0.0}
    for name, figure in figures.items():
        if not (math.isfinite(figure) and figure >= 0):
            raise ViolationError(f"{name} is {figure}")
    if run.makespan_s is not None and run.lower_bound_s > run.makespan_s * (1 + 1e-9):
        raise ViolationError(f"lower bound {run.lower_bound_s} above makespan {run.makespan_s}")
    if min(run.bytes_fetched, run.bytes_uploaded) < 0:
        raise ViolationError("negative bytes")
    to_json(document("run", run_content(run, ())))
    for table in (run.tasks, run.transfers, run.invocations, run.instances):
        list(table.rows())
    return WORKED if run.status == "complete" else FAILED
