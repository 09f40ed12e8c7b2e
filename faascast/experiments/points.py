"""Points of a sweep: one combination of planner and settings each, known by what decides its result."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import product
from pathlib import Path

import msgspec
from msgspec import Struct

from faascast.experiments.trial import Outcome, Trial
from faascast.faults import BadInput, Intake
from faascast.inputs import planner_faults
from faascast.results.folder import whole_file
from faascast.settings import PlannerLike, PlatformLike, Use, plain_value, resolve
from planners.knowledge.informed import parted

STORE_VERSION = 2
MOST_POINTS = 100_000
"""Combinations of settings in one sweep."""


@dataclass(frozen=True)
class Point:
    """One combination."""

    trial: Trial
    planner: str
    """The planner's name without the settings."""
    settings: Mapping[str, object]
    uses: tuple[Use, ...]
    key: str
    """SHA-256 over all that decides the result, the workflow's content and faascast's version included."""


class _Stored(Struct):
    """A point's file."""

    schema_version: int
    key: str
    outcome: Outcome


def points(
    fingerprint: str,
    planners: Sequence[PlannerLike],
    platform: PlatformLike,
    axes: Mapping[str, Sequence[object]],
    seed: int,
    reps: int,
) -> tuple[Point, ...]:
    """Every planner with every combination of the axes' values, the last axis changing fastest.

    `fingerprint` is the workflow's. Raises BadInput with what is wrong with any of them.
    """
    n_points = math.prod(map(len, axes.values()))
    if n_points > MOST_POINTS:
        raise BadInput([f"axes {', '.join(axes)} make {n_points} combinations; expected at most {MOST_POINTS}"])
    intake = Intake()
    intake.refuse(*(fault for key, values in axes.items() for fault in _repeated(key, values)))
    found: list[Point] = []
    for values in product(*axes.values()):
        settings = dict(zip(axes, values, strict=True))
        resolved = intake.take(partial(resolve, planners, platform, settings))
        if resolved is None:
            continue
        intake.refuse(*planner_faults(resolved.planners))
        for planner, name in zip(resolved.planners, resolved.asked, strict=True):
            trial = Trial(planner, resolved.platform, seed, reps)
            found.append(Point(trial, name, settings, resolved.uses, _key(fingerprint, trial)))
    intake.close()
    return tuple(found)


def _repeated(key: str, values: Sequence[object]) -> Iterator[str]:
    """Rows are told apart by their settings, so each value is there once: 3.0 is 3, but true is not 1."""
    plain = [plain_value(value) for value in values]
    told = [str(value) if isinstance(value, bool) else value for value in plain]
    for value in dict.fromkeys(value for value in told if told.count(value) > 1):
        yield f"{key}: {value} is there {told.count(value)} times; expected each once"


def _key(fingerprint: str, trial: Trial) -> str:
    _, knowledge = parted(trial.planner)
    decisive = {
        "store": STORE_VERSION,
        "faascast": version("faascast"),
        "workflow": fingerprint,
        "platform": trial.platform.fingerprint,
        "planner": str(trial.planner),
        "knowledge": knowledge.fingerprint if knowledge else None,
        "seed": trial.seed,
        "reps": trial.reps,
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


class PointStore:
    """A folder with a file for each point that is done, there in full or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, key: str) -> Outcome | None:
        """The outcome of a point; None if it is not done, its file is damaged, or it ended in an error.

        An error is nothing that a simulation found out, so it is tried again.
        """
        try:
            stored = msgspec.json.decode(self._path(key).read_bytes(), type=_Stored)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        done = stored.key == key and stored.schema_version == STORE_VERSION and stored.outcome.status != "error"
        return stored.outcome if done else None

    def save(self, key: str, outcome: Outcome) -> None:
        """Keep the outcome of a point."""
        with whole_file(self._path(key)) as path:
            path.write_bytes(msgspec.json.encode(_Stored(STORE_VERSION, key, outcome)))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"
