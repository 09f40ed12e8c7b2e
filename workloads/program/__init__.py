"""Workflows that really compute: tasks with bodies, from Python functions, commands and recorded figures."""

from workloads.program.bodies import Body, BurnBody, CommandBody, Filler, ListReference, PythonBody, Reference
from workloads.program.burn import burnt
from workloads.program.command import command
from workloads.program.gather import is_goal, program_of
from workloads.program.mapped import Lanes, map  # noqa: A004 (it is Python's, for tasks)
from workloads.program.node import Node, TaskFunction
from workloads.program.program import Program
from workloads.program.task import task

__all__ = [
    "Body",
    "BurnBody",
    "CommandBody",
    "Filler",
    "Lanes",
    "ListReference",
    "Node",
    "Program",
    "PythonBody",
    "Reference",
    "TaskFunction",
    "burnt",
    "command",
    "is_goal",
    "map",
    "program_of",
    "task",
]
