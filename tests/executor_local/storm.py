"""A storm of kills: instances die at random moments while runs go on; every result must be right all the same.

`python -m tests.executor_local.storm KILLS [SEED]` goes on until so many instances were killed.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from executor.local.platform import LocalPlatform
from tests.executor_local.programs import ground, platform_with
from workloads import WorkflowBuilder
from workloads.program import Program, PythonBody, Reference

PLANNERS = ("one-per-task", "all-on-one", "uniform", "wukong", "heft")
_LEAST_S, _MOST_S = 0.05, 0.25
_ATTEMPTS = 900


class Storm:
    """Kills an instance every now and then, from entering its context to leaving it."""

    def __init__(self, local: LocalPlatform, seed: int) -> None:
        self._local = local
        self._chance = random.Random(seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._rage)
        self.killed: list[int] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _rage(self) -> None:
        while not self._over.wait(self._chance.uniform(_LEAST_S, _MOST_S)):
            if pids := self._local.pids:
                victim = self._chance.choice(pids)
                with suppress(ProcessLookupError):  # it has gone by itself
                    os.kill(victim, signal.SIGKILL)
                    self.killed.append(victim)


def diamond(width: int) -> Program:
    """One task, so many of what it makes, and one of what these make."""
    builder = WorkflowBuilder("diamond")
    names = ["first", *(f"middle{number}" for number in range(width)), "last"]
    for name in names:
        builder.add_object(name, 1)
    for number, name in enumerate(names):
        inputs = names[1:-1] if number == width + 1 else names[: min(number, 1)]
        builder.add_task(f"makes-{name}", function=name[:5], cpu_s=0.01, inputs=inputs, outputs=[name])
    middle = [
        PythonBody(lambda value, more: value + more, (Reference(0), number), outputs=(number,))
        for number in range(1, width + 1)
    ]
    made = tuple(Reference(number) for number in range(1, width + 1))
    last = PythonBody(lambda *values: sum(values), made, outputs=(width + 1,))
    bodies = (PythonBody(lambda: 3, outputs=(0,)), *middle, last)
    return Program(builder.build(), bodies, {}, Reference(width + 1))


def rage(folder: Path, kills: int, seed: int) -> tuple[int, int]:
    """Runs until so many instances were killed: how many these were, and how many runs, all of them right."""
    chance, runs = random.Random(seed), 0
    with ground(folder, platform_with(**{"limits.max_attempts": _ATTEMPTS})) as here, Storm(here.local, seed) as storm:
        while len(storm.killed) < kills:
            program, planner = diamond(chance.randint(1, 5)), chance.choice(PLANNERS)
            run = here.run(program, planner, examined=True)
            assert run.result() == program.straight(), f"{run.folder}: {planner}"
            runs += 1
    return len(storm.killed), runs


def main() -> None:
    """From the command line."""
    kills, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        killed, runs = rage(Path(folder), kills, seed)
    print(f"{killed:,} instances killed during {runs:,} runs: every result was right")


if __name__ == "__main__":
    main()
