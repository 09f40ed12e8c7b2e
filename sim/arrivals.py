"""Arrivals: many runs, of one or several workflows, that share a platform's pool.

An arrival process is an iterable of (seconds, which workflow), in time order; it is read as the simulation goes, so
it may be endless up to its limit. Each request is a run of its own, with its own client, machines, ledger and luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from executor.pool.deadlock import describe_deadlock
from executor.pool.instance import FOREVER_NS
from executor.records.operations import NO_ROW, NoLog, OperationLog
from executor.records.run import Run
from executor.records.table import Table
from executor.worker.events import InvokeFailed, Started
from executor.worker.instructions import Invoke
from sim.clock import ARRIVAL, NS_PER_S, Happening, to_ns
from sim.draws import Cause, stream
from sim.driver import Driver
from sim.instance import Instance
from sim.job import Invocation, Job, Prewarming
from sim.lane import Lane, Passenger
from sim.lots import Lot, Lots
from sim.rehearsal import rehearse
from sim.requests import Requests
from sim.results import run_of
from sim.setting import Setting
from sim.simulate import require_supported
from sim.steps import OVER_LIMIT
from sim.weather import make_driver

_READ = 256
"""Arrivals that are read at a time."""


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


def mixed(arrivals: Iterable[tuple[float, int]], shares: Sequence[float], seed: int) -> Iterator[tuple[float, int]]:
    """The same times, each of a workflow drawn by its share; ``shares`` add up to 1."""
    bounds = np.cumsum(shares)[:-1]
    draw = stream(seed, Cause.POPULARITY, lambda u: np.searchsorted(bounds, u, side="right").astype(np.float64))
    return ((at_s, int(draw())) for at_s, _ in arrivals)


@dataclass(frozen=True, eq=False)
class Arrivals:
    """What became of the requests of one simulation.

    ``requests`` has a row per request, in order of arrival: arrival_s, workflow (which setting), status, latency_s
    (submission to the last commit; NaN if it failed), wait_s (of its invocations, for the platform's limits),
    cold_starts, warm_starts, refusals (of calls), cost_usd (all but the store's standing cost), failure ("" if
    none). ``stays`` has one per use of an instance, prewarms included: request, instance, begin_s (admission), end_s.
    ``instances``: created_s, ended_s (inf: never), memory_mb, origin, uses; a row's number is the instance's.
    ``runs`` are the full records, where they were asked for.
    """

    requests: Table
    stays: Table
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
        self._driver = make_driver(
            settings[0].platform,
            seed,
            finished=self._finished,
            admitted=self._admitted,
            may_run_short=any(s.may_run_short for s in settings),
            may_stream=any(s.view.streams for s in settings),
        )
        self._lots = [Lots((seed, which), setting) for which, setting in enumerate(settings)]
        self._books = Requests()
        self._lanes = [self._lane(which) for which in range(len(settings))]
        self._open: dict[int, Job] = {}
        self._runs: dict[int, Run] = {}
        self._last_ns = 0
        self._end_ns = 0

    def walk(self) -> Arrivals:
        driver = self._driver
        self._read()
        driver.clock.run()
        while self._open:
            self._set_free()
            driver.clock.run()
        driver.pool.close()
        instances = _instances(driver)
        driver.pool.instances.clear()  # they may be as many as the requests, whose tables need the room
        return Arrivals(
            requests=self._books.table(),
            stays=self._books.stays(),
            instances=instances,
            runs=tuple(self._runs[number] for number in sorted(self._runs)),
            end_s=max([self._end_ns, *(lane.over_ns for lane in self._lanes if lane)]) / NS_PER_S,
        )

    def _set_free(self) -> None:
        """Nothing moves: those go who hold instances in vain, or else the oldest that still hopes is given up."""
        front, jobs = self._driver.front, self._open.values()
        in_vain = [job for job in jobs if not _hopes(job) and _works(job)]
        if in_vain:  # they wait for messages that went to a later epoch
            for job in in_vain:
                front.send_home(job, "the run is over")
        else:
            oldest = next(job for job in jobs if _hopes(job))
            front.give_up(oldest, describe_deadlock(oldest, self._driver.pool))

    # arriving ---------------------------------------------------------------------------------------------

    def _read(self, _: Happening | None = None) -> None:
        """Take in the next arrivals, and see to it that the reading goes on with the last of them."""
        clock, number = self._driver.clock, None
        for at_s, which in islice(self._arrivals, _READ):
            at_ns = to_ns(at_s)
            if at_ns < self._last_ns:
                raise ValueError(f"arrival {len(self._books)} at {at_s} s comes before the one before it")
            self._last_ns = at_ns
            number = self._books.add(at_ns, which)
            lane = self._lanes[which]
            if not lane or not lane.take(number, at_ns):
                arrival = Happening(self._arrived, number, self._lots[which].take())
                clock.after(at_ns - clock.now_ns, ARRIVAL + number, arrival)
        if number is not None:
            clock.after(self._last_ns - clock.now_ns, ARRIVAL + number + 1, Happening(self._read))

    def _arrived(self, happening: Happening) -> None:
        lot, place = happening.detail
        self._driver.submit(self._job(happening.about, lot, place))

    def _job(self, number: int, lot: Lot, place: int) -> Job:
        """A request that takes the general way."""
        setting = self._settings[self._books.workflow[number]]
        job = self._open[number] = Job(number, setting, lot.part(place), self._log(), has_company=True)
        return job

    def _log(self) -> OperationLog:
        return OperationLog() if self._keep_runs or self._on_run else NoLog()

    # the fast lane ----------------------------------------------------------------------------------------

    def _lane(self, which: int) -> Lane | None:
        """The lane of a setting's requests, if they can take it and no records of them are wanted."""
        setting = self._settings[which]
        script = None if self._keep_runs or self._on_run else rehearse(setting)
        if script is None:
            return None
        return Lane(setting, script, self._lots[which], self._driver, self._books, self._refused)

    def _admitted(self, request: Passenger | Invocation | Prewarming, instance: Instance, cold: bool) -> None:
        if isinstance(request, Passenger):
            request.lane.admitted(request, instance, cold)
        else:
            self._driver.front.admitted(request, instance, cold)

    def _refused(self, passenger: Passenger) -> None:
        """The platform refused the first call of a request in the lane: it goes on as a job from there."""
        now_ns = self._driver.clock.now_ns
        job = self._job(passenger.number, passenger.times.lot, passenger.place)
        job.submitted_ns = passenger.arrived_ns
        (call,) = job.client.machine.handle(Started(passenger.arrived_ns, (), ()))
        assert isinstance(call, Invoke)
        job.luck.call.ns(call.task)  # that call was made
        job.counters.refusals += 1
        self._driver.step(job.client, InvokeFailed(now_ns, call.op, OVER_LIMIT), NO_ROW)

    # leaving ----------------------------------------------------------------------------------------------

    def _finished(self, job: Job) -> None:
        """A request is over: keep its row, forget the rest."""
        self._end_ns = self._driver.clock.now_ns
        del self._open[job.number]
        self._books.close(job)
        if self._keep_runs or self._on_run:
            run = run_of(job, self._driver.pool, self._seed)
            if self._on_run:
                self._on_run(run)
            if self._keep_runs:
                self._runs[job.number] = run
        else:
            job.forget()


def _hopes(job: Job) -> bool:
    return job.done_ns is None and job.failure is None


def _works(job: Job) -> bool:
    return any(invocation.status == "running" for invocation in (*job.live.values(), *job.strays.values()))


def _instances(driver: Driver) -> Table:
    """Column by column: a list of numbers would take as much as all the requests."""
    instances, n = driver.pool.instances, len(driver.pool.instances)
    ends_ns = (FOREVER_NS if i.ended_ns is None else i.ended_ns for i in instances)
    ended_ns = np.fromiter(ends_ns, "i8", n)
    return Table(
        {
            "created_s": np.fromiter((i.created_ns for i in instances), "i8", n) / NS_PER_S,
            "ended_s": np.where(ended_ns == FOREVER_NS, np.inf, ended_ns / NS_PER_S),
            "memory_mb": np.fromiter((i.memory_mb for i in instances), "i8", n),
            "origin": np.fromiter((i.origin for i in instances), object, n),
            "uses": np.fromiter((i.uses for i in instances), "i8", n),
        }
    )
