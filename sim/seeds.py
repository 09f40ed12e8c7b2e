"""Seeds: every run of an experiment has its own, the same for every planner, derived from one.

Run `k` of an experiment has the `k`-th seed that numpy's `SeedSequence(seed)` generates, cut to 53 bits so that
it stays exact in JSON. So plans are compared under common random numbers (run `k` of two planners shares its
luck), a longer experiment begins with the runs of a shorter one, and experiments with neighbouring seeds share
no run. `faascast simulate --seed` takes the seed of a run, as tables and reports name it, and repeats that run.
"""

from __future__ import annotations

import numpy as np

_BITS_TO_DROP = np.uint64(64 - 53)
_PLANNING = 1


def run_seeds(seed: int, n: int) -> tuple[int, ...]:
    """The seeds of the first `n` runs of an experiment."""
    return _seeds(np.random.SeedSequence(seed), n)


def planning_seeds(seed: int, n: int, draw: int = 0) -> tuple[int, ...]:
    """Seeds for planners that evaluate plans by simulation: none of them is a run's that judges the plan.

    Different draws share no luck: a planner confirms with one what it chose with another.
    """
    return _seeds(np.random.SeedSequence([seed, _PLANNING, draw] if draw else [seed, _PLANNING]), n)


def _seeds(source: np.random.SeedSequence, n: int) -> tuple[int, ...]:
    return tuple((source.generate_state(n, np.uint64) >> _BITS_TO_DROP).tolist())
