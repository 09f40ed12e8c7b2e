"""Workflows that really compute: tasks with bodies, from Python functions, commands and recorded figures."""

from workloads.program.bodies import (
    Body,
    BurnBody,
    CommandBody,
    Filler,
    PythonBody,
    Reference,
)
from workloads.program.program import Program

__all__ = [
    "Body",
    "BurnBody",
    "CommandBody",
    "Filler",
    "Program",
    "PythonBody",
    "Reference",
]
