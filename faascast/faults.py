"""Bad input: what is wrong with workflow, platform, planners and settings, told together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from platforms import PlatformError
from workloads import InvalidInput

T = TypeVar("T")


class BadInput(ValueError):  # noqa: N818 (named as InvalidInput is: it is the input that is bad)
    """Input that cannot be used; `faults` holds everything found wrong with it, in order."""

    faults: tuple[str, ...]

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)  # the only argument, so that the error survives pickling

    def __str__(self) -> str:
        return "\n".join(self.faults)


class PlannerFailed(BadInput):
    """A planner met an error of its own: what was handed in may be as good as it gets."""

    exit_code = 1


def faults_of(error: BadInput | InvalidInput | PlatformError) -> tuple[str, ...]:
    """The faults that an error holds, each as a line."""
    return tuple(map(str, error.faults))


class Intake:
    """Takes in several inputs, so that a fault in one does not hide those in the next."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def take(self, read: Callable[[], T]) -> T | None:
        """What `read` returns; None, and its faults kept, if it raises them."""
        try:
            return read()
        except (BadInput, InvalidInput, PlatformError) as error:
            self.faults += faults_of(error)
            return None

    def refuse(self, *faults: str) -> None:
        """Keep faults found elsewhere."""
        self.faults += faults

    def close(self) -> None:
        """Raise BadInput if anything was wrong."""
        if self.faults:
            raise BadInput(dict.fromkeys(self.faults))
