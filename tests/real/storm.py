"""A storm: many small runs on a platform whose instances are killed at random moments, over a store that fails.

Two ways to die, both by SIGKILL: from outside, at a time that has nothing to do with what the instance does (its start
included), and at a request to the store, before or after it was carried out. Run as a module it goes on until
so many instances have died, and prints what came of it: `python -m tests.real.storm KILLS`.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any
from unittest.mock import patch

from msgspec import json
from msgspec.structs import replace

from executor.local import process, run
from executor.local.account import NOT_YET
from executor.local.instance import LocalInstance
from executor.local.platform import LocalPlatform
from executor.local.requests import Request
from executor.local.run import RealRun
from executor.store.opening import leftovers, open_store
from executor.store.store import Store
from planners.check import check_plan
from planners.plan import Plan
from planners.registry import make_planner
from platforms import load_platform
from tests.executor_store.faulty import FaultyStore, Script
from tests.executor_store.server import OwnServer, server_binary
from tests.real.faulty_instance import FIRST_LINES, SCRIPT
from tests.real.programs import optimized_case, random_case, tiny
from tests.real.witness import Witness, complaints
from workloads.program import Program

PLANNERS = ("one-per-task", "wukong", "uniform", "heft")
BUILTINS = ("gemm,n=12,strips=3", "wordcount,chunks=4,chunk_bytes=900", "tree_reduction,numbers=5,bytes=80")
STURDY = {
    "provisioning_s": 0,
    "init_s": 0,
    "client_callers": 8,
    "limits.max_attempts": 200,
    "limits.backoff.attempts": 50,
    "limits.backoff.initial_s": 0.01,
    "limits.backoff.maximum_s": 0.2,
    "faults.retry.attempts": 20,
    "faults.retry.initial_s": 0.005,
    "faults.retry.maximum_s": 0.2,
    "faults.poll_s": 0.3,
}
"""A platform on which nobody gives up."""
RUNS_AT_A_PLACE = 10
MEANS_S = (0.1, 0.3, 1.0)
"""How long it is between two kills from outside, on average."""


@dataclass
class Toll:
    """What came of a storm."""

    runs: int = 0
    kills: int = 0
    midway: int = 0
    """Of the kills, those of instances that ran a worker."""
    within: int = 0
    """Of the kills, those at a request to the store."""
    redeliveries: int = 0
    faults: int = 0
    """Runs over a store that fails."""
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.runs} runs ({self.faults} over a store that fails), {self.kills} kills ({self.midway} while a "
            f"worker ran, {self.within} at a request to the store), {self.redeliveries} redeliveries, "
            f"wrong: {len(self.wrong)}"
        )


class Killer:
    """Kills instances of a platform at times of its own, most of them while they serve somebody."""

    def __init__(self, local: LocalPlatform, rng: Random, mean_s: float) -> None:
        self._local = local
        self._rng = rng
        self._mean_s = mean_s
        self._over = Event()
        self._thread = Thread(target=self._storm)
        self._hit: set[int] = set()

    @property
    def hits(self) -> int:
        """How many instances it has killed."""
        return len(self._hit)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _storm(self) -> None:
        while not self._over.wait(self._rng.expovariate(1 / self._mean_s)):
            alive = [each for each in self._local._pool.instances if each.process and each.process.used is None]
            busy = [each for each in alive if isinstance(each.serving, Request) and each.serving.started_ns != NOT_YET]
            among = busy if busy and self._rng.random() < 0.8 else alive
            if among:
                self._kill(self._rng.choice(among))

    def _kill(self, instance: LocalInstance) -> None:
        assert instance.process
        try:
            signal.pidfd_send_signal(instance.process.pidfd, signal.SIGKILL)
        except OSError:
            return  # it has just gone
        self._hit.add(instance.serial)


def weather(rng: Random) -> Script:
    """How bad a store is: good, or one that fails, loses answers and letters, and kills who asks it."""
    script = Script(rng.getrandbits(32), letters_twice=rng.choice((0, 0.2)), dies=rng.choice((0.0, 0.02, 0.05)))
    if rng.random() < 0.5:
        return script
    fails, loses, letters_lost = (rng.choice((0.0, 0.03, 0.1)) for _ in range(3))
    return dataclasses.replace(script, fails=fails, loses=loses, letters_lost=letters_lost, delays=rng.choice((0, 0.2)))


def case(rng: Random, platform: Any) -> tuple[Program, Plan, str]:
    """A program and a plan for it, and what they are."""
    if rng.random() < 0.5:
        seed = rng.getrandbits(32)
        make = rng.choice((random_case, optimized_case))
        return *make(seed), f"{make.__name__} {seed}"
    spec, planner = rng.choice(BUILTINS), rng.choice(PLANNERS)
    program = tiny(spec)
    plan = make_planner(planner).plan(program.workflow, platform)
    if rng.random() < 0.5:
        plan = replace(plan, workers=tuple(replace(worker, hold=False) for worker in plan.workers))
    assert not check_plan(plan, program.workflow, platform)
    return program, plan, f"{spec} under {planner}"


@contextmanager
def over(script: Script, witnessed: list[bytes]) -> Iterator[None]:
    """Runs begun meanwhile are over a store under a script, in the client and in all instances."""
    spared = dataclasses.replace(script, dies=0.0)

    def opened(*address: Any, **how: Any) -> Store:
        witnessed.clear()
        return FaultyStore(Witness(open_store(*address, **how), witnessed), spared)

    with (
        patch.object(run, "open_store", opened),
        patch.object(process, "_FIRST_LINES", FIRST_LINES),
        patch.dict(os.environ, {SCRIPT: json.encode(script).decode()}),
    ):
        yield


class Storm:
    """Runs, one after another, until so many instances have died."""

    def __init__(self, seed: int, urls: Iterator[str]) -> None:
        self.toll = Toll()
        self._seed = seed
        self._rng = Random(f"storm {seed}")
        self._urls = urls

    def rage(self, kills: int, tell: Callable[[Toll], None] = lambda toll: None) -> Toll:
        """Until so many have died."""
        while self.toll.kills < kills:
            self._at_a_place(next(self._urls), kills)
            tell(self.toll)
        return self.toll

    def _at_a_place(self, url: str, kills: int) -> None:
        """Several runs on one platform, over one store."""
        script, platform = weather(self._rng), load_platform("local", STURDY)
        witnessed: list[bytes] = []
        before = self.toll.kills
        with (
            TemporaryDirectory(prefix="faascast-storm-") as folder,
            over(script, witnessed),
            LocalPlatform(platform) as local,
        ):
            with Killer(local, Random(self._rng.getrandbits(32)), self._rng.choice(MEANS_S)) as killer:
                for number in range(RUNS_AT_A_PLACE):
                    self._run(local, url, Path(folder) / str(number), witnessed, script)
                    self.toll.kills = before + n_killed(local)
                    if self.toll.kills >= kills:
                        break
            self.toll.kills = before + n_killed(local)
            self.toll.within += max(0, n_killed(local) - killer.hits)
        self.toll.wrong += [f"{left.name} is left in the store" for left in leftovers(url)]

    def _run(self, local: LocalPlatform, url: str, folder: Path, witnessed: list[bytes], script: Script) -> None:
        program, plan, name = case(self._rng, local.platform)
        toll = self.toll
        toll.runs += 1
        toll.faults += bool(script.fails or script.loses or script.letters_lost)
        try:
            came = local.run(program, plan, store=url, out=folder, seed=toll.runs, examined=True)
            wrong = list(wrongs(came, witnessed))
        except Exception as error:
            wrong = [f"{type(error).__name__}: {error}"]
        else:
            invocations = came.account.invocations
            toll.redeliveries += sum(each.delivery > 1 for each in invocations)
            toll.midway += sum(each.status == "killed" and each.started_ns != NOT_YET for each in invocations)
        toll.wrong += [f"run {toll.runs} ({name}): {each}" for each in wrong]


def wrongs(came: RealRun, witnessed: list[bytes]) -> Iterator[str]:
    """What is wrong with a run."""
    if came.failure:
        yield came.failure
        return
    try:
        came.program.verify(came.result())
    except AssertionError as error:
        yield str(error)
    yield from complaints(came, witnessed)


def n_killed(local: LocalPlatform) -> int:
    """How many instances of a platform that is there have died of a kill."""
    used = (each.process.used for each in local._pool.instances if each.process)
    return sum(each is not None and each.ending == "killed by SIGKILL" for each in used)


def main(kills: int, seed: int) -> int:
    """Tell the toll of a long storm; 1 if anything went wrong."""
    begin_s = time.monotonic()

    def tell(toll: Toll) -> None:
        print(f"{time.monotonic() - begin_s:6.0f} s  {toll}", flush=True)

    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="faascast-storm-"))
        toll = Storm(seed, places(stack, folder)).rage(kills, tell)
    for each in toll.wrong:
        print(each)
    return bool(toll.wrong)


def places(stack: ExitStack, folder: str) -> Iterator[str]:
    """Addresses of stores, in turns: files, and a server if there is one."""
    binary = server_binary()
    urls = [f"files:{folder}/store"]
    if binary:
        server = OwnServer(binary)
        stack.callback(server.remove)
        server.start()
        urls.append(server.url)
    while True:
        yield from urls


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kills", nargs="?", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    sys.exit(main(asked.kills, asked.seed))
