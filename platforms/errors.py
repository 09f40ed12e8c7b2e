"""What is wrong with a platform description: every fault, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the file (or preset), the dotted path of the field, its value, what was expected there."""

    where: str
    field: str
    value: object
    expected: str

    def __str__(self) -> str:
        place = f"{self.where}: {self.field}" if self.field else self.where
        return f"{place}: expected {self.expected}, found {self.value!r}"


class PlatformError(ValueError):
    """A platform description that cannot be used, with all its faults."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def faults_of(error: ValidationError, where: str, data: Mapping[str, object]) -> tuple[Fault, ...]:
    """The faults that pydantic found in the description `data` from `where`."""
    return tuple(Fault(where, ".".join(map(str, e["loc"])), e["input"], e["msg"]) for e in error.errors())
