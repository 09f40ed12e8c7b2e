"""Luck: every random draw of a run, keyed by its cause and a subject that does not depend on the plan.

So two plans under one seed share the luck of what they share (common random numbers), and their differences
are paired. First attempts are drawn as one array per cause; later ones, rare, one by one from a keyed hash.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from enum import IntEnum
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from platforms.distribution import Constant, Distribution
from platforms.sections import Noise
from sim.clock import NS_PER_S
from sim.copiers import attempt

Floats: TypeAlias = NDArray[np.float64]
Seed: TypeAlias = tuple[int, ...]
"""The seed of a run and, where one seed serves many, which of them."""
_LEAST_U = 2.0**-54


class Cause(IntEnum):
    """What is drawn; the number is part of every key, so it never changes."""

    DURATION = 0
    STRAGGLER = 1
    PROVISIONING = 2
    INIT = 3
    WARM = 4
    CALL = 5
    GET = 6
    PUT = 7
    COMMIT = 8
    READ = 9
    NOTIFY = 10
    KEEP_ALIVE = 11
    ROUTING = 12
    PREWARM_PROVISIONING = 13
    PREWARM_INIT = 14
    PREWARM_WARM = 15
    PREWARM_CALL = 16
    ARRIVAL = 17
    GOAL = 18
    TASK_ERROR = 19
    GET_ERROR = 20
    PUT_ERROR = 21
    COMMIT_LOSS = 22
    READ_LOSS = 23
    CALL_LOSS = 24
    CALL_REFUSAL = 25
    MESSAGE_LOSS = 26
    MESSAGE_DELAY = 27
    MESSAGE_DUPLICATION = 28
    CRASH = 29
    FALSE_ALARM = 30
    POPULARITY = 31
    NEWS = 32
    BACK_OFF = 33
    WIDTH = 34


def uniforms(seed: Seed, cause: Cause, n: int) -> Floats:
    """The first ``n`` uniform numbers of a cause, in (0, 1)."""
    return np.maximum(_generator(seed, cause).random(n), _LEAST_U)


def _generator(seed: Seed, cause: Cause) -> np.random.Generator:
    # Length first and no cause 0: numpy takes [7, 11] and [7, 11, 0] for the same entropy.
    return np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence([len(seed), *seed, int(cause) + 1])))


def later_uniform(seed: Seed, cause: Cause, subject: int, attempt: int) -> float:
    """The uniform number of a later attempt, in (0, 1)."""
    key = "/".join(map(str, (*seed, int(cause), subject, attempt))).encode()
    return (int.from_bytes(blake2b(key, digest_size=8).digest(), "big") + 0.5) / 2**64


class Draws:
    """Durations of one cause, in ns: first attempts from an array, later ones each from its key.

    It counts the attempts at each subject itself (of a constant only where that is asked for). A part of it (`part`)
    serves one of many runs that were drawn together: its subjects count from 0.
    """

    __slots__ = ("_begin", "_cause", "_copied", "_first_ns", "_of", "_seed", "_tried")

    def __init__(
        self, seed: Seed, cause: Cause, n: int, of: Distribution, extra_s: float = 0.0, *, counts: bool = False
    ) -> None:
        self._seed = seed
        self._cause = cause
        self._of = (of, extra_s)
        self._begin = 0
        self._copied: dict[tuple[int, int], int] = {}
        """Attempts of copiers, by subject and copier."""
        whole = counts or not isinstance(of, Constant)
        drawn = _nanoseconds(seed, cause, n, of, extra_s)
        self._first_ns: Sequence[int] = array("q", drawn) * n if whole and len(drawn) < n else drawn
        self._tried = _zeros(n) if whole else None

    def tried(self, subject: int, copier: int = 0) -> int:
        """The number of the last attempt at a subject; 0 where nobody counts, or nobody tried."""
        if copier:
            return attempt(copier, self._copied.get((self._begin + subject, copier), 0))
        return self._tried[self._begin + subject] if self._tried is not None else 0

    def ns(self, subject: int, copier: int = 0) -> int:
        """The duration of the next attempt at a subject, which may be a copy's (`sim.copiers`)."""
        if copier:
            return self._copy_ns(self._begin + subject, copier)
        tried = self._tried
        if tried is None:
            return self._first_ns[0]
        subject += self._begin
        number = tried[subject] = tried[subject] + 1
        return self._first_ns[subject] if number == 1 else self._again_ns(subject, number)

    def next_ns(self, subject: int) -> int:
        """What `ns` would say, without an attempt being made."""
        if self._tried is None:
            return self._first_ns[0]
        subject += self._begin
        number = self._tried[subject] + 1
        return self._first_ns[subject] if number == 1 else self._again_ns(subject, number)

    def _copy_ns(self, subject: int, copier: int) -> int:
        count = self._copied[subject, copier] = self._copied.get((subject, copier), 0) + 1
        return self._first_ns[0] if self._tried is None else self._again_ns(subject, attempt(copier, count))

    def first_ns(self, n: int) -> NDArray[np.int64]:
        """The durations of first attempts at the ``n`` subjects that these draws are for."""
        drawn_ns = np.array(self._first_ns, dtype=np.int64)
        return np.broadcast_to(drawn_ns, n)

    def _again_ns(self, subject: int, number: int) -> int:
        of, extra_s = self._of
        u = later_uniform(self._seed, self._cause, subject, number)
        return _whole(of.draw_s(np.array([u])) + extra_s)[0]

    def least_ns(self, subject: int) -> int:
        """The least of the attempts made so far, of the first if there was none."""
        if self._tried is None:
            return self._first_ns[0]
        subject += self._begin
        later = [self._again_ns(subject, number) for number in range(2, self._tried[subject] + 1)]
        copies = [
            self._again_ns(subject, attempt(copier, count))
            for (of, copier), counts in self._copied.items()
            if of == subject
            for count in range(1, counts + 1)
        ]
        return min([self._first_ns[subject], *later, *copies])

    def fresh(self) -> Draws:
        """The same draws before any attempt was made."""
        fresh = Draws.__new__(Draws)
        fresh._seed, fresh._cause, fresh._of = self._seed, self._cause, self._of
        fresh._begin, fresh._first_ns, fresh._copied = self._begin, self._first_ns, {}
        fresh._tried = None if self._tried is None else _zeros(len(self._tried))
        return fresh

    def part(self, begin: int) -> Draws:
        """The same draws, their subjects counted from ``begin``."""
        if self._tried is None:
            return self
        part = Draws.__new__(Draws)
        part._seed, part._cause, part._of = self._seed, self._cause, self._of
        part._first_ns, part._tried, part._copied = self._first_ns, self._tried, self._copied
        part._begin = self._begin + begin
        return part


def _zeros(n: int) -> array[int]:
    return array("I", bytes(4 * n))


def _nanoseconds(seed: Seed, cause: Cause, n: int, of: Distribution, extra_s: float) -> Sequence[int]:
    if isinstance(of, Constant):
        return (round((of.value_s + extra_s) * NS_PER_S),)
    return _whole(of.draw_s(uniforms(seed, cause, n)) + extra_s)


def _whole(seconds: Floats) -> array[int]:
    whole = array("q")
    whole.frombytes(np.rint(seconds * NS_PER_S).astype(np.int64).tobytes())
    return whole


class Factors:
    """Noise of run times: a factor of mean 1 per task and attempt (lognormal; stragglers are a second mode)."""

    __slots__ = ("_noise", "_offset", "_seed", "first")

    def __init__(self, seed: Seed, noise: Noise, n_tasks: int) -> None:
        self._seed = seed
        self._noise = noise
        self._offset = 0
        self.first = self._factors(
            uniforms(seed, Cause.DURATION, n_tasks) if noise.sigma else None,
            uniforms(seed, Cause.STRAGGLER, n_tasks) if noise.straggler_probability else None,
            n_tasks,
        )

    def of(self, task: int, attempt: int) -> float:
        """The factor of an attempt at a task."""
        if attempt == 1:
            return float(self.first[task])
        subject = self._offset + task
        u = np.array([later_uniform(self._seed, Cause.DURATION, subject, attempt)])
        straggle_u = np.array([later_uniform(self._seed, Cause.STRAGGLER, subject, attempt)])
        return float(self._factors(u, straggle_u, 1)[0])

    def part(self, begin: int, n: int) -> Factors:
        """The factors of tasks ``begin`` to ``begin + n``, counted from 0."""
        part = Factors.__new__(Factors)
        part._seed, part._noise, part._offset = self._seed, self._noise, self._offset + begin
        part.first = self.first[begin : begin + n]
        return part

    def _factors(self, u: Floats | None, straggle_u: Floats | None, n: int) -> Floats:
        noise = self._noise
        factors = np.ones(n)
        if u is not None and noise.sigma:
            factors = np.exp(noise.sigma * ndtri(u) - noise.sigma**2 / 2)
        if straggle_u is not None and noise.straggler_probability:
            factors = factors * np.where(straggle_u < noise.straggler_probability, noise.straggler_factor, 1.0)
        return factors


def stream(seed: int, cause: Cause, draw: Callable[[Floats], Floats], block: int = 1024) -> Callable[[], float]:
    """An endless stream of draws, made a block at a time: for what has no subject but its turn."""
    generator: np.random.Generator | None = None
    stored: list[float] = []

    def following() -> float:
        nonlocal generator
        if not stored:
            generator = generator or _generator((seed,), cause)  # many a stream is never drawn from
            stored.extend(draw(np.maximum(generator.random(block), _LEAST_U))[::-1].tolist())
        return stored.pop()

    return following
