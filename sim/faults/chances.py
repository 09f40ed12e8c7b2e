"""Chances: which attempts a fault of some probability befalls, keyed like all luck by cause and subject."""

from __future__ import annotations

import math

import numpy as np

from sim.draws import Cause, Seed, later_uniform, uniforms


class Chance:
    """A fault that befalls each attempt at a subject with the same probability.

    First attempts are drawn as one array; of those that are struck, how far the number lay below the probability says,
    evenly, how far the operation comes.
    """

    __slots__ = ("_cause", "_first", "_probability", "_seed")

    def __init__(self, seed: Seed, cause: Cause, probability: float, n_subjects: int) -> None:
        self._seed = seed
        self._cause = cause
        self._probability = probability
        u = uniforms(seed, cause, n_subjects)
        struck = np.flatnonzero(u < probability)
        self._first: dict[int, float] = dict(zip(struck.tolist(), (u[struck] / probability).tolist(), strict=True))

    @property
    def strikes_first(self) -> bool:
        """Whether any first attempt is struck."""
        return bool(self._first)

    def strikes(self, subject: int, attempt: int) -> float | None:
        """The part of its time after which an attempt at a subject is struck; None: it is not."""
        if attempt == 1:
            return self._first.get(subject)
        u = later_uniform(self._seed, self._cause, subject, attempt)
        return u / self._probability if u < self._probability else None


def time_to_s(seed: Seed, cause: Cause, rate_per_s: float, subject: int, attempt: int) -> float:
    """When something that may happen at any moment does: exponential, infinite at rate 0."""
    return -math.log(later_uniform(seed, cause, subject, attempt)) / rate_per_s if rate_per_s else math.inf
