"""Arrivals: many runs, of one or several workflows, that share a platform's pool.

An arrival process is an iterable of (seconds, which workflow), in time order; it is read as the simulation goes, so
it may be endless up to its limit. Each request is a run of its own, with its own client, machines, ledger and luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from executor.records.operations import NoLog, OperationLog
from executor.records.run import Run
from executor.records.table import Table
from sim.clock import ARRIVAL, NS_PER_S, Happening, to_ns
from sim.deadlock import describe_deadlock
from sim.draws import Cause, stream
from sim.driver import Driver
from sim.instance import FOREVER_NS
from sim.job import Job
from sim.luck import Luck
from sim.results import make_run
from sim.setting import Setting
from sim.simulate import require_supported

_BLOCK = 256
"""Requests of a workflow whose luck is drawn together."""
_COLUMNS = (
    ("arrival_s", "f8"),
    ("workflow", "i8"),
    ("status", "O"),
    ("latency_s", "f8"),
    ("cold_starts", "i8"),
    ("warm_starts", "i8"),
    ("failure", "O"),
)


def every(interval_s: float, n: int, workflow: int = 0) -> Iterator[tuple[float, int]]:
    """``n`` requests, the first at 0, one each ``interval_s``."""
    return ((k * interval_s, workflow) for k in range(n))


def poisson(rate_per_s: float, n: int, seed: int, workflow: int = 0) -> Iterator[tuple[float, int]]:
    """``n`` requests of a Poisson process that begins at 0."""
    gap_s = stream(seed, Cause.ARRIVAL, lambda u: -np.log(u) / rate_per_s)
    at_s = 0.0
    for _ in range(n):
        at_s += gap_s()
        yield at_s, workflow


def at(times_s: Iterable[float], workflow: int = 0) -> Iterator[tuple[float, int]]:
    """Requests at the listed times."""
    return ((time_s, workflow) for time_s in times_s)


@dataclass(frozen=True, eq=False)
class Arrivals:
    """What became of the requests of one simulation.

    ``requests`` has a row per request, in order of arrival: arrival_s, workflow, status, latency_s (submission to the
    last commit; NaN if it failed), cold_starts, warm_starts, failure. ``instances``: created_s, ended_s, memory_mb,
    origin, uses. ``runs`` are the full records, where they were asked for.
    """

    requests: Table
    instances: Table
    runs: tuple[Run, ...]
    end_s: float
    """When the last request was over."""


def simulate_arrivals(
    settings: Sequence[Setting],
    arrivals: Iterable[tuple[float, int]],
    *,
    seed: int,
    keep_runs: bool = False,
    on_run: Callable[[Run], None] | None = None,
) -> Arrivals:
    """Simulate requests for ``settings`` (which share one platform) as they arrive.

    ``keep_runs`` keeps every request's tables (memory grows with them); ``on_run`` is told of each run as it ends
    and can keep what it needs.
    """
    platform = settings[0].platform
    if any(setting.platform is not platform for setting in settings):
        raise ValueError("the settings of one simulation must share one platform")
    for setting in settings:
        require_supported(setting)
    return _Street(settings, iter(arrivals), seed, keep_runs=keep_runs, on_run=on_run).walk()


class _Street:
    """The requests of one simulation on their way through it."""

    def __init__(
        self,
        settings: Sequence[Setting],
        arrivals: Iterator[tuple[float, int]],
        seed: int,
        *,
        keep_runs: bool,
        on_run: Callable[[Run], None] | None,
    ) -> None:
        self._arrivals = arrivals
        self._settings = settings
        self._seed = seed
        self._keep_runs = keep_runs
        self._on_run = on_run
        self._lucks = [self._draw(which) for which in range(len(settings))]
        self._driver = Driver(settings[0].platform, seed, finished=self._finished)
        self._open: dict[int, Job] = {}
        self._which: dict[int, int] = {}
        self._rows: dict[int, tuple[float, int, str, float, int, int, str]] = {}
        self._runs: dict[int, Run] = {}
        self._n = 0
        self._end_ns = 0

    def walk(self) -> Arrivals:
        driver = self._driver
        self._await_next()
        driver.clock.run()
        while self._open:  # nothing moves: the oldest is given up, which may set the others free
            job = next(iter(self._open.values()))
            driver.front.give_up(job, describe_deadlock(job, driver.pool.waiting))
            driver.clock.run()
        driver.pool.close()
        return Arrivals(
            requests=self._requests(),
            instances=_instances(driver),
            runs=tuple(self._runs[number] for number in sorted(self._runs)),
            end_s=self._end_ns / NS_PER_S,
        )

    def _await_next(self) -> None:
        for at_s, which in islice(self._arrivals, 1):
            delay_ns = to_ns(at_s) - self._driver.clock.now_ns
            if delay_ns < 0:
                raise ValueError(f"arrival {self._n} at {at_s} s comes before the one before it")
            self._driver.clock.after(delay_ns, ARRIVAL + self._n, Happening(self._arrived, which))

    def _arrived(self, happening: Happening) -> None:
        which = happening.about
        luck, log = next(self._lucks[which]), self._log()
        job = Job(self._n, self._settings[which], luck, log, has_company=True)
        self._open[job.number] = job
        self._which[job.number] = which
        self._n += 1
        self._driver.submit(job)
        self._await_next()

    def _log(self) -> OperationLog:
        return OperationLog() if self._keep_runs or self._on_run else NoLog()

    def _draw(self, which: int) -> Iterator[Luck]:
        """Luck after luck for requests of a workflow, drawn a block at a time."""
        setting, block = self._settings[which], 0
        while True:
            luck = Luck((self._seed, which, block), setting.workflow, setting.platform, copies=_BLOCK)
            for number in range(_BLOCK):
                yield luck.part(number, setting.workflow)
            block += 1

    def _finished(self, job: Job) -> None:
        """A request is over: keep its row, forget the rest."""
        self._end_ns = self._driver.clock.now_ns
        del self._open[job.number]
        complete = job.done_ns is not None and job.failure is None
        latency_s = (job.done_ns - job.submitted_ns) / NS_PER_S if complete and job.done_ns is not None else np.nan
        started = [i for i in job.invocations if i.admitted_ns >= 0]
        cold = sum(invocation.cold for invocation in started)
        status = "complete" if complete else "failed"
        which = self._which.pop(job.number)
        at_s = job.submitted_ns / NS_PER_S
        self._rows[job.number] = (at_s, which, status, latency_s, cold, len(started) - cold, job.failure or "")
        if self._keep_runs or self._on_run:
            run = make_run(job, self._driver.pool, self._seed)
            if self._on_run:
                self._on_run(run)
            if self._keep_runs:
                self._runs[job.number] = run

    def _requests(self) -> Table:
        rows = [self._rows[number] for number in sorted(self._rows)]
        columns: list[tuple[float | int | str, ...]] = list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
        return Table(
            {name: np.array(values, dtype=kind) for (name, kind), values in zip(_COLUMNS, columns, strict=True)}
        )


def _instances(driver: Driver) -> Table:
    instances = driver.pool.instances
    ends = [np.inf if i.ended_ns in (None, FOREVER_NS) else i.ended_ns / NS_PER_S for i in instances]
    return Table(
        {
            "created_s": np.array([i.created_ns / NS_PER_S for i in instances]),
            "ended_s": np.array(ends, dtype="f8"),
            "memory_mb": np.array([i.memory_mb for i in instances], dtype="i8"),
            "origin": np.array([i.origin for i in instances], dtype=object),
            "uses": np.array([i.uses for i in instances], dtype="i8"),
        }
    )
