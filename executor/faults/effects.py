"""Effects: what can befall an operation, and the names of faults in a script."""

from __future__ import annotations

from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

from executor.records.operations import Kind

TOO_MANY_REQUESTS = "the store has too many requests"
"""Why a store denies a get or put that it could carry out."""


class Effect(IntEnum):
    """What befalls an attempt at an operation."""

    FAIL = 0
    """It takes a part of its time, and fails."""
    THROTTLE = 1
    """It is refused by a limit."""
    SLOW = 2
    """It takes the straggler's multiple of its time."""
    LOSE = 3
    """It never arrives; who waits for an answer waits in vain."""
    UNANSWERED = 4
    """It is carried out, but its answer is lost."""
    LATE = 5
    """It arrives late."""
    DOUBLE = 6
    """It arrives twice."""
    CRASH = 7
    """The instance dies, after a part of the operation's time."""
    FALSE_ALARM = 8
    """The platform takes the worker for dead, after a part of the operation's time."""


class Struck(NamedTuple):
    """An effect, and the part of an operation's time (0 to 1) after which it shows."""

    effect: Effect
    part: float


class Fault(NamedTuple):
    """What a name in a script stands for; kind None: the script says during what."""

    kind: Kind | None
    effect: Effect


FAULTS = MappingProxyType(
    {
        "task-error": Fault(Kind.EXECUTE, Effect.FAIL),
        "straggler": Fault(Kind.EXECUTE, Effect.SLOW),
        "get-error": Fault(Kind.FETCH, Effect.FAIL),
        "get-throttled": Fault(Kind.FETCH, Effect.THROTTLE),
        "put-error": Fault(Kind.UPLOAD, Effect.FAIL),
        "put-throttled": Fault(Kind.UPLOAD, Effect.THROTTLE),
        "commit-lost": Fault(Kind.COMMIT, Effect.LOSE),
        "commit-unanswered": Fault(Kind.COMMIT, Effect.UNANSWERED),
        "read-lost": Fault(Kind.READ, Effect.LOSE),
        "read-unanswered": Fault(Kind.READ, Effect.UNANSWERED),
        "call-lost": Fault(Kind.INVOKE, Effect.LOSE),
        "call-unanswered": Fault(Kind.INVOKE, Effect.UNANSWERED),
        "call-refused": Fault(Kind.INVOKE, Effect.THROTTLE),
        "message-lost": Fault(Kind.NOTIFY, Effect.LOSE),
        "message-late": Fault(Kind.NOTIFY, Effect.LATE),
        "message-doubled": Fault(Kind.NOTIFY, Effect.DOUBLE),
        "crash": Fault(None, Effect.CRASH),
        "false-alarm": Fault(None, Effect.FALSE_ALARM),
    }
)
"""Faults by the names of a script."""

DURING = MappingProxyType(
    {
        "start": Kind.START,
        "get": Kind.FETCH,
        "run": Kind.EXECUTE,
        "put": Kind.UPLOAD,
        "commit": Kind.COMMIT,
        "read": Kind.READ,
        "call": Kind.INVOKE,
        "message": Kind.NOTIFY,
    }
)
"""Operations by the names of a script."""
