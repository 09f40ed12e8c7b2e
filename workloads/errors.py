"""Faults in what a user hands in: all of them at once, each one named."""

from __future__ import annotations

import enum
import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class Missing(enum.Enum):
    """The value of a field that is not there, so that a fault can tell absent from ``None``."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return self.value


MISSING = Missing.MISSING


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, precise enough to go and mend it."""

    where: str
    """The file, workflow or argument that holds it."""
    field: str
    """The path of the field inside it, such as ``workflow.tasks[3].runtimeInSeconds``."""
    value: object
    """What was found there; :data:`MISSING` where nothing was."""
    expected: str
    """What would have been right, as a noun phrase."""

    def __str__(self) -> str:
        place = f"{self.where}: {self.field}" if self.field else self.where
        return f"{in_one_line(place)} is {in_one_line(_written(self.value))}; expected {in_one_line(self.expected)}"


_IN_SHORT = reprlib.Repr()
_IN_SHORT.maxstring = _IN_SHORT.maxother = _IN_SHORT.maxlong = 10**9  # cut below
_IN_SHORT.maxdict = _IN_SHORT.maxlist = _IN_SHORT.maxtuple = 100


def _written(value: object) -> str:
    try:
        return _IN_SHORT.repr(value)
    except ValueError:  # Python's own limit
        return "a whole number of thousands of digits"


def in_one_line(text: str, most: int = 1000) -> str:
    """A text in one line of bearable length: names come from files, and may hold anything."""
    text = text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class InvalidInput(ValueError):  # noqa: N818 (the contract's word: it is the input that is invalid)
    """Input that cannot be used; ``faults`` holds everything found wrong with it, in order."""

    faults: tuple[Fault, ...]

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        # The faults are the only argument: an exception is re-created from its arguments when it is
        # pickled to another process or passed through an event loop.
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, as a question before what is expected; else nothing."""
    return "".join(f"{each!r}? " for each in get_close_matches(name, list(known), n=1))


def refuse_if(faults: Iterable[Fault]) -> None:
    """Raise :class:`InvalidInput` if there is any fault."""
    found = tuple(faults)
    if found:
        raise InvalidInput(found)
