"""A program: a workflow, and what each of its tasks really does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workloads.program.agreement import agree
from workloads.program.bodies import Body, Reference
from workloads.program.straight import straight_values
from workloads.program.structure import replaced, with_values
from workloads.workflow import Workflow


@dataclass(frozen=True, eq=False)
class Program:
    """All that is needed to carry a workflow out: who plans and predicts reads ``workflow`` alone."""

    workflow: Workflow
    bodies: tuple[Body, ...]
    """Per task, in the workflow's order."""
    given: Mapping[int, object]
    """The value of each data object that is in the store from the start, by number; a Filler where only its size
    is known."""
    results: object
    """What is asked for: a :class:`Reference`, or lists, tuples and dicts of them."""
    check: Callable[[object], None] | None = None
    """Raises AssertionError unless a result is right, by a way of its own; None if there is none."""

    @property
    def goals(self) -> tuple[int, ...]:
        """The data objects that are asked for, each once."""
        found: list[int] = []
        replaced(self.results, lambda leaf: found.append(leaf.object) if isinstance(leaf, Reference) else None)
        return tuple(dict.fromkeys(found))

    def result(self, value_of: Callable[[int], object]) -> object:
        """What is asked for, of the values of :attr:`goals`, each asked for once."""
        values = {number: value_of(number) for number in self.goals}
        return with_values(self.results, values.__getitem__)

    def verify(self, result: object) -> None:
        """Raise AssertionError unless a result is right: by :attr:`check`, else by a straight computation.

        Also if that computation raises or exits by itself, for then nothing is known of the result.
        """
        if self.check:
            self.check(result)
            return
        try:
            expected = self.straight()
        except (Exception, SystemExit) as error:
            told = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise AssertionError(f"the plain computation itself raised {told}") from error
        if not agree(result, expected):
            raise AssertionError(f"the result of {self.workflow.name} is not that of a straight computation")

    def straight(self) -> object:
        """The result, computed here and now: task after task in this process, no plan, no store.

        What is burnt takes no time here. Exceptions of tasks are raised as they are.
        """
        return self.result(straight_values(self.workflow, self.bodies, self.given).__getitem__)
