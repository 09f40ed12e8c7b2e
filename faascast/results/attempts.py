"""Attempts: the folders, inside that of a result, in which real runs leave their records while they run.

Beside them, from before the first attempt on, are the workflow, the plan and the platform, so that a run can be gone
on with even if this process was killed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from executor.instance.brief import BRIEF, RECORDS, Brief, RunError, read
from executor.store.opening import destroy
from executor.store.store import StoreError
from faascast.faults import BadInput
from faascast.results.folder import folder_faults
from planners.plan import Plan
from planners.plan_file import read_plan, write_plan
from platforms import Platform, load_platform
from workloads import Workflow
from workloads.sources import write_workflow

_ATTEMPT = re.compile(r"attempt-(\d+)")
_PLAN, _WORKFLOW, _PLATFORM = "plan.json", "workflow.json", "platform.toml"


def begin(folder: Path, workflow: Workflow, plan: Plan, platform: Platform) -> None:
    """Make the folder of a run, for its owner alone, with what it is a run of.

    An earlier result is removed, with what it kept in its store. BadInput if the folder holds anything else.
    """
    if faults := tuple(place_faults(folder)):
        raise BadInput(faults)
    if folder.exists():
        forget(folder)
    folder.mkdir(mode=0o700, parents=True)
    write_workflow(workflow, folder / _WORKFLOW)
    write_plan(plan, workflow, folder / _PLAN)
    (folder / _PLATFORM).write_text(platform.to_toml(), "utf-8")


def place_faults(folder: Path) -> Iterator[str]:
    """Why no run's folder can be made here; nothing if it can."""
    if attempts(folder) and not (folder / "run.json").exists():
        yield f"{folder} holds a run that was cut short, which can be resumed; expected a folder with nothing in it"
    else:
        yield from folder_faults(folder)


def forget(folder: Path) -> None:
    """Remove a run's folder, and what its attempts kept in their store to be gone on with."""
    for attempt in attempts(folder):
        with suppress(RunError, StoreError):  # its files or its store are gone already
            brief = read(str(attempt), BRIEF, Brief)
            destroy(brief.store, brief.name)
    shutil.rmtree(folder)


def attempts(folder: Path) -> list[Path]:
    """The attempts at a run, the last one last."""
    found = sorted(
        (int(match[1]), path) for path in folder.glob("attempt-*") if (match := _ATTEMPT.fullmatch(path.name))
    )
    return [path for _, path in found]


def next_attempt(folder: Path) -> Path:
    """Where the next attempt leaves its records; nothing is there yet."""
    return folder / f"attempt-{len(attempts(folder)) + 1}"


def last_attempt(folder: Path) -> Path:
    """The last attempt at a run; BadInput if the folder has none."""
    if not (found := attempts(folder)):
        raise BadInput([f"{folder} holds no attempt at a run; expected a folder that run --out has written"])
    return found[-1]


def former_plan(folder: Path, workflow: Workflow) -> Plan:
    """The plan of a run that is to go on; InvalidInput if it is none of this workflow."""
    last_attempt(folder)
    return read_plan(folder / _PLAN, workflow)


def former_platform(folder: Path) -> Platform:
    """The platform of a run that is to go on."""
    last_attempt(folder)
    return load_platform(str(folder / _PLATFORM))


def has_begun(attempt: Path) -> bool:
    """Whether an attempt has recorded anything."""
    return any((attempt / RECORDS).glob("*"))


def clear(folder: Path) -> None:
    """Remove what an earlier attempt's result wrote, so that the next one's can take its place; attempts stay."""
    kept = {_PLAN, _WORKFLOW, _PLATFORM, *(path.name for path in attempts(folder))}
    for path in sorted(folder.iterdir()):
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
