"""What a planner may know, as a step of its own before any planner: from the world to what is believed of it.

`mean` knows workflow and platform as they are described: what is expected and how it scatters, not the luck of a run.
`exact` knows the very run besides. `history` knows recorded runs alone, `blind` the structure of the workflow alone.
The idea is estee's ("Analysis of workflow schedulers in simulated distributed environments", J. Supercomputing 2022).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from planners.knowledge.assumptions import ASSUMED, blind_platform, changed
from planners.knowledge.belief import Belief
from planners.knowledge.from_history import belief_from
from planners.knowledge.history import History
from planners.knowledge.history_file import read_history
from planners.knowledge.predictor import Predictor
from planners.level import AVERAGE, level_name, percentile_of
from platforms import Platform
from platforms.sections import Noise
from workloads import Fault, InvalidInput, Workflow
from workloads.demand import Curve, MemoryTable, PowerLaw
from workloads.width import Counts

EXPECTED = "exact, mean, blind, history:FILE or history:FILE+p95"

_SPEC = re.compile(r"(?P<mode>exact|mean|blind)|history:(?P<file>.+?)(?:\+(?P<level>average|p?\d+(?:\.\d+)?))?")


class Knowledge(ABC):
    """An immutable step: what is believed of a workflow on a platform."""

    @abstractmethod
    def belief(self, workflow: Workflow, platform: Platform) -> Belief:
        """The world as a planner may take it to be."""

    @property
    def fingerprint(self) -> str:
        """What tells it from any other."""
        return str(self)


@dataclass(frozen=True)
class Mean(Knowledge):
    """Knows what is described."""

    def belief(self, workflow: Workflow, platform: Platform) -> Belief:
        """The world as it is."""
        return Belief(workflow, platform)

    def __str__(self) -> str:
        return "mean"


@dataclass(frozen=True)
class Exact(Knowledge):
    """Knows the luck of one run: how long each task takes in it, and what becomes of a plan in it."""

    run_seed: int | None = None
    factors: tuple[float, ...] = ()
    """Per task, the run's noise: its first execution over what is expected of it."""
    widths: tuple[int, ...] = ()
    """Per map node, how many items its list has in the run."""

    def belief(self, workflow: Workflow, platform: Platform) -> Belief:
        """A world without noise, where tasks take what they take in that run; its other luck is the seed's."""
        is_known = len(self.factors) == workflow.n_tasks and len(self.widths) == len(workflow.maps)
        if self.run_seed is None or not is_known:
            raise InvalidInput([Fault("planner", "knowledge", str(self), "a run whose luck is known, and one alone")])
        factors = np.array(self.factors)
        realised = replace(
            workflow,
            io_s=workflow.io_s * factors,
            cpu_s=workflow.cpu_s * factors,
            curves={task: _stretched(curve, self.factors[task]) for task, curve in workflow.curves.items()},
            maps=tuple([replace(node, width=Counts([w])) for node, w in zip(workflow.maps, self.widths, strict=True)]),
        )
        note = "exact: planned anew for each run, whose luck is known"
        return Belief(realised, changed(platform, noise=Noise()), self.run_seed, (note,))

    def __str__(self) -> str:
        return "exact"


@dataclass(frozen=True)
class Blind(Knowledge):
    """Knows tasks, objects and edges, and no figure of them but memory floors."""

    def belief(self, workflow: Workflow, platform: Platform) -> Belief:
        """A world of equal tasks and objects."""
        uniform = replace(
            workflow,
            io_s=np.zeros(workflow.n_tasks),
            cpu_s=np.full(workflow.n_tasks, ASSUMED.run_s),
            parallelism=np.ones(workflow.n_tasks),
            curves={},
            object_bytes=np.full(workflow.n_objects, ASSUMED.object_bytes, dtype=np.int64),
        )
        note = f"blind: each task is taken for {ASSUMED.run_s:g} s, each object for {ASSUMED.object_bytes:,} bytes"
        return Belief(uniform, blind_platform(platform), notes=(note,))

    def __str__(self) -> str:
        return "blind"


@dataclass(frozen=True)
class FromHistory(Knowledge):
    """Knows recorded runs."""

    history: History
    level: str = AVERAGE
    """`average`, or the percentile of every figure that is taken for what will be, as `p95`."""
    name: str = ""
    """Where the history comes from."""

    def __post_init__(self) -> None:
        percentile_of(self.level)

    def belief(self, workflow: Workflow, platform: Platform) -> Belief:
        """A world of predicted figures."""
        return belief_from(self._predictors.at(platform.sizes.mb_per_vcpu), workflow, platform, "history")

    @cached_property
    def _predictors(self) -> _Predictors:
        return _Predictors(self.history, self.level, {})

    @property
    def fingerprint(self) -> str:
        """What tells it from any other: the records, not where they are."""
        return f"history {self.history.fingerprint} {self.level}"

    def __reduce__(self) -> tuple[type[FromHistory], tuple[History, str, str]]:
        return FromHistory, (self.history, self.level, self.name)

    def __str__(self) -> str:
        level = "" if self.level == AVERAGE else f"+{self.level}"
        return f"history:{self.name or self.history.fingerprint[:8]}{level}"


@dataclass(frozen=True)
class _Predictors:
    """One for each platform's CPU; made once, for they keep what they have computed."""

    history: History
    level: str
    made: dict[float, Predictor]

    def at(self, mb_per_vcpu: float) -> Predictor:
        if mb_per_vcpu not in self.made:
            self.made[mb_per_vcpu] = Predictor(self.history, self.level, mb_per_vcpu)
        return self.made[mb_per_vcpu]


def make_knowledge(spec: str) -> Knowledge:
    """What `exact`, `mean`, `blind` or `history:FILE+p95` stands for; InvalidInput with all that is wrong with it."""
    found = _SPEC.fullmatch(spec.strip())
    if found is None:
        raise InvalidInput([Fault("planner", "knowledge", spec, EXPECTED)])
    if found["mode"]:
        return _MODES[found["mode"]]
    level = level_name(found["level"] or AVERAGE, "knowledge")
    return FromHistory(read_history(found["file"]), level, found["file"])


_MODES: Mapping[str, Knowledge] = {"exact": Exact(), "mean": Mean(), "blind": Blind()}


def _stretched(curve: Curve, factor: float) -> Curve:
    """A curve whose times are so many times as long."""
    if isinstance(curve, PowerLaw):
        return replace(curve, base_s=curve.base_s * factor)
    return MemoryTable((memory_mb, time_s * factor) for memory_mb, time_s in curve.points)
