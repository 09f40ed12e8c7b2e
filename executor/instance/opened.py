"""A run as one process has it open: what was read of it once, and what stays as long as the process serves it."""

import os
import sys
from time import monotonic_ns

from executor.store.opening import open_store
from executor.store.replica import Replica
from executor.store.store import Store
from executor.worker.view import View

from . import brief
from .brief import Brief
from .code import Code
from .pool import Threads

USERS_STACK_BYTES = 0
"""Threads in which the user's code runs have what the system gives."""


class OpenRun:
    """A run that an instance serves. For one invocation at a time."""

    def __init__(self, folder: str) -> None:
        """Read the run's files, open its store. RunError, StoreError: why it cannot be served."""
        begin_ns = monotonic_ns()
        self.folder = folder
        self.brief = brief.read(folder, brief.BRIEF, Brief)
        self.view = brief.read(folder, brief.VIEW, View)
        self.code = Code(folder)
        self.store: Store = open_store(self.brief.store, self.brief.name, self.brief.key, create=False)
        self.ledger = Replica(self.view, self.store.log)
        self.carriers = Threads("carrier")
        self.runners = Threads("runner", USERS_STACK_BYTES)
        _settle_in(self.brief)
        self._opened_ns = [(begin_ns, monotonic_ns())]

    def first_time(self) -> list[tuple[int, int]]:
        """From when to when it was opened (ns), for the records of the first invocation; later on, nothing."""
        opened_ns, self._opened_ns = self._opened_ns, []
        return opened_ns

    def close(self) -> None:
        """Serve it no more."""
        self.carriers.close()
        self.runners.close()
        self.store.close()


def _settle_in(run: Brief) -> None:
    """Be where the run's code expects to be."""
    sys.path += [folder for folder in run.folders if folder not in sys.path]
    os.environ.update(run.environment)
    if run.cwd is not None:
        os.chdir(run.cwd)
