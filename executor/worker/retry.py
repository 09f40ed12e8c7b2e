"""Retry: how often and when something that failed is tried again. Pure arithmetic: no clock, no generator."""

from msgspec import Struct

_MASK = (1 << 64) - 1


class Retry(Struct, frozen=True, gc=False):
    """Exponential back-off: ``initial_ns``·``factor``^k, at most ``maximum_ns``, of which a part is left to chance.

    The chance is a hash of who waits and of the run's ``salt``, so that many who failed together do not come again
    together, and yet the same machine waits the same in every replay. ``jitter`` 1 is the "full jitter" of the AWS
    Architecture Blog (Brooker, "Exponential Backoff And Jitter", 2015): anything from 0 to the whole.
    """

    attempts: int
    """How often it is tried in all."""
    initial_ns: int
    factor: float
    maximum_ns: int
    jitter: float = 0.0
    salt: int = 0

    def delay_ns(self, attempt: int, who: int = 0) -> int | None:
        """How long ``who`` waits after the ``attempt``-th failure (from 1); None: give up."""
        if attempt >= self.attempts:
            return None
        if not self.initial_ns:
            return 0
        try:
            whole_ns = min(self.maximum_ns, self.initial_ns * self.factor ** (attempt - 1))
        except OverflowError:
            whole_ns = self.maximum_ns
        return round(whole_ns * (1.0 - self.jitter * scatter(who ^ self.salt, attempt)))


def scatter(who: int, attempt: int) -> float:
    """A number in [0, 1) that looks random: the finalizer of SplitMix64 (Steele, Lea, Flood 2014)."""
    z = (who * 0x9E3779B97F4A7C15 + attempt * 0xD1B54A32D192ED03) & _MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & _MASK
    return ((z ^ (z >> 31)) >> 11) / (1 << 53)
