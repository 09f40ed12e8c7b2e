"""Evaluations in a file, one a line, so that a search that was stopped is gone on with at no cost.

The file says what it is about in its first line: workflow, platform, seed, version. What comes of a plan depends on
nothing else, so each further line holds for any search about the same. A line is there in full or not at all: one that
was cut off by an interrupt is not read, and its evaluation made again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct

from faascast.faults import BadInput
from planners.evaluator import Evaluation, Evaluator, Observation
from planners.plan import Plan
from platforms import Platform
from workloads import Workflow

STORE_VERSION = 1
_BEGINNING = b'{"store":'


class Subject(Struct, frozen=True):
    """What the evaluations of a file are about."""

    store: int
    faascast: str
    workflow: str
    """Its fingerprint, as the platform's."""
    platform: str
    seed: int

    @staticmethod
    def of(workflow: Workflow, platform: Platform, seed: int) -> Subject:
        """The subject of a search."""
        return Subject(STORE_VERSION, version("faascast"), workflow.fingerprint, platform.fingerprint, seed)


_Figure = Annotated[float, Meta(ge=0)]


class _Line(Struct, frozen=True):
    key: str
    makespans_s: tuple[_Figure | None, ...]
    costs_usd: tuple[_Figure, ...]
    failures: tuple[str | None, ...]

    def __post_init__(self) -> None:
        """Refuse what no evaluation is: a makespan, a cost and perhaps a failure for each of its runs."""
        if not len(self.makespans_s) == len(self.costs_usd) == len(self.failures) > 0:
            raise ValueError("as many makespans as costs and failures")
        if [each is None for each in self.makespans_s] != [each is not None for each in self.failures]:
            raise ValueError("a makespan or a failure of each run")


def is_evaluations(path: Path) -> bool:
    """Whether a file is one of evaluations, or the beginning of one; or there is none."""
    if not path.exists():
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        found = file.read(len(_BEGINNING))
    return _BEGINNING.startswith(found)


class EvaluationFile:
    """A file of evaluations that is read when it is opened, and added to."""

    def __init__(self, path: Path, subject: Subject) -> None:
        """Open the file at `path`, be it there or not; BadInput if it is about something else."""
        self._known: dict[str, Evaluation] = {}
        found = path.read_bytes() if path.exists() else b""
        whole = found[: found.rfind(b"\n") + 1].splitlines()
        if whole:
            _refuse_other(path, whole[0], subject)
            self._read(whole[1:])
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        if whole:
            os.truncate(path, found.rfind(b"\n") + 1)
        else:
            os.truncate(path, 0)
            self._write(msgspec.json.encode(subject))

    def __enter__(self) -> EvaluationFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._known)

    def find(self, key: str) -> Evaluation | None:
        """An evaluation that is in the file."""
        return self._known.get(key)

    def add(self, key: str, evaluation: Evaluation) -> None:
        """Keep an evaluation."""
        self._known[key] = evaluation
        makespans_s = tuple(None if np.isnan(each) else each for each in evaluation.makespans_s.tolist())
        line = _Line(key, makespans_s, tuple(evaluation.costs_usd.tolist()), evaluation.failures)
        self._write(msgspec.json.encode(line))

    def _write(self, line: bytes) -> None:
        self._file.write(line + b"\n")
        self._file.flush()

    def _read(self, lines: Iterable[bytes]) -> None:
        for text in lines:
            try:
                line = msgspec.json.decode(text, type=_Line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            makespans_s = np.array([np.nan if each is None else each for each in line.makespans_s], dtype=np.float64)
            self._known[line.key] = Evaluation(makespans_s, np.array(line.costs_usd, dtype=np.float64), line.failures)


class FiledEvaluator:
    """An evaluator that looks into a file before it asks another one.

    `n_simulations` counts what would have been simulated without the file, so that whoever tells of it says the same
    in one go and in several.
    """

    def __init__(self, evaluator: Evaluator, file: EvaluationFile | None, usual_runs: int) -> None:
        self._evaluator, self._file, self._usual = evaluator, file, usual_runs
        self._n_known: dict[str, int] = {}
        self._n_asked = 0
        self._n_made = evaluator.n_simulations

    @property
    def n_simulations(self) -> int:
        """Runs asked for, each once; those of other worlds as they count them."""
        return self._n_asked + self._evaluator.n_simulations - self._n_made

    def evaluate(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Evaluation:
        """What comes of `plan`: known, or found out and kept."""
        runs, key = self._usual if runs is None else runs, _key(plan, draw)
        n_known = self._n_known.get(key, 0)
        if n_known < runs:
            self._n_asked += runs - n_known
            self._n_known[key] = runs
        return _first(self._found(key, plan, runs, draw), runs)

    def observe(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Observation:
        """The same and its times, which are not kept."""
        runs = self._usual if runs is None else runs
        self._n_asked += runs
        begun = self._evaluator.n_simulations
        found = self._evaluator.observe(plan, runs=runs, draw=draw)
        self._n_made += self._evaluator.n_simulations - begun
        return found

    def elsewhere(self, workflow: Workflow, platform: Platform, run_seed: int | None = None) -> Evaluator:
        """An evaluator in another world, of which nothing is kept."""
        return self._evaluator.elsewhere(workflow, platform, run_seed)

    def _found(self, key: str, plan: Plan, runs: int, draw: int) -> Evaluation:
        known = None if self._file is None else self._file.find(key)
        if known is not None and len(known.failures) >= runs:
            return known
        begun = self._evaluator.n_simulations
        found = self._evaluator.evaluate(plan, runs=runs, draw=draw)
        self._n_made += self._evaluator.n_simulations - begun
        if self._file is not None:
            self._file.add(key, found)
        return found


def _first(evaluation: Evaluation, n: int) -> Evaluation:
    return Evaluation(evaluation.makespans_s[:n], evaluation.costs_usd[:n], evaluation.failures[:n])


def _key(plan: Plan, draw: int) -> str:
    bare = msgspec.structs.replace(plan, planner="", notes=(), estimated_makespan_s=None)
    return hashlib.sha256(msgspec.json.encode((bare, draw))).hexdigest()


def _refuse_other(path: Path, line: bytes, subject: Subject) -> None:
    try:
        found = msgspec.json.decode(line, type=Subject)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadInput([f"{path} is something else; expected evaluations that a search has kept"]) from None
    differing = [name for name in Subject.__struct_fields__ if getattr(found, name) != getattr(subject, name)]
    if differing:
        told = ", ".join(differing)
        raise BadInput([f"{path} is of another {told}; expected what is searched for now, or no --resume"])
