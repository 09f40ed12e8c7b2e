"""Salt: lets the back-offs of one run differ from those of another, though machines draw nothing.

A machine's jitter is a hash of who waits, and of the salt in its view; so the view that the log records brings the
same waits in every replay. The salt is of the seed alone: plans compared under one seed share it.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec.structs import replace

from executor.worker.retry import scatter
from executor.worker.view import View
from sim.draws import Cause, Seed, later_uniform

_MOST = 2**53


def salted(view: View, seed: Seed, job: int) -> View:
    """The view of one run, of many that share everything else."""
    if not (view.again.jitter or view.call_again.jitter):
        return view
    salt = _salt_of(seed) ^ int(scatter(job, 1) * _MOST)
    return replace(view, again=replace(view.again, salt=salt), call_again=replace(view.call_again, salt=salt))


@lru_cache(maxsize=16)
def _salt_of(seed: Seed) -> int:
    """Made once for the many jobs of one seed: a hash of text takes longer than to mix in a number."""
    return int(later_uniform(seed, Cause.BACK_OFF, 0, 1) * _MOST)
