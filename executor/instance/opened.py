"""A run as one process has it open: what was read of it once, and what stays as long as the process serves it."""

import os
import sys

from executor.store.fluid import Burst
from executor.store.opening import open_store
from executor.store.paced import Network, Pace, Paced
from executor.store.replica import Replica
from executor.store.store import Store
from executor.worker.view import View

from . import brief
from .brief import Brief
from .clock import clock_ns
from .code import Code
from .pool import MOST, Threads

USERS_STACK_BYTES = 0
"""Threads in which the user's code runs have what the system gives."""


class OpenRun:
    """A run that an instance serves. For one invocation at a time."""

    def __init__(self, folder: str, networks: dict[Pace, Network]) -> None:
        """Read the run's files, open its store. RunError, StoreError: why it cannot be served.

        ``networks`` are the process's own, and remember what former runs have used up.
        """
        begin_ns = clock_ns()
        self.folder = folder
        self._identity = brief.identity(folder)
        self.brief = brief.read(folder, brief.BRIEF, Brief)
        self.view = brief.read(folder, brief.VIEW, View)
        self.code = Code(folder)
        _settle_in(self.brief)
        store = open_store(self.brief.store, self.brief.name, self.brief.key, create=False)
        self.store = _at_its_pace(store, self.brief.pace, networks)
        self.ledger = Replica(self.view, self.store.log)
        self.carriers = Threads("carrier", most=MOST + self.view.parallel_transfers)
        """Some wait for letters and for chunks that are still made, and must not keep the others from going on."""
        self.runners = Threads("runner", USERS_STACK_BYTES, most=len(self.view.parents))
        self._opened_ns = [(begin_ns, clock_ns())]

    def is_in(self, folder: str) -> bool:
        """Whether it is the run that is there now: another one may have taken the folder of an earlier result."""
        return folder == self.folder and brief.identity(folder) == self._identity

    def first_time(self) -> list[tuple[int, int]]:
        """From when to when it was opened (ns), for the records of the first invocation; later on, nothing."""
        opened_ns, self._opened_ns = self._opened_ns, []
        return opened_ns

    def close(self) -> None:
        """Serve it no more."""
        self.carriers.close()
        self.runners.close()
        self.store.close()


def _at_its_pace(store: Store, declared: brief.Pace | None, networks: dict[Pace, Network]) -> Store:
    """The store, no faster than the platform says."""
    if declared is None:
        return store
    pace = Pace(
        declared.connection_bytes_per_s,
        _burst_of(declared),
        declared.joined,
        declared.get_s,
        declared.put_s,
        declared.request_s,
        declared.notify_s,
    )
    return Paced(store, pace, networks.setdefault(pace, Network(pace)))


def _burst_of(declared: brief.Pace) -> Burst | None:
    bucket = declared.burst_bytes, declared.burst_bytes_per_s, declared.sustained_bytes_per_s, declared.refill_s
    figures = [figure for figure in bucket if figure is not None]
    return Burst(*figures) if len(figures) == len(bucket) else None


def _settle_in(run: Brief) -> None:
    """Be where the run's code expects to be. RunError: that cannot be."""
    if run.folders:
        sys.path[:] = dict.fromkeys((*run.folders, *sys.path))
        sys.path_importer_cache.clear()  # what has come into a folder since it was listed is to be found
    os.environ.update(run.environment)
    if run.cwd is not None:
        try:
            os.chdir(run.cwd)
        except OSError as error:
            raise brief.RunError(f"its tasks cannot be run in {run.cwd}: {error.strerror}") from error
