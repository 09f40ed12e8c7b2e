"""A real run: from whatever names program, plan and platform to the run itself, with its result."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias

from executor.local.platform import LocalPlatform
from executor.local.run import RealRun, RunFailed
from executor.records.real.recounting import recount
from executor.records.real.remains import read_remains
from executor.records.run import Run
from executor.store.address import FILES
from executor.store.store import StoreError
from faascast.experiments.simulation import Case, prepare
from faascast.explain.failure import failure_of
from faascast.faults import BadInput
from faascast.inputs import DEFAULT_SEED
from faascast.programs import ProgramLike, as_program
from faascast.results.attempts import (
    clear,
    first_attempt,
    forget,
    former_attempt,
    former_plan,
    former_platform,
    further_attempt,
)
from faascast.results.claims import claimed
from faascast.results.run_folder import write_run
from faascast.settings import PlannerLike, PlatformLike, Settings
from planners.plan import Plan
from workloads import FillRules
from workloads.fill import REFUSE
from workloads.program import Program

DEFAULT_PLANNER, LOCAL = "uniform", "local"
DEFAULT_STORE = "files"
_SHARED_MEMORY = "/dev/shm"
_LONGEST_S = 366 * 24 * 3600

HostLike: TypeAlias = PlatformLike | LocalPlatform
"""A platform that is made for one run, or one that is there and keeps its instances warm from run to run."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ExecutedRun(Run):
    """A run that was really carried out: tables as of a simulated one, and its result."""

    program: Program
    came: RealRun
    folder: Path | None
    """Where its records are; None if they were not to be kept."""

    def result(self) -> Any:
        """What the program asked for. RunFailed, with all that is known of why, if there is none."""
        if (failure := failure_of(self)) is not None:
            again = f"run(…, resume={str(self.folder)!r})" if self.can_be_resumed else None
            raise RunFailed("\n".join(failure.lines(again)))
        return self.came.result()

    @property
    def can_be_resumed(self) -> bool:
        """Whether a failed run's folder and data are there to go on from."""
        return bool(self.came.store) and self.folder is not None

    def __repr__(self) -> str:
        return f"<{self.status} run of {self.workflow.name!r} under {self.plan.planner} on {self.platform.name}>"

    def forget(self) -> None:
        """Remove all that is kept of it: its folder, and the data of a failed run in its store."""
        if self.folder is not None and self.folder.exists():
            forget(self.folder)

    def fault_of_result(self) -> str | None:
        """What is wrong with the result of a complete run, by a plain computation in this process; None: nothing."""
        try:
            self.program.verify(self.result())
        except AssertionError as error:
            return str(error)
        return None


@dataclass(frozen=True, eq=False)
class Execution:
    """All that it takes to carry a program out, checked."""

    program: Program
    case: Case
    store: str
    seed: int | None = None
    deadline_s: float | None = None

    def on(self, host: LocalPlatform, kept: Path | None, *, resumes: bool = False) -> ExecutedRun:
        """Carry it out; records, tables and pictures are ``kept`` there.

        Of a run that fails they are kept in any case, for it can be gone on with from them; ``resumes`` does that.
        """
        folder = kept or Path(tempfile.mkdtemp(prefix="faascast-run-"))
        try:
            with claimed(folder):
                return self._in(folder, host, stays=kept is not None, resumes=resumes)
        finally:
            if kept is None:
                with suppress(OSError):  # something is kept in it, or it is gone
                    folder.rmdir()

    def _in(self, folder: Path, host: LocalPlatform, *, stays: bool, resumes: bool) -> ExecutedRun:
        """The same, in a folder that is this process's alone."""
        case = self.case
        former = former_attempt(folder) if resumes else None
        first = first_attempt(folder, case.workflow, case.plan, case.platform)
        with further_attempt(folder) if former else first as attempt:
            came = self._carried_out(host, attempt, former)
        counted = recount(case.workflow, case.plan, case.platform, read_remains(attempt))
        stays = stays or came.status != "complete"
        held = {each.name: getattr(counted, each.name) for each in fields(Run)}
        run = ExecutedRun(**held, program=self.program, came=came, folder=folder if stays else None)
        if stays:
            clear(folder)
            write_run(folder, run, case.uses, case.warnings)
        else:
            shutil.rmtree(folder)
        return run

    def in_turn(
        self, kept: Path | None, runs: int, *, keep_warm: bool = False, resumes: bool = False
    ) -> Iterator[ExecutedRun]:
        """Runs one after another, until one fails; of several, ``kept`` holds a folder each.

        Each begins with no instances, or with ``keep_warm`` with those that the one before has left.
        """
        with _hosted(None, self) if keep_warm else nullcontext() as shared:
            for number in range(1, runs + 1):
                with _hosted(shared, self) as host:
                    folder = kept / str(number) if kept and runs > 1 else kept
                    run = self.on(host, folder, resumes=resumes)
                yield run
                if run.status != "complete":
                    return

    def _carried_out(self, host: LocalPlatform, attempt: Path, former: Path | None) -> RealRun:
        try:
            return host.run(
                self.program,
                self.case.plan,
                store=self.store,
                out=attempt,
                seed=self.seed,
                deadline_s=self.deadline_s,
                resume=former,
            )
        except StoreError as error:
            raise BadInput([f"store: {error}"]) from error


def run(
    workflow: ProgramLike,
    planner: PlannerLike | Plan | Path = DEFAULT_PLANNER,
    platform: HostLike | None = None,
    store: str = DEFAULT_STORE,
    out: str | os.PathLike[str] | None = None,
    *,
    seed: int | None = None,
    deadline_s: float | None = None,
    resume: str | os.PathLike[str] | None = None,
    settings: Settings | None = None,
    fill: FillRules = REFUSE,
    burn: bool = False,
) -> ExecutedRun:
    """Carry a workflow out, on processes of this machine that follow the platform's rules.

    ``workflow`` is a node or lists of nodes (`faascast.task`), a built-in's name, `module:function`, or a workflow,
    whose times and bytes are then burnt, as they are with ``burn``. ``planner`` may be a plan or the path of one.
    ``platform`` is "local" by default, or a `LocalPlatform` that keeps its instances. ``store`` is "files" (in shared
    memory), "files:FOLDER" or "redis://…". With ``out`` its records, tables and pictures are kept there. After
    ``deadline_s`` it is given up. ``resume`` goes on from the folder of a former run of the same that failed or was
    killed, under its plan, on its platform, in its folder. A run that fails is returned, too: see `status`, or
    `result()`, which then raises. Raises BadInput with all that is wrong with the input.
    """
    if resume is not None and out is not None:
        raise BadInput(["out and resume are both given; expected one: a run goes on in its own folder"])
    host = platform if isinstance(platform, LocalPlatform) else None
    execution = prepare_execution(
        workflow,
        planner,
        platform.platform if isinstance(platform, LocalPlatform) else platform,
        store,
        seed=seed,
        deadline_s=deadline_s,
        resume=None if resume is None else Path(resume),
        settings=settings,
        fill=fill,
        burn=burn,
    )
    if host and host.platform != execution.case.platform:
        raise BadInput(["settings change the platform, which is there already; expected none of its fields"])
    kept = resume if out is None else out
    with _hosted(host, execution) as there:
        return execution.on(there, None if kept is None else Path(kept), resumes=resume is not None)


def prepare_execution(
    workflow: ProgramLike,
    plan: Plan | Path | PlannerLike = DEFAULT_PLANNER,
    platform: PlatformLike | None = None,
    store: str = DEFAULT_STORE,
    *,
    seed: int | None = None,
    deadline_s: float | None = None,
    resume: Path | None = None,
    settings: Settings | None = None,
    fill: FillRules = REFUSE,
    burn: bool = False,
    faults: Sequence[str] = (),
) -> Execution:
    """Take the input in, and plan if there is no plan yet. BadInput tells all that is wrong, ``faults`` included."""
    if deadline_s is not None and not 0 < deadline_s <= _LONGEST_S:
        faults = (*faults, f"deadline is {deadline_s}; expected seconds above 0, and at most {_LONGEST_S:,} (a year)")
    if faults:
        raise BadInput(faults)
    program = as_program(workflow, fill=fill, burn=burn)
    chosen = plan if resume is None else former_plan(resume, program.workflow)
    place = platform or (LOCAL if resume is None else former_platform(resume))
    planning_seed = DEFAULT_SEED if seed is None else seed
    case = prepare(program.workflow, chosen, place, seed=planning_seed, drawn=seed is None, settings=settings)
    return Execution(program, case, store_address(store), seed, deadline_s)


@contextmanager
def _hosted(host: LocalPlatform | None, execution: Execution) -> Iterator[LocalPlatform]:
    """A platform that is there: the given one, or one that ends with the block."""
    if host is not None:
        yield host
        return
    with LocalPlatform(execution.case.platform, seed=execution.seed or 0) as made:
        yield made


def store_address(store: str) -> str:
    """The store's address in full: "files" alone are in shared memory, or where there is none with temporary files."""
    if store == DEFAULT_STORE:
        base = _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK | os.X_OK) else tempfile.gettempdir()
        return f"{FILES}{base}/faascast-{os.getuid()}"
    if store == FILES:
        raise BadInput([f"store is {FILES!r}; expected {FILES}FOLDER, or {DEFAULT_STORE}"])
    if store.startswith(FILES):
        return f"{FILES}{Path(store.removeprefix(FILES)).absolute()}"
    return store
