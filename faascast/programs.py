"""What a user hands in to be really carried out: nodes, a program, a workflow, or a name of one of them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any, TypeAlias

from faascast.faults import BadInput
from workloads import FillRules, InvalidInput, Workflow, load_workflow
from workloads.fill import REFUSE
from workloads.program import Node, Program, TaskFunction, burnt, is_goal, program_of
from workloads.real import real_program

Goals: TypeAlias = Node | Sequence[Any] | Mapping[str, Any]
"""A node, or lists, tuples and dicts of nodes."""
ProgramLike: TypeAlias = str | os.PathLike[str] | Workflow | Program | Goals
"""Nodes or a program; a workflow, to be burnt; or its name: a built-in, which computes, `module:function`, which makes
nodes, or anything that names a workflow."""

_IN_A_MODULE = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*):(?P<name>[^\W\d]\w*)")
_OTHERS = ("builtin", "gen", "wfcommons")
"""What may stand before a colon and is no module."""


def as_program(what: ProgramLike, *, fill: FillRules = REFUSE, burn: bool = False) -> Program:
    """The program that is meant. With ``burn``, only recorded times and bytes are spent, whatever is meant.

    Code is run only if it is the user's own, or a built-in's: a workflow file names none. Raises BadInput or
    InvalidInput with all that is wrong.
    """
    program = _meant(what, fill, burn)
    return burnt(program.workflow) if burn else program


def _meant(what: ProgramLike, fill: FillRules, burn: bool) -> Program:
    if isinstance(what, Program):
        return what
    if isinstance(what, Workflow):
        return burnt(what)
    if not isinstance(what, str | os.PathLike):
        return program_of(what, fill=fill)
    spec = os.fspath(what)
    found = _IN_A_MODULE.fullmatch(spec)
    if found and found["module"] not in _OTHERS and not Path(spec).exists():
        return _of_module(spec, found["module"], found["name"], fill)
    program = None if burn else real_program(spec)
    return program or burnt(load_workflow(spec, fill=fill))


def _of_module(spec: str, module: str, name: str, fill: FillRules) -> Program:
    """What a function of the user's returns, or a variable holds."""
    found = getattr(_imported(spec, module), name, None)
    if found is None:
        raise BadInput([f"workflow: {spec}: {module} has no {name}; expected a function that returns nodes"])
    if callable(found) and not is_goal(found):
        found = _called(spec, found)
    if isinstance(found, Program | Workflow):
        return _meant(found, fill, burn=False)
    if not is_goal(found):
        expected = "a node (what a call of a task returns), or lists, tuples and dicts of nodes"
        raise BadInput([f"workflow: {spec} is of type {type(found).__name__}; expected {expected}"])
    return program_of(found, name=name, fill=fill)


def _imported(spec: str, module: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # as `python -m` does; workers search where this process does
    try:
        return import_module(module)
    except (Exception, SystemExit) as error:  # it is anybody's code, and its end is not ours
        raise BadInput([f"workflow: {spec}: importing {module} raised {_told(error)}"]) from error


def _called(spec: str, function: TaskFunction | Any) -> Any:
    try:
        return function()
    except (BadInput, InvalidInput):
        raise
    except (Exception, SystemExit) as error:  # likewise
        raise BadInput([f"workflow: {spec}: calling it raised {_told(error)}"]) from error


def _told(error: Exception | SystemExit) -> str:
    """The error, and where in the user's code it was raised."""
    *_, last = extract_tb(error.__traceback__)
    what = f"{type(error).__name__}: {error}".removesuffix(": ")
    return f"{what} ({Path(last.filename).name}:{last.lineno})"
