"""A run in a folder: its tables, its pictures, and all it takes to make it again.

`run.json` is the configuration and the outcome; `workflow.json`, `plan.json` and `platform.toml` are the input,
resolved; `faults.csv`, if it is there, what was to go wrong. A run is read by making it again from these, which gives
every record of it, and compared with what was written; so a folder is as good as the run. A real run is made again from
what its machines and its platform recorded, in `attempt-1` and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from executor.faults import FaultScript, read_script, script_text
from executor.records.evidence import EVENT_LOG, RecordedLog
from executor.records.real.recounting import recount
from executor.records.real.remains import RecordsError, read_remains
from executor.records.run import Run
from faascast.faults import BadInput, Intake
from faascast.plots.gantt import gantt
from faascast.plots.heat import heat_lines
from faascast.plots.style import save
from faascast.results.attempts import attempts, next_attempt, told_attempt
from faascast.results.documents import document, run_content
from faascast.results.folder import document_of, write_document
from faascast.results.labels import SCHEMA_VERSION, Labels
from faascast.results.tables import run_tables, write_tables
from faascast.settings import Use
from planners.check import check_plan
from planners.plan import Plan
from planners.plan_file import read_plan, write_plan
from platforms import Platform, load_platform
from sim import simulate
from workloads import Workflow, load_workflow
from workloads.sources import write_workflow


def write_run(folder: Path, run: Run, uses: Sequence[Use], warnings: Sequence[str] = ()) -> None:
    """Write a run into a folder that is there and empty."""
    labels = Labels.of(run.workflow.name, run.plan.planner, run.platform.name, uses, run.seed)
    write_tables(folder, run_tables(run, labels))
    write_workflow(run.workflow, folder / "workflow.json")
    write_plan(run.plan, run.workflow, folder / "plan.json")
    (folder / "platform.toml").write_text(run.platform.to_toml(), "utf-8")
    if run.evidence:
        _keep(folder, run)
    if run.faults:
        (folder / "faults.csv").write_text(script_text(run.faults), "utf-8")
    save(gantt(run), folder / "gantt.png")
    save(heat_lines(run), folder / "instances.png")
    write_document(folder, "run.json", document("run", run_content(run, uses, warnings)))


def _keep(folder: Path, run: Run) -> None:
    """Write what a run is known by: of a real one as its attempt, where it is not there already."""
    assert run.evidence
    if not run.backend.is_real:
        run.evidence.keep(folder)
    elif not attempts(folder):
        run.evidence.keep(next_attempt(folder))


def read_run(folder: Path) -> Run:
    """The run of a folder, made again with all its records; BadInput if it is not the run that was written.

    A real run is made again from what its last attempt recorded, a simulated one by simulating it.
    """
    _, written = document_of(folder)
    if written.get("kind") != "run" or written.get("schema_version") != SCHEMA_VERSION:
        raise BadInput([f"{folder / 'run.json'} is something else; expected a run of schema version {SCHEMA_VERSION}"])
    intake = Intake()
    workflow = intake.take(lambda: load_workflow(str(folder / "workflow.json")))
    platform = intake.take(lambda: load_platform(str(folder / "platform.toml")))
    plan = intake.take(lambda: read_plan(folder / "plan.json", workflow)) if workflow else None
    script = intake.take(lambda: _script_of(folder, workflow)) if workflow else None
    seed = written.get("seed")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        intake.refuse(f"{folder / 'run.json'}: seed is {seed!r:.100}; expected a whole number ≥ 0")
    was_real = bool(attempts(folder))
    if workflow and platform and plan:
        intake.refuse(*_misfits(folder, workflow, plan, platform, was_real=was_real))
    intake.close()
    assert workflow is not None and platform is not None and plan is not None  # noqa: PT018
    assert isinstance(seed, int)
    if was_real:
        run = _recounted(folder, workflow, plan, platform)
    else:
        run = replace(simulate(workflow, plan, platform, seed=seed, faults=script or ()), evidence=_log_of(folder))
    _compare(folder, run, written)
    return run


def _recounted(folder: Path, workflow: Workflow, plan: Plan, platform: Platform) -> Run:
    """A real run, from what the attempt that its document tells of recorded."""
    try:
        return recount(workflow, plan, platform, read_remains(told_attempt(folder)))
    except RecordsError as error:
        raise BadInput([str(error)]) from error


def _log_of(folder: Path) -> RecordedLog | None:
    path = folder / EVENT_LOG
    return RecordedLog(path.read_bytes()) if path.is_file() else None


def _script_of(folder: Path, workflow: Workflow) -> FaultScript | None:
    path = folder / "faults.csv"
    return read_script(path, workflow) if path.exists() else None


def _misfits(folder: Path, workflow: Workflow, plan: Plan, platform: Platform, *, was_real: bool) -> Iterator[str]:
    """Why the plan of a folder cannot be run: files were changed."""
    yield from (f"{folder / 'plan.json'}: {fault}" for fault in check_plan(plan, workflow, platform))
    for field in () if was_real else platform.unsupported():
        yield f"{folder / 'platform.toml'}: {field} is set; expected what is simulated"


def _compare(folder: Path, run: Run, written: Mapping[str, object]) -> None:
    """Refuse a run that is not the one that was written: files were changed, or other versions made it."""
    again = {"status": run.status, "makespan_ns": run.makespan_ns, "cost_usd": run.cost_usd}
    changed = [
        f"{folder / 'run.json'}: {name} is {written.get(name)!r:.100}, but made again from the folder it is {value!r}: "
        "files were changed, or another version of faascast wrote them"
        for name, value in again.items()
        if written.get(name) != value
    ]
    if changed:
        raise BadInput(changed)
