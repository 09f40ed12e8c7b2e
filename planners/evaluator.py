"""What a planner may ask of the world: how good a plan is, and what happens under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planners.plan import Plan
from platforms import Platform
from workloads import Workflow

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What came of a plan in a number of runs; entry `i` of each array is the run with seed `i`.

    An evaluator gives every plan the same seeds, so two evaluations can be compared run by run.
    """

    makespans_s: Floats
    """Per run; NaN where it failed."""
    costs_usd: Floats
    """Per run; that of a failed run is what was spent."""
    failures: tuple[str | None, ...]
    """Per run, why it failed; None where it did not."""

    @property
    def n_failed(self) -> int:
        """How many runs failed."""
        return sum(failure is not None for failure in self.failures)

    @property
    def mean_cost_usd(self) -> float:
        """What a run costs on average."""
        return float(self.costs_usd.mean())

    def first(self, n: int) -> Evaluation:
        """The first `n` of its runs."""
        return Evaluation(self.makespans_s[:n], self.costs_usd[:n], self.failures[:n])


@dataclass(frozen=True, eq=False)
class Starts:
    """The invocations of one run but its prewarms, in the order in which they were asked for; s since submission."""

    memory_mb: NDArray[np.int64]
    called_s: Floats
    up_s: Floats
    """When the handler ran; NaN if it never did."""
    left_s: Floats
    is_cold: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Observation:
    """What happened under a plan: times in s since the submission, NaN for what never happened.

    A task of a void lane (`workloads.maps`) counts as done, in no time, when its splitter is committed, and so does a
    worker that has no others.
    Arrays are of shape (runs, tasks) or (runs, workers named in the plan).
    """

    evaluation: Evaluation
    gathers_s: Floats
    """When the task's inputs began to be fetched, or it ran if there was nothing to fetch."""
    starts_s: Floats
    """When the execution whose outputs count began."""
    ends_s: Floats
    committed_s: Floats
    """When its commit was visible."""
    called_s: Floats
    """When the worker was first asked for."""
    up_s: Floats
    """When it first ran."""
    left_s: Floats
    """When its last invocation ended."""
    is_cold: NDArray[np.bool_]
    """Whether its first start was cold."""
    starts: tuple[Starts, ...]
    """Per run all its invocations, those of flexible workers too."""


class Evaluator(Protocol):
    """Runs a plan, start-up included, and says what came of it.

    Handed to `Planner.plan` by whoever plans, bound to one workflow, one platform and one source of luck; no planner
    imports a simulator. Equal `runs` and `draw` are the same luck for every plan; another draw is independent luck,
    to confirm with what was chosen with the first.
    """

    @property
    def n_simulations(self) -> int:
        """How many runs were simulated so far."""
        ...

    def evaluate(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Evaluation:
        """What comes of `plan`, which `check_plan` accepts, in so many runs (None: as many as is usual)."""
        ...

    def observe(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Observation:
        """The same, and when what happened."""
        ...

    def elsewhere(self, workflow: Workflow, platform: Platform, run_seed: int | None = None) -> Evaluator:
        """An evaluator of plans for another workflow on another platform, say those that a planner believes in.

        With a seed it knows the luck of that run: every run of every draw is that one. What it simulates counts here.
        """
        ...
