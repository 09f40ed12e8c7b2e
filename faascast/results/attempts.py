"""Attempts: the folders, inside that of a result, in which real runs leave their records while they run.

An attempt that began can be gone on with. Beside them, from before the first attempt on, are the workflow, the plan and
the platform, so that this is so even if this process was killed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from executor.instance.brief import BRIEF, Brief, RunError, read
from executor.local.journal import is_begun
from executor.store.opening import destroy
from executor.store.store import StoreError
from faascast.faults import BadInput
from faascast.results.claims import ASIDE, claim_faults, put_aside, put_back
from faascast.results.folder import document_of, folder_faults
from planners.plan import Plan
from planners.plan_file import read_plan, write_plan
from platforms import Platform, load_platform
from workloads import Workflow
from workloads.sources import write_workflow

_ATTEMPT = re.compile(r"attempt-(\d+)")
_PLAN, _WORKFLOW, _PLATFORM = "plan.json", "workflow.json", "platform.toml"


@contextmanager
def first_attempt(folder: Path, workflow: Workflow, plan: Plan, platform: Platform) -> Iterator[Path]:
    """Where the first attempt at a run leaves its records, in a claimed folder that tells what it is a run of.

    An earlier result gives way when the run has begun, with what it kept in its store; if the block fails before, all
    is as it was. BadInput if the folder holds anything else.
    """
    _settle(folder)
    if faults := tuple(_content_faults(folder)):
        raise BadInput(faults)
    attempt = folder / "attempt-1"
    try:
        put_aside(folder)
        folder.chmod(0o700)
        write_workflow(workflow, folder / _WORKFLOW)
        write_plan(plan, workflow, folder / _PLAN)
        (folder / _PLATFORM).write_text(platform.to_toml(), "utf-8")
        yield attempt
    except BaseException:
        if not is_begun(attempt):
            put_back(folder)
        raise
    finally:
        if is_begun(attempt):
            _settle(folder)


@contextmanager
def further_attempt(folder: Path) -> Iterator[Path]:
    """Where the next attempt leaves its records, in a claimed folder; if it fails before it has begun, nothing is."""
    _settle(folder)
    attempt = next_attempt(folder)
    try:
        yield attempt
    except BaseException:
        if not is_begun(attempt):
            shutil.rmtree(attempt, ignore_errors=True)
        raise


def _settle(folder: Path) -> None:
    """What waits aside goes if a run has begun in its place, else it comes back."""
    if _has_replaced(folder):
        forget(folder / ASIDE)
    else:
        put_back(folder)


def place_faults(folder: Path) -> Iterator[str]:
    """Why no run's folder can be made here; nothing if it can."""
    in_use = [*claim_faults(folder)]
    yield from in_use
    if not in_use and not _is_to_be_settled(folder):  # else it is looked at when it is
        yield from _content_faults(folder)


def _is_to_be_settled(folder: Path) -> bool:
    """Whether a process was killed before it was known if a run can begin, so that an earlier result waits aside."""
    return any(folder.glob(f"{ASIDE}*")) and not _has_replaced(folder)


def _has_replaced(folder: Path) -> bool:
    """Whether a run has begun in the place of what waits aside."""
    return (folder / ASIDE).is_dir() and any(map(is_begun, attempts(folder)))


def _content_faults(folder: Path) -> Iterator[str]:
    if _is_cut_short(folder):
        yield f"{folder} holds a run that was cut short, which can be resumed; expected a folder with nothing in it"
    elif not _is_stillborn(folder):
        yield from folder_faults(folder)


def _is_cut_short(folder: Path) -> bool:
    """Whether the last attempt that began has not come to a result."""
    begun = [path for path in attempts(folder) if is_begun(path)]
    return bool(begun) and begun[-1] not in _told(folder)


def _is_stillborn(folder: Path) -> bool:
    """Whether all that is there is of a run that was killed before its first attempt began."""
    made = attempts(folder)
    own = {_PLAN, _WORKFLOW, _PLATFORM, *(path.name for path in made)}
    return bool(made) and not any(map(is_begun, made)) and {path.name for path in folder.iterdir()} == own


def _told(folder: Path) -> list[Path]:
    """The attempts that were there when a folder's document was written."""
    try:
        _, document = document_of(folder)
    except BadInput:
        return []
    listed = document.get("files")
    names = {str(file).partition("/")[0] for file in listed} if isinstance(listed, list) else set()
    return [path for path in attempts(folder) if path.name in names]


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


def told_attempt(folder: Path) -> Path:
    """The attempt that a folder's document tells of: the last one, unless that was cut short; BadInput if none."""
    return (_told(folder) or [last_attempt(folder)])[-1]


def former_attempt(folder: Path) -> Path:
    """The attempt that is to be gone on with: the last that began. BadInput: there is none, or the run is complete."""
    last_attempt(folder)
    if (folder / "run.json").exists() and document_of(folder)[1].get("status") == "complete":
        raise BadInput([f"{folder} holds a run that is complete: there is nothing to go on with"])
    if not (begun := [path for path in attempts(folder) if is_begun(path)]):
        raise BadInput([f"{folder} holds a run that was cut short before it began: there is nothing to go on with"])
    return begun[-1]


def former_plan(folder: Path, workflow: Workflow) -> Plan:
    """The plan of a run that is to go on; InvalidInput if it is none of this workflow."""
    former_attempt(folder)
    return read_plan(folder / _PLAN, workflow)


def former_platform(folder: Path) -> Platform:
    """The platform of a run that is to go on."""
    former_attempt(folder)
    return load_platform(str(folder / _PLATFORM))


def clear(folder: Path) -> None:
    """Remove what an earlier attempt's result wrote, so that the next one's can take its place; attempts stay."""
    kept = {_PLAN, _WORKFLOW, _PLATFORM, *(path.name for path in attempts(folder))}
    for path in sorted(folder.iterdir()):
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
