"""What a planner may ask of the world: how good a plan is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planners.plan import Plan


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What came of a plan in a number of runs; entry `i` of each array is the run with seed `i`.

    An evaluator gives every plan the same seeds, so two evaluations can be compared run by run.
    """

    makespans_s: NDArray[np.float64]
    """Per run; NaN where it failed."""
    costs_usd: NDArray[np.float64]
    """Per run; that of a failed run is what was spent."""
    failures: tuple[str | None, ...]
    """Per run, why it failed; None where it did not."""

    @property
    def n_failed(self) -> int:
        """How many runs failed."""
        return sum(failure is not None for failure in self.failures)


class Evaluator(Protocol):
    """Runs a plan, start-up included, and says what came of it.

    Handed to `Planner.plan` by whoever plans, bound to one workflow, one platform and one set of seeds; no
    planner imports a simulator.
    """

    def evaluate(self, plan: Plan) -> Evaluation:
        """What comes of `plan`."""
        ...
