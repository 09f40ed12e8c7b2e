"""Streams in a real run: where a reader had to wait for what was still being made.

A get in chunks that ended after the put of the last one is told from that on, and caused by it. A run on chunks that
ended after the last of them had come leaves a tail, from there on, which is what its machine's next step is due to.
"""

from __future__ import annotations

from executor.records.operations import Kind, Outcome
from executor.records.real.rows import Row
from executor.records.real.steps import Asked, Step, Steps
from executor.worker.events import Executed
from executor.worker.instructions import Execute, Fetch, Upload


def tails(steps: Steps) -> list[Row]:
    """The tails of runs on chunks; the steps that heard of the runs' ends are told of them."""
    return [tail for step in steps if isinstance(step.event, Executed) and (tail := _tail(steps, step))]


def _tail(steps: Steps, step: Step) -> Row | None:
    run = step.row
    if run is None or not isinstance(step.event, Executed):
        return None
    execute: Execute = steps.asked[step.number, step.event.op].instruction
    gets = [row for row in _gets(steps, step.number, execute) if row.end_ns <= run.end_ns]
    began_ns = steps.asked[step.number, execute.op].step.event.time_ns
    last = max(gets, key=lambda row: row.end_ns, default=None)
    if last is None or last.end_ns <= began_ns:
        return None
    run.found = last.found
    tail = Row(Kind.TAIL, step.number, run.end_ns, op=run.op, task=run.task, found=last.found)
    tail.cause = last
    step.row = tail
    return tail


def _gets(steps: Steps, number: int, execute: Execute) -> list[Row]:
    """The gets in chunks of what a run read ahead."""
    return [
        row
        for (who, _), asked in sorted(steps.asked.items())
        if who == number and isinstance(asked.instruction, Fetch) and asked.instruction.chunks > 1
        for row in asked.rows
        if row.found in execute.ahead and row.outcome is Outcome.DONE
    ]


def follow(steps: Steps) -> None:
    """Have gets in chunks that waited for the last put be caused by it."""
    puts: dict[tuple[int, int], Row] = {}
    streamed: list[tuple[Asked, Fetch]] = []
    for _, asked in sorted(steps.asked.items()):
        instruction = asked.instruction
        if isinstance(instruction, Upload):
            for row in asked.rows:
                if row.outcome is Outcome.DONE:
                    puts[instruction.object, instruction.version] = row
        elif isinstance(instruction, Fetch) and instruction.chunks > 1:
            streamed.append((asked, instruction))
    for asked, fetch in streamed:
        put = puts.get((fetch.object, fetch.version))
        for row in asked.rows:
            if put and row.outcome is Outcome.DONE and asked.step.event.time_ns < put.end_ns <= row.end_ns:
                row.cause = put
