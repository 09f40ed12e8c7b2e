"""The operations of a real run: all rows, each linked to the one that caused it, and what was committed by which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from executor.records.real.letters import deliver, letters_of
from executor.records.real.lives import Lives, give_up
from executor.records.real.remains import RecordsError, Remains
from executor.records.real.rows import Row, arrange
from executor.records.real.steps import Step, Steps
from executor.records.real.streams import follow, tails
from executor.worker.events import Committed, CompletedElsewhere, SetsRead, Started
from executor.worker.instructions import CLIENT, Commit, Fetch, ReadSets, Release, Subscribe, Upload
from executor.worker.view import View


@dataclass(slots=True)
class Counted:
    """Requests that are billed one by one."""

    gets: int = 0
    puts: int = 0
    ledger_requests: int = 0
    notifications: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Rebuilt:
    """The operations of a run, in the order in which they ended."""

    rows: Sequence[Row]
    commits: Mapping[int, Row]
    """Per task that is committed: by which operation, or by which one that was first known."""
    before: frozenset[int]
    """Goals that a former attempt at the run had committed."""
    versions: Mapping[int, int]
    """Of those, which version counts."""
    widths: Mapping[int, int]
    """Per splitter of a map node that is committed, how many of its lanes were to run."""
    counted: Counted
    submitted_ns: int


def rebuild(remains: Remains) -> Rebuilt:
    """Rebuild the operations of a run. RecordsError: the records contradict themselves."""
    steps = Steps(remains)
    submitted_ns = _submitted_ns(steps)
    notified = deliver(steps, remains)
    lives = list(Lives(steps, remains).tell())
    give_up(steps, remains)
    rests = tails(steps)
    asked = [(row, each.step) for _, each in sorted(steps.asked.items()) for row in each.rows]
    for row, step in (*notified, *asked):
        row.cause = step.row
    follow(steps)
    rows = arrange([*(row for row, _ in (*notified, *asked)), *lives, *rests], submitted_ns)
    commits, versions = _commits(steps)
    before = frozenset(
        step.event.task for step in steps.of[CLIENT] if isinstance(step.event, CompletedElsewhere) and step.row is None
    )
    widths = _widths(steps, versions)
    return Rebuilt(rows, commits, before, versions, widths, _counted(steps, remains.view), submitted_ns)


def _submitted_ns(steps: Steps) -> int:
    """When the client began."""
    first = steps.of[CLIENT][0].event
    if not isinstance(first, Started):
        raise RecordsError(f"the client's records begin with {type(first).__name__}; expected Started")
    return first.time_ns


def _commits(steps: Steps) -> tuple[dict[int, Row], dict[int, int]]:
    """Who committed each task first, and as which version; else, who first read that somebody had.

    Who committed it may have died before it heard that it had.
    """
    rows: dict[int, Row] = {}
    versions: dict[int, int] = {}
    for evidence in (_committed, _read):
        for step in steps.in_time:
            for task, version in evidence(steps, step):
                if step.row is not None and task not in rows:
                    rows[task], versions[task] = step.row, version
    return rows, versions


def _committed(steps: Steps, step: Step) -> Iterator[tuple[int, int]]:
    event = step.event
    if isinstance(event, Committed) and not (event.lost or event.superseded):
        commit: Commit = steps.asked[step.number, event.op].instruction
        yield from ((entry.task, entry.version) for entry in commit.entries)


def _read(_: Steps, step: Step) -> Iterator[tuple[int, int]]:
    if isinstance(step.event, SetsRead):
        yield from ((state.task, state.version) for state in step.event.sets if state.version > 0)


def _widths(steps: Steps, versions: Mapping[int, int]) -> dict[int, int]:
    """Per splitter, the width that it was committed with: whether its worker heard of that or not."""
    asked = (asked.instruction for _, asked in sorted(steps.asked.items()))
    entries = [entry for commit in asked if isinstance(commit, Commit) for entry in commit.entries]
    return {e.task: e.width for e in entries if e.width is not None and e.version == versions.get(e.task)}


def _counted(steps: Steps, view: View) -> Counted:
    """What was asked of the store, the ledger and the mail; a transfer in chunks is a request for each."""
    counted = Counted()
    for step in steps:
        counted.notifications += sum(1 for _ in letters_of(step))
        for instruction in step.instructions:
            if isinstance(instruction, Fetch):
                counted.gets += instruction.chunks
            elif isinstance(instruction, Upload):
                counted.puts += view.chunks.get(instruction.object, 1)
            elif isinstance(instruction, Commit | ReadSets | Subscribe | Release):
                counted.ledger_requests += 1
    return counted
