"""Resuming: a run goes on from what a former attempt at it left in its store.

The request log is the ledger, so nothing that was committed is lost; all epochs of the former attempt count as dead.
Who was cut short, or had failed, is delivered again as the next epoch, and runs the least that is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msgspec import msgpack
from msgspec.structs import replace

from executor.instance import brief as files
from executor.instance.brief import Brief, RunError
from executor.local.client import ClientDriver, Host
from executor.local.journal import Known, Taken, known_of
from executor.local.requests import Job
from executor.store.replica import Replica
from executor.worker.view import View
from workloads.errors import Fault, InvalidInput


@dataclass(frozen=True, slots=True)
class Former:
    """A former attempt at a run, that was cut short or has failed."""

    brief: Brief
    known: tuple[Known, ...]
    """Of each worker that was ever called, in this attempt or one before it: its last delivery."""

    @staticmethod
    def read(folder: str | Path, view: View) -> Former:
        """From its folder. InvalidInput: it is none, or one of something else than is to go on."""
        path = str(Path(folder).absolute())
        try:
            brief = files.read(path, files.BRIEF, Brief)
            known = files.read(path, files.VIEW, View)
            workers = known_of(path)
        except (RunError, OSError, ValueError) as error:
            raise InvalidInput((Fault("run", "resume", path, f"the folder of a former run ({error})"),)) from error
        if _without_luck(known) != _without_luck(view):
            expected = "the folder of a former run of the same workflow, under the same plan, on the same platform"
            raise InvalidInput((Fault("run", "resume", path, expected),))
        return Former(brief, workers)

    @property
    def open_ones(self) -> tuple[Taken, ...]:
        """Deliveries that are to be made again."""
        return tuple(each.delivery for each in self.known if each.is_open)

    @property
    def epochs(self) -> dict[int, int]:
        """The last epoch of each worker."""
        return {each.delivery.worker: each.delivery.epoch for each in self.known}

    def store_of(self, brief: Brief) -> Brief:
        """The brief of a new attempt, with the store's part of it as it was."""
        return replace(brief, store=self.brief.store, name=self.brief.name, key=self.brief.key)

    def bury(self, replica: Replica) -> None:
        """What only their memories held is lost; said when the new journal knows of them. StoreError."""
        for dead in self.open_ones:
            replica.bury(dead.worker, dead.epoch)

    def go_on(self, host: Host, job: Job, client: ClientDriver) -> None:
        """Tell the client what is committed already, and deliver again what was cut short. StoreError.

        The client hears letters by now, so that none about what is committed from here on is missed.
        """
        goals = job.replica.read(job.view.goals)
        for state in goals:
            if state.version:
                client.completed(state.task)
        if not all(state.version for state in goals):
            for dead in self.open_ones:
                host.call(lambda front, dead=dead: front.bring_back(job, dead))  # type: ignore[misc]


def _without_luck(view: View) -> bytes:
    """A view as bytes, apart from its seed's share."""
    same = replace(view, again=replace(view.again, salt=0), call_again=replace(view.call_again, salt=0))
    return msgpack.encode(same, order="deterministic")
