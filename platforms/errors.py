"""What is wrong with a platform description: every fault, each with its place."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable


class PlatformError(ValueError):
    """A platform description or a request to a platform that cannot be used; `faults` names all of it."""

    faults: tuple[str, ...]

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)  # the only argument, so that the error survives pickling

    def __str__(self) -> str:
        return "\n".join(self.faults)


class Missing:
    """The value of a field that is not there."""

    def __repr__(self) -> str:
        return "missing"


def fault(where: str, field: str, value: object, expected: str) -> str:
    """One fault: the file or preset, the dotted path in it, what was found there, what should have been."""
    return f"{where}: {_told(field)} is {_written(value)}; expected {_told(expected)}"


def _written(value: object) -> str:
    try:
        return _told(reprlib.repr(value))
    except ValueError:  # Python's own limit
        return "a whole number of thousands of digits"


def _told(text: str, most: int = 1000) -> str:
    """A text in one line of bearable length: names of fields may be anything in a file."""
    text = text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
