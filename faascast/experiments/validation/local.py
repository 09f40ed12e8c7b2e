"""Recording on this machine: instances are processes, which stay warm from one run to the next until a fresh start."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from executor.local.platform import LocalPlatform
from executor.local.run import carry_out
from executor.records.real.recounting import recount
from executor.records.real.remains import read_remains
from executor.records.run import Run
from planners.plan import Plan
from platforms import Platform
from workloads import Workflow
from workloads.program import Program


class LocalRecorder:
    """Carries programs out, with the records of each run in a folder of its own; to be used as a context.

    ``programs`` go by the names of their workflows. A result that is not that of a straight computation is an
    AssertionError: what computes wrongly is not worth timing.
    """

    def __init__(self, platform: Platform, programs: Mapping[str, Program], store: str, folder: Path) -> None:
        self._platform = platform
        self._programs = programs
        self._store = store
        self._folder = folder
        self._n_runs = 0
        self._host: LocalPlatform | None = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def fresh(self) -> None:
        """End all instances."""
        self._open.close()
        self._host = None

    def run(self, workflow: Workflow, plan: Plan, seed: int) -> Run:
        """Carry a plan out on the instances that are there."""
        program = self._programs[workflow.name]
        if self._host is None:
            self._host = self._open.enter_context(LocalPlatform(self._platform, seed=seed))
        self._n_runs += 1
        out = self._folder / f"{self._n_runs:04}"
        came = carry_out(self._host, program, plan, store=self._store, out=out, seed=seed)
        if program.check and came.status == "complete":
            program.check(came.result())
        return recount(program.workflow, plan, self._platform, read_remains(out))
