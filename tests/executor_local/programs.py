"""Small programs with functions that do what tests need, and how they are carried out."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from executor.local.account import InvocationAccount
from executor.local.platform import LocalPlatform
from executor.local.run import RealRun
from planners.plan import Plan
from planners.registry import make_planner
from platforms import Platform, load_platform
from workloads import WorkflowBuilder
from workloads.program import Program, PythonBody, Reference

SIZE_MB = 1769


def platform_with(**overrides: Any) -> Platform:
    """The local platform with some fields set otherwise; no floors, so that tests are quick."""
    return load_platform("local", {"provisioning_s": 0, "init_s": 0, "faults.retry.initial_s": 0.01, **overrides})


def fan(function: Callable[..., Any], n: int, *args: object) -> Program:
    """``n`` tasks beside one another, each ``function(*args, its number)``; the result is a list."""
    builder = WorkflowBuilder("fan")
    for number in range(n):
        builder.add_object(f"out{number}", 1)
        builder.add_task(f"t{number}", function="f", cpu_s=0.01, outputs=[f"out{number}"])
    workflow = builder.build()
    bodies = tuple(PythonBody(function, (*args, number), outputs=(number,)) for number in range(n))
    return Program(workflow, bodies, {}, [Reference(number) for number in range(n)])


def chain(*functions: Callable[..., Any]) -> Program:
    """Tasks one after another: the first of nothing, each other one of what the one before made."""
    builder = WorkflowBuilder("chain")
    for number in range(len(functions)):
        builder.add_object(f"out{number}", 1)
        builder.add_task(
            f"t{number}",
            function="f",
            cpu_s=0.01,
            inputs=[f"out{number - 1}"] if number else [],
            outputs=[f"out{number}"],
        )
    bodies = tuple(
        PythonBody(function, (Reference(number - 1),) if number else (), outputs=(number,))
        for number, function in enumerate(functions)
    )
    return Program(builder.build(), bodies, {}, Reference(len(functions) - 1))


class Ground:
    """A platform that is there, and where its runs leave what they leave."""

    def __init__(self, local: LocalPlatform, folder: Path) -> None:
        self.local = local
        self.folder = folder
        self._numbers = count(1)

    def run(self, program: Program, planner: str = "one-per-task", **how: Any) -> RealRun:
        """Plan a program, and carry it out."""
        return self.plan_run(program, make_planner(planner).plan(program.workflow, self.local.platform), **how)

    def plan_run(self, program: Program, plan: Plan, **how: Any) -> RealRun:
        """Carry a plan out."""
        out = self.folder / f"run{next(self._numbers)}"
        return self.local.run(program, plan, out=out, seed=1, **{"store": f"files:{self.folder / 'store'}", **how})


@contextmanager
def ground(folder: Path, platform: Platform, **means: Any) -> Iterator[Ground]:
    """A platform for a test; nothing of it is there afterwards."""
    with LocalPlatform(platform, **means) as local:
        yield Ground(local, folder)
    assert not local.pids
    assert not [pid for pid in (local.guard_pid,) if is_there(pid)]


def is_there(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


def wait_until(is_so: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait for something that will be so soon, however slow the machine is."""
    until_s = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < until_s, "it did not come about"
        time.sleep(0.01)


def most_at_once(invocations: Sequence[InvocationAccount]) -> int:
    """The largest number of invocations that had an instance at one instant."""
    changes = sorted([(each.admitted_ns, 1) for each in invocations] + [(each.ended_ns, -1) for each in invocations])
    running = most = 0
    for _, change in changes:
        running += change
        most = max(most, running)
    return most


# what tasks do -----------------------------------------------------------------------------------------------


def square(number: int) -> int:
    return number * number


def nap(seconds: float, number: int) -> int:
    time.sleep(seconds)
    return number


def pid_after(seconds: float, number: int) -> int:
    time.sleep(seconds)
    return os.getpid()


def dies_once(folder: str, number: int) -> int:
    """Kills its own process the first time."""
    if first_time(folder, number):
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def always_dies(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def leaves(number: int) -> int:
    os._exit(7)


def first_time(folder: str, number: int) -> bool:
    """Whether nobody has asked this before."""
    try:
        (Path(folder) / f"seen{number}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
