"""What goes wrong by itself on a platform, and how what went wrong is tried again."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import model_validator

from platforms.quantities import Factor, Maybe, Number, Patience, Probability, Seconds, Tries, Unit
from platforms.section import Section

_AT_ONCE: Final = 1000
"""Attempts that can be made without a wait."""


class Backoff(Section):
    """How something that was refused, or failed, is tried again."""

    initial_s: Seconds = 0.0
    """Wait before the first repetition."""
    factor: Factor = 1.0
    """Growth of the wait from one repetition to the next."""
    maximum_s: Seconds = 0.0
    """Longest wait."""
    jitter: Probability = 0.0
    """Part of each wait that is left to chance; 1 = anything from nothing to the whole."""
    attempts: Tries = 1
    """Attempts in all, the first included; then it has failed."""

    @model_validator(mode="after")
    def _waits_as_it_says(self) -> Self:
        """A maximum below the first wait would hush it up; and who never waits is in vain at one instant for ever."""
        return self._require(
            ("maximum_s", f"at least initial_s, {self.initial_s:g}", self.maximum_s >= self.initial_s),
            (
                "initial_s",
                f"more than 0, since attempts is more than {_AT_ONCE}",
                self.initial_s > 0 or self.attempts <= _AT_ONCE,
            ),
        )


class FaultRates(Section):
    """How often things fail: a probability each, except what may happen at any moment."""

    task_error: Probability = 0.0
    """An execution of a task fails, somewhere on its way."""
    crash_per_s: Annotated[Number, Unit("1/s")] = 0.0
    """Deaths of an instance per second that its invocation runs."""
    false_alarm_per_s: Annotated[Number, Unit("1/s")] = 0.0
    """Running invocations that the platform takes for dead, per second; both epochs then run."""
    store_error: Probability = 0.0
    """A get or put fails."""
    request_loss: Probability = 0.0
    """A ledger request or a call gets no answer; as often as not it was carried out all the same."""
    message_loss: Probability = 0.0
    """A notification does not arrive."""
    message_delay: Probability = 0.0
    """A notification comes late."""
    message_duplication: Probability = 0.0
    """A notification arrives twice."""
    invocation_refusal: Probability = 0.0
    """A call is refused although no limit is reached."""


class Retry(Backoff):
    """How what failed in a worker is tried again: as the AWS SDKs do in their standard mode, unless told otherwise."""

    initial_s: Seconds = 1.0
    """Wait before the first repetition."""
    factor: Factor = 2.0
    """Growth of the wait from one repetition to the next."""
    maximum_s: Seconds = 20.0
    """Longest wait."""
    jitter: Probability = 1.0
    """Part of each wait that is left to chance; 1 = anything from nothing to the whole."""
    attempts: Tries = 3
    """Attempts in all, the first included; then the worker has failed."""


class Faults(Section):
    """What goes wrong by itself, and how patiently everybody takes it."""

    rates: FaultRates = FaultRates()
    """How often things fail."""
    retry: Retry = Retry()
    """Repetition of what failed in a worker: runs, gets, puts and requests; then the worker has failed."""
    timeout_s: Patience = 60.0
    """How long somebody waits for an answer that was lost."""
    late_s: Seconds = 1.0
    """How much later a late notification comes."""
    detection_s: Seconds = 0.0
    """From the death of an instance until the platform notices."""
    poll_s: Maybe[Patience] = None
    """How long whoever waits does so before asking whether a notification was lost; none = for ever."""

    @model_validator(mode="after")
    def _lost_messages_are_missed(self) -> Faults:
        heard = self.poll_s is not None or not self.rates.message_loss
        return self._require(("poll_s", "a time, since message_loss is not 0", heard))
