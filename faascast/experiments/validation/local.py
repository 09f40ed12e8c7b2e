"""Recording on this machine: instances are processes, which stay warm from one run to the next until a fresh start."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from executor.local.platform import LocalPlatform
from executor.records.run import Run
from faascast.experiments.execution import run
from planners.plan import Plan
from platforms import Platform
from workloads import Workflow
from workloads.program import Program


class LocalRecorder:
    """Carries programs out; to be used as a context.

    ``programs`` go by the names of their workflows; ``kept`` gets a folder for each run, if it is given. A result that
    is not that of a plain computation is an AssertionError: what computes wrongly is not worth timing.
    """

    def __init__(self, platform: Platform, programs: Mapping[str, Program], store: str, kept: Path | None) -> None:
        self._platform = platform
        self._programs = programs
        self._store = store
        self._kept = kept
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
        if self._host is None:
            self._host = self._open.enter_context(LocalPlatform(self._platform, seed=seed))
        self._n_runs += 1
        folder = self._kept / f"{self._n_runs:04}" if self._kept else None
        came = run(self._programs[workflow.name], plan, self._host, self._store, folder, seed=seed)
        if came.status == "complete" and (fault := came.fault_of_result()):
            raise AssertionError(f"{workflow.name} under {plan.planner}: {fault}")
        return came
