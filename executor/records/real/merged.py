"""The merged log: the steps of all machines of a real run as one event log, which can be replayed."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import merge
from typing import BinaryIO

from executor.worker.instructions import CLIENT, SetTimer
from executor.worker.replay import EventLog, Frame, Header
from executor.worker.view import View


def write_log(
    view: View, steps: Sequence[Sequence[Frame]], prewarms: tuple[tuple[int, int], ...], file: BinaryIO
) -> None:
    """Write the log: in time order, the steps of each machine in their own.

    ``prewarms`` are what the client was told of: (delay in ns, memory in MB).
    """
    log = EventLog(file, Header(view, prewarms, _deadline_ns(steps, len(prewarms))))
    machines = [[(frame.event.time_ns, place, frame) for frame in frames] for place, frames in enumerate(steps)]
    for _, _, frame in merge(*machines, key=lambda each: each[:2]):
        log.record(frame.worker, frame.epoch, frame.event, frame.instructions)


def _deadline_ns(steps: Sequence[Sequence[Frame]], n_prewarms: int) -> int | None:
    """When the client was to give up, as it set its timers: one for that, before those of the prewarms."""
    first = next((frames[0].instructions for frames in steps if frames and frames[0].worker == CLIENT), [])
    timers = [each for each in first if isinstance(each, SetTimer) and not each.is_watch]
    return timers[0].delay_ns if len(timers) > n_prewarms else None
