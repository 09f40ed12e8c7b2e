"""Event logs: what every machine of a run was told and wanted, from the folder of a run, real or simulated."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from executor.local.preparing import prewarms_of
from executor.records.evidence import EVENT_LOG
from executor.records.real.merged import write_log
from executor.records.real.remains import RecordsError, read_steps
from faascast.faults import BadInput, Intake
from faascast.results.attempts import attempts
from planners.plan import Plan
from planners.plan_file import read_plan
from workloads import Workflow, load_workflow


def event_log_of(folder: Path) -> tuple[BinaryIO, Workflow, Plan]:
    """The event log of a run's folder, and what it is a run of; BadInput if there is none.

    That is the one that ``simulate --event-log`` wrote, or that of the last attempt at a real run, also of one that was
    killed on its way.
    """
    made = attempts(folder)
    log = folder / EVENT_LOG
    if not made and not log.is_file():
        raise BadInput([f"{folder} holds no event log; expected a folder of run --out, or simulate --out --event-log"])
    workflow, plan = _input_of(folder)
    if made:
        try:
            return _merged(made[-1], plan), workflow, plan
        except RecordsError as error:
            raise BadInput([str(error)]) from error
    return io.BytesIO(log.read_bytes()), workflow, plan


def _input_of(folder: Path) -> tuple[Workflow, Plan]:
    intake = Intake()
    workflow = intake.take(lambda: load_workflow(str(folder / "workflow.json")))
    plan = intake.take(lambda: read_plan(folder / "plan.json", workflow)) if workflow else None
    intake.close()
    assert workflow is not None
    assert plan is not None
    return workflow, plan


def _merged(attempt: Path, plan: Plan) -> BinaryIO:
    view, steps = read_steps(attempt)
    file = io.BytesIO()
    write_log(view, steps, prewarms_of(plan), file)
    file.seek(0)
    return file
