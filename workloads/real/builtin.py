"""A built-in workflow that really computes: the tasks of its generator, with functions and data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workloads.generators import Generator
from workloads.program import Program, PythonBody, Reference
from workloads.workflow import Workflow


def _no_options(generator: Any, function: str, numbers: tuple[int, ...]) -> dict[str, object]:
    return {}


def rounded(figure: float) -> float:
    """To two digits, for names that people read."""
    return float(f"{figure:.2g}")


@dataclass(frozen=True, kw_only=True)
class Builtin:
    """What a generator's tasks really do.

    Functions are called with the values of their task's inputs, in their order. They are sent to workers by value:
    whatever they name must be theirs, Python's or numpy's.
    """

    generator: type[Generator]
    functions: Mapping[str, Callable[..., Any]]
    """By the name of the function in the workflow."""
    given: Callable[[Any], Mapping[str, object]]
    """The values of the objects that are in the store from the start, by name, for a generator's parameters."""
    straight: Callable[[Any], object]
    """The result for a generator's parameters, computed in one go, without the tasks."""
    small: Callable[[Mapping[str, Any]], Mapping[str, object]]
    """Parameters of a run of seconds, for those that the user did not give; the given ones are known."""
    options: Callable[[Any, str, tuple[int, ...]], Mapping[str, object]] = _no_options
    """Further arguments of a task, by its function and the numbers in its name."""
    agrees: Callable[[Any, Any], bool] = np.array_equal
    """Whether a result is the straight one."""

    def program(self, generator: Generator) -> Program:
        """The program for these parameters: its workflow is the generator's own, so plans for one fit the other."""
        workflow = generator.workflow()
        told = f"times and sizes of {self.generator.key}'s tasks are its generator's, not measured on this machine"
        workflow = replace(workflow, assumptions=(*workflow.assumptions, told))
        given = self.given(generator)
        [result] = np.flatnonzero(workflow.is_result).tolist()
        return Program(
            workflow,
            tuple([self._body(generator, workflow, task) for task in range(workflow.n_tasks)]),
            {workflow.index_of_object(name): value for name, value in given.items()},
            Reference(result),
            lambda found: self._check(generator, found),
        )

    def _body(self, generator: Generator, workflow: Workflow, task: int) -> PythonBody:
        function = workflow.functions[workflow.task_function[task]]
        numbers = tuple(int(part) for part in workflow.task_names[task].split("-") if part.isdigit())
        args = tuple(Reference(number) for number in workflow.inputs.row(task).tolist())
        outputs = tuple(workflow.outputs.row(task).tolist())
        return PythonBody(self.functions[function], args, self.options(generator, function, numbers), outputs)

    def _check(self, generator: Generator, found: object) -> None:
        if not self.agrees(found, self.straight(generator)):
            raise AssertionError(f"the result of {generator.spec} is not that of a straight computation")
