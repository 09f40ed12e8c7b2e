"""The local platform: instances are processes of this machine, made, kept alive, reused and reclaimed by its rules.

It outlives runs, so that a run may find instances warm that a former one left; leaving its context ends all of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self, Unpack

from executor.instance.messages import Ask, Call, Left, Running, Up
from executor.local.clock import now_ns, stream
from executor.local.deaths import Deaths
from executor.local.deployment import Code, Deployments, present_code
from executor.local.floors import Cause, Floors
from executor.local.front import OVER_LIMIT, Front
from executor.local.instance import LocalInstance
from executor.local.limits import CpuMeans, Limits, MemoryMeans
from executor.local.loop import Loop, Timer
from executor.local.process import Gone, Process, Used, hash_seed, is_inside
from executor.local.requests import Invocation, Job, Prewarming
from executor.local.run import Options, RealRun, carry_out
from executor.local.wards import Wards
from executor.pool.keep_alive import lifetimes
from executor.pool.pool import Pool
from planners.plan import Plan
from platforms import Platform
from workloads.program import Program

_NS_PER_MS = 1_000_000
_MOST_LAST_WORDS = 500


class PlatformError(RuntimeError):
    """The local platform broke down; that is an error of ours, or of the machine."""


class _Clock:
    """The pool's clock: real time, and the loop's timers."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    @property
    def now_ns(self) -> int:
        return now_ns()

    def look_after(self, delay_ns: int, memory_mb: int, look: Callable[[], None]) -> None:
        self._loop.at(now_ns() + delay_ns, look)


class LocalPlatform:
    """A FaaS platform that follows ``platform``'s rules on this machine, from entering its context to leaving it.

    ``seed`` is that of its luck: lifetimes of idle instances, routing, latencies that are drawn. ``cpu`` and ``memory``
    choose by what means instances are held to their sizes; each run's account says which it was (`limits`).
    """

    def __init__(
        self, platform: Platform, *, seed: int = 0, cpu: CpuMeans = "auto", memory: MemoryMeans = "auto"
    ) -> None:
        self.platform = platform
        self.seed = seed
        self._means: tuple[CpuMeans, MemoryMeans] = (cpu, memory)
        self._jobs: list[Job] = []
        self.broken: BaseException | None = None
        """What the platform broke down of, if it has."""

    # begin and end ----------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Begin. PlatformError: this is an instance of another, or was started by one; that would never end."""
        if is_inside():
            raise PlatformError(
                "faascast.run was called inside a task; a module that runs something when it is imported "
                "is imported by tasks, too: put that under `if __name__ == '__main__':`"
            )
        platform = self.platform
        self._pid = os.getpid()
        self._deployments = Deployments()
        self._folder = tempfile.mkdtemp(prefix="faascast-platform-")
        self._wards = Wards()
        self._wards.made(self._folder)
        self._limits = Limits(platform, self._wards, *self._means)
        self._loop = Loop(self._breaks)
        self._is_closing = False
        self._reclaims: Timer | None = None
        self._reclaims_ns: int | None = None
        self._unborn = 0
        self._all_up = Event()
        self._front = Front(platform, self._loop, Floors(platform, self.seed), lambda: self._pool)
        self._front.mourner = Deaths(platform, self._loop, self._front, OVER_LIMIT)
        self._loop.start()
        self._loop.call(self._open)
        self._all_up.wait()
        return self

    def _open(self) -> None:
        """In the loop's thread: make the pool, with the instances that it has from the beginning."""
        platform = self.platform
        self._unborn = sum(entry.count for entry in platform.pool.initial)
        self._pool: Pool[LocalInstance] = Pool(
            platform,
            _Clock(self._loop),
            admitted=self._front.admitted,
            make=self._make,
            lifetime_ns=lifetimes(platform.keep_alive, partial(stream, self.seed, Cause.KEEP_ALIVE)),
            routing_u=stream(self.seed, Cause.ROUTING, lambda u: u),
        )
        self._plan_reclaim()
        if not self._unborn:
            self._all_up.set()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all instances; nothing is left behind. Again is fine; a process forked from this one has none to end."""
        if self._is_closing or os.getpid() != self._pid:
            return
        self._is_closing = True
        self._loop.call(self._end_all)
        self._loop.close()
        for instance in self._pool.instances:
            if instance.process and instance.process.used is None:
                os.waitid(os.P_PID, instance.process.pid, os.WEXITED | os.WNOWAIT)
                self._reap(instance)
        self._limits.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._wards.close()

    def _end_all(self) -> None:
        for job in self._jobs:
            self._front.give_up(job, "the platform was closed")
            if not job.is_over:
                job.is_over = True
                job.over()
        for instance in self._pool.instances:
            if instance.process and instance.process.used is None:
                instance.process.signal_all(signal.SIGKILL)

    def _breaks(self, error: BaseException) -> None:
        """Something that must not happen: every run on it is given up."""
        self.broken = self.broken or error
        self._all_up.set()
        for job in self._jobs:
            job.failure = job.failure or f"the platform broke down: {type(error).__name__}: {error}"
            if not job.is_over:
                job.is_over = True
                job.over()

    def run(self, program: Program, plan: Plan, *, store: str, out: str | Path, **how: Unpack[Options]) -> RealRun:
        """Carry a program's plan out: see `executor.local.run.carry_out`."""
        return carry_out(self, program, plan, store=store, out=out, **how)

    # jobs -------------------------------------------------------------------------------------------------

    def call(self, act: Callable[[Front], None]) -> None:
        """Have the front do something, in its own thread; from any other."""
        self._loop.call(lambda: act(self._front))

    def begin(self, job: Job) -> None:
        """A run begins; to be said before anybody calls for it. PlatformError: it has broken down."""
        if self.broken:
            what = f"{type(self.broken).__name__}: {self.broken}"
            raise PlatformError(f"the local platform broke down: {what}") from self.broken
        self._jobs.append(job)
        code = present_code()
        self._loop.call(lambda: self._deploy(job, code))

    def _deploy(self, job: Job, code: Code) -> None:
        """In the loop's thread: instances that have loaded other code than this run's serve nobody any more."""
        if self._deployments.take(code):
            self._front.deployment = self._deployments.number
            for instance in self._pool.instances:
                if instance.idle and instance.ended_ns is None and instance.is_outdated(self._front.deployment):
                    self._pool.lose(instance)
        job.deployment = self._deployments.number

    def leave(self, job: Job) -> None:
        """A run is over."""
        self._jobs.remove(job)

    def instances_of(self, job: Job) -> list[LocalInstance]:
        """The instances that served a run that is over."""
        served = {request.instance.serial for request in (*job.invocations, *job.prewarmings) if request.instance}
        return [instance for instance in self._pool.instances if instance.serial in served]

    def found_by(self, job: Job) -> list[LocalInstance]:
        """The instances that were there when a run was submitted, whether it used them or not."""
        began_ns = job.submitted_ns
        return [
            instance
            for instance in self._pool.instances
            if instance.created_ns <= began_ns and (instance.ended_ns is None or instance.ended_ns > began_ns)
        ]

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of instances that are there."""
        alive = (each.process for each in self._pool.instances if each.process and each.process.used is None)
        return tuple(process.pid for process in alive)

    @property
    def hash_seed(self) -> str:
        """What the hashes of texts are made with in its instances, all of them alike."""
        return hash_seed(self.seed)

    @property
    def guard_pid(self) -> int:
        """The process that clears up after this one."""
        return self._wards.pid

    # instances --------------------------------------------------------------------------------------------

    def _make(self, serial: int, memory_mb: int, created_ns: int, origin: str) -> LocalInstance:
        instance = LocalInstance(serial, memory_mb, created_ns, origin)
        try:
            self._start(instance)
        except OSError as error:
            instance.why_not = f"its process could not be started: {error}"
            if instance.process:
                self._undo(instance, instance.process)
            self._is_born(instance)
        return instance

    def _start(self, instance: LocalInstance) -> None:
        """Start its process. OSError: that cannot be, or it could not be watched."""
        threads = max(1, round(self.platform.vcpus(instance.memory_mb)))
        output = f"{self._folder}/{instance.serial}.txt"
        process = Process(output, threads, self.hash_seed, lambda: self._flush_later(instance))
        instance.process = process
        self._wards.begun(process.pid)
        instance.hold = self._limits.hold(process, instance.memory_mb)
        self._loop.watch(process.line, lambda: self._hear(instance))
        self._loop.watch(process.pidfd, lambda: self._gone(instance))

    def _undo(self, instance: LocalInstance, process: Process) -> None:
        """It began, and is of no use."""
        self._loop.forget(process.line)
        self._loop.forget(process.pidfd)
        process.signal_all(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self._reap(instance)
        instance.process = None

    def _flush_later(self, instance: LocalInstance) -> None:
        """It does not read what it is sent, for it is stopped, or busy."""
        assert instance.process
        self._loop.at(now_ns() + _NS_PER_MS, instance.process.flush)

    def _hear(self, instance: LocalInstance) -> None:
        """Messages of an instance have come, or it has hung up."""
        assert instance.process
        try:
            for message in instance.process.receive():
                self._take(instance, message)
        except Gone:
            self._loop.forget(instance.process.line)
            instance.process.signal_all(signal.SIGKILL)  # without its line it is of no use
        except ValueError as error:
            instance.why_not = f"it said what is no message: {error}"
            instance.process.signal_all(signal.SIGKILL)

    def _take(self, instance: LocalInstance, message: Any) -> None:
        request = instance.serving
        if isinstance(message, Up):
            self._is_up(instance, message)
        elif not isinstance(request, Invocation | Prewarming):
            pass  # what it says about an invocation that is over came too late
        elif isinstance(message, Left):
            assert request.is_prewarm or message.number == request.number, "an instance serves one at a time"
            self._front.left(request, message)
            self._plan_reclaim()
        elif isinstance(request, Invocation):
            if isinstance(message, Call):
                self._front.call(request.job, request, message.op, message.invoke)
            elif isinstance(message, Ask):
                self._front.prewarm(request.job, request, message.op, message.memory_mb)
            elif isinstance(message, Running):
                self._front.running(request, message.at_ns)

    def _is_up(self, instance: LocalInstance, up: Up) -> None:
        instance.up = up
        self._front.go_on(instance)
        self._is_born(instance)

    def _is_born(self, instance: LocalInstance) -> None:
        """One that is there from the beginning is up, or never will be."""
        if instance.origin == "initial" and self._unborn:
            self._unborn -= 1
            if not self._unborn:
                self._all_up.set()

    def _gone(self, instance: LocalInstance) -> None:
        """The process of an instance has ended, by itself or not."""
        process = instance.process
        assert process
        self._loop.forget(process.pidfd)
        self._hear_last(instance)
        self._loop.forget(process.line)
        used = self._reap(instance)
        if instance.up is None:
            self._is_born(instance)
        request = instance.serving
        if isinstance(request, Invocation | Prewarming):
            self._front.lose(instance, request, self._why(instance, request, used))
        elif instance.ended_ns is None and not self._is_closing:
            self._pool.lose(instance)

    def _hear_last(self, instance: LocalInstance) -> None:
        """What it said before it went."""
        process = instance.process
        assert process
        try:
            while messages := process.receive():
                for message in messages:
                    self._take(instance, message)
        except (Gone, ValueError):
            pass

    def _reap(self, instance: LocalInstance) -> Used:
        assert instance.process
        self._wards.ended(instance.process.pid)
        if instance.hold:
            instance.hold.rest()
        used = instance.process.reap()
        assert used
        if instance.hold:
            instance.hold.end()
        return used

    def _why(self, instance: LocalInstance, request: Invocation | Prewarming, used: Used) -> str:
        """Why an instance is gone that served somebody."""
        if isinstance(request, Invocation) and request.doom:
            return request.doom
        if instance.why_not:
            return instance.why_not
        if instance.hold and instance.hold.ran_out_of_memory:
            return f"out of memory: more than {instance.memory_mb:,} MB needed"
        assert instance.process
        said = _last_words(instance.process.output)
        return f"the instance {used.ending}" + (f"; its last words: {said}" if said else "")

    def _plan_reclaim(self) -> None:
        """End idle instances whose time has passed, and look again when the next one's has."""
        due_ns = self._pool.reclaim()
        if due_ns == self._reclaims_ns:
            return
        if self._reclaims:
            self._reclaims.cancel()
        self._reclaims_ns = due_ns
        self._reclaims = None if due_ns is None else self._loop.at(due_ns + 1, self._reclaim)

    def _reclaim(self) -> None:
        self._reclaims_ns = None
        self._plan_reclaim()


def _last_words(path: str) -> str:
    """The end of what a process printed, in one line."""
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return " | ".join(line.strip() for line in text[-_MOST_LAST_WORDS:].splitlines() if line.strip())
