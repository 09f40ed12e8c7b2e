"""Remains: what a real run left in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from msgspec import DecodeError, msgpack

from executor.instance.brief import RECORDS, VIEW, write
from executor.instance.reading import read_did, read_frames
from executor.instance.records import FRAMES, Did, Recorder
from executor.local.account import ACCOUNT, PlatformAccount
from executor.worker.instructions import CLIENT
from executor.worker.replay import Frame
from executor.worker.view import View

CLIENT_NAME: Final = "client"
"""The name of the client's records; those of others are named by their number."""
_T = TypeVar("_T")


class RecordsError(ValueError):
    """The records are not those of a run, or damaged. Says which file, or which step, and what is wrong."""


@dataclass(frozen=True, eq=False, slots=True)
class Remains:
    """What a run left. Machines go by the number of their delivery; the client's is −1."""

    view: View
    account: PlatformAccount
    steps: Mapping[int, tuple[Frame, ...]]
    """Per machine: its steps, in order."""
    deeds: Mapping[int, tuple[Did, ...]]
    """Per machine: what really took place."""

    def keep(self, folder: Path) -> None:
        """Write it into an empty folder, from which `read_remains` reads the same."""
        records = folder / RECORDS
        records.mkdir(parents=True)
        write(str(folder), VIEW, self.view)
        write(str(folder), ACCOUNT, self.account)
        epochs = {CLIENT: (CLIENT, 1)} | {each.number: (each.worker, each.epoch) for each in self.account.invocations}
        for number, (worker, epoch) in epochs.items():
            recorder = Recorder(str(records), _name_of(number), worker, epoch)
            for frame in self.steps[number]:
                recorder.frame(frame.event, frame.instructions)
            for did in self.deeds[number]:
                recorder.did(did)
            recorder.close()


def read_steps(folder: Path) -> tuple[View, list[tuple[Frame, ...]]]:
    """The view and the steps of each machine, also of a run that was killed. RecordsError: missing or damaged."""
    view, records = _decoded(folder / VIEW, View), folder / RECORDS
    names = sorted(path.name.removesuffix(FRAMES) for path in records.glob(f"*{FRAMES}"))
    try:
        steps = [tuple(read_frames(str(records), name)) for name in names]
    except (OSError, ValueError) as error:
        raise RecordsError(f"{records}: the records cannot be read: {error}") from error
    if not any(steps):
        raise RecordsError(f"{records}: there are no records; expected those of a run")
    return view, steps


def read_remains(folder: Path) -> Remains:
    """Read a run's folder. RecordsError: what is missing or damaged there."""
    account = _decoded(folder / ACCOUNT, PlatformAccount)
    records = str(folder / RECORDS)
    names = {number: _name_of(number) for number in (CLIENT, *(each.number for each in account.invocations))}
    try:
        steps = {number: tuple(read_frames(records, name)) for number, name in names.items()}
        deeds = {number: tuple(read_did(records, name)) for number, name in names.items()}
    except (OSError, ValueError) as error:
        raise RecordsError(f"{records}: the records cannot be read: {error}") from error
    if not steps[CLIENT]:
        raise RecordsError(f"{records}: there are no records of the client; expected those of a run")
    return Remains(_decoded(folder / VIEW, View), account, steps, deeds)


def _name_of(number: int) -> str:
    """How the records of a machine are named."""
    return CLIENT_NAME if number == CLIENT else str(number)


def _decoded(path: Path, kind: type[_T]) -> _T:
    try:
        return msgpack.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise RecordsError(f"{path} cannot be read: {error.strerror}; expected the {kind.__name__} of a run") from error
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordsError(f"{path} is no {kind.__name__}: {error}") from error
