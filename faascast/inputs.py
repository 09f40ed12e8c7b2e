"""What a user hands in besides settings: a workflow by name or file, and the numbers of an experiment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from planners.planner import Planner
from workloads import FillRules, Workflow, load_workflow
from workloads.fill import REFUSE

WorkflowLike: TypeAlias = str | os.PathLike[str] | Workflow
"""A specification (`gemm`, `gen:forkjoin,width=100`), the path of a WfFormat file, or a workflow."""

Report: TypeAlias = Callable[[int, int], None]
"""Told how much is done, and of how much."""

ALL_PLANNERS = ("one-per-task", "all-on-one", "wukong", "uniform", "heft")
DEFAULT_PLATFORM = "aws-lambda-s3"
DEFAULT_REPS = 30
DEFAULT_SEED = 1


def as_workflow(workflow: WorkflowLike, fill: FillRules = REFUSE) -> Workflow:
    """The workflow itself, or the one that is named; InvalidInput with all that is wrong with it."""
    return workflow if isinstance(workflow, Workflow) else load_workflow(os.fspath(workflow), fill=fill)


MOST_REPS, MOST_PROCESSES = 10**6, 1024
MOST_SEED = 2**63 - 1
"""Tables have a column for it."""


def number_faults(*, reps: int, seed: int, processes: int) -> Iterator[str]:
    """What is wrong with the numbers of an experiment."""
    numbers = (("reps", reps, 1, MOST_REPS), ("seed", seed, 0, MOST_SEED), ("processes", processes, 1, MOST_PROCESSES))
    for name, value, least, most in numbers:
        if value < least:
            yield f"{name} is {value}; expected a whole number ≥ {least}"
        elif value > most:
            yield f"{name} is {value}; expected a whole number ≤ {most}"


def planner_faults(planners: Sequence[Planner]) -> Iterator[str]:
    """Planners are told apart by name, so each is there once."""
    names = [str(planner) for planner in planners]
    if not names:
        yield "planners: there are none; expected at least one"
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"planners: {name} is there {names.count(name)} times; expected each once"
