"""Stillness: whether a run can still move by itself, as far as can be told from outside.

A machine has nothing under way if every operation that it began has ended; its records say so, for a step is written
down before it is carried out. If that holds for all machines of a run, nothing is on its way at the platform, and no
machine takes a step for longer than any letter travels, nothing will ever happen again: all wait for each other, or for
a letter that was lost. Looks whether a letter was lost (`SetTimer.is_watch`), which come and go for ever, do not count.
"""

from __future__ import annotations

import os

from msgspec import msgpack

from executor.instance.brief import RECORDS
from executor.instance.records import FRAMES
from executor.worker.entries import take_entries
from executor.worker.events import SetsRead, TimerFired
from executor.worker.instructions import Cancel, ReadSets, SetTimer
from executor.worker.replay import Frame


class Traces:
    """What the records of one machine tell, read as they grow."""

    def __init__(self, run: str, name: str) -> None:
        self._path = f"{run}/{RECORDS}/{name}{FRAMES}"
        self._offset = 0
        self._decoder = msgpack.Decoder(Frame)
        self._open: set[int] = set()
        self._watches: set[int] = set()
        self.steps = 0
        """Those that were more than a look whether a letter was lost."""

    def read(self) -> None:
        """Take in what is new."""
        try:
            with open(self._path, "rb") as file:  # noqa: PTH123
                if os.fstat(file.fileno()).st_size == self._offset:
                    return
                file.seek(self._offset)
                written = bytearray(file.read())
        except FileNotFoundError:
            return
        self._offset += len(written)
        for packed in take_entries(written):
            self._take(self._decoder.decode(packed))
        self._offset -= len(written)

    @property
    def is_still(self) -> bool:
        """Whether nothing is under way. A machine that has not begun is about to."""
        return not self._open and bool(self._offset)

    def _take(self, frame: Frame) -> None:
        op = getattr(frame.event, "op", None)
        self.steps += not self._is_a_look(frame)
        if op is not None:
            self._open.discard(op)
            self._watches.discard(op)
        for instruction in frame.instructions:
            if isinstance(instruction, SetTimer) and instruction.is_watch:
                self._watches.add(instruction.op)
            elif not isinstance(instruction, Cancel) and (begun := getattr(instruction, "op", None)) is not None:
                self._open.add(begun)

    def _is_a_look(self, frame: Frame) -> bool:
        """Whether a step only asks, or only learns that there is nothing new."""
        event, then = frame.event, frame.instructions
        if isinstance(event, TimerFired):
            return event.op in self._watches and all(isinstance(each, ReadSets | SetTimer) for each in then)
        return isinstance(event, SetsRead) and all(isinstance(each, SetTimer) and each.is_watch for each in then)
