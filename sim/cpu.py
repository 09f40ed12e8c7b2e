"""CPU: tasks that compute at once share their instance's vCPUs, and instances may share a host's cores.

*Fair*: max-min shares (water-filling), no task above its parallelism, no instance above its vCPUs; a host's
cores go to instances in proportion to their vCPUs. *Proportional*: all slow down by demand over capacity.
A rate is in vCPUs; work is in vCPU-nanoseconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.clock import END, Clock, Due, Happening

_SLACK_NS = 0.01
"""What rounding may add to a time without making it the next whole nanosecond."""


def water_fill(capacity: float, caps: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Max-min fair rates: ``weight``·level each, none above its cap, the sum not above ``capacity``."""
    order = sorted(range(len(caps)), key=lambda i: (caps[i] / weights[i], i))
    rates = [0.0] * len(caps)
    left, weight = capacity, math.fsum(weights)
    for i in order:
        rates[i] = min(caps[i], left * weights[i] / weight) if weight > 0 else 0.0
        left -= rates[i]
        weight -= weights[i]
    return rates


def share(capacity: float, caps: Sequence[float], weights: Sequence[float], *, fair: bool) -> list[float]:
    """The rates of users of one capacity, in their order."""
    demand = math.fsum(caps)
    if demand <= capacity:
        return list(caps)
    if fair:
        return water_fill(capacity, caps, weights)
    return [cap * capacity / demand for cap in caps]


class _Job:
    """One task's computing: work left, parallelism, present rate."""

    __slots__ = ("done", "left", "parallelism", "rank", "rate")

    def __init__(self, work: float, parallelism: float, rank: int, done: Due) -> None:
        self.left = work
        self.parallelism = parallelism
        self.rank = rank
        self.rate = 0.0
        self.done = done


class Cpu:
    """The vCPUs of one instance."""

    __slots__ = ("_clock", "_fair", "_host", "_jobs", "_next", "_updated_ns", "granted", "vcpus")

    def __init__(self, clock: Clock, vcpus: float, *, fair: bool, host: Host | None = None) -> None:
        self._clock = clock
        self._fair = fair
        self._host = host
        self._jobs: list[_Job] = []
        self._next: Happening | None = None
        self._updated_ns = 0
        self.vcpus = vcpus
        self.granted = vcpus

    @property
    def demand(self) -> float:
        """The vCPUs that its tasks could use now, at most what the instance has."""
        return min(self.vcpus, math.fsum(job.parallelism for job in self._jobs))

    def compute(self, work_ns: float, parallelism: float, rank: int, done: Due) -> None:
        """Do ``work_ns`` vCPU-nanoseconds on at most ``parallelism`` vCPUs; then ``done`` happens."""
        self._advance()
        self._jobs.append(_Job(work_ns, parallelism, rank, done))
        self._changed()

    def stop(self) -> None:
        """The instance is gone, and all it computed."""
        if self._jobs:
            self._advance()
            self._jobs.clear()
            self._changed()

    def _changed(self) -> None:
        if self._host:
            self._host.redistribute(self)
        else:
            self.plan()

    def grant(self, vcpus: float) -> None:
        """The host gives this instance so much from now on."""
        if vcpus != self.granted:
            self._advance()
            self.granted = vcpus
            self.plan()

    def _advance(self) -> None:
        now_ns = self._clock.now_ns
        passed = now_ns - self._updated_ns
        self._updated_ns = now_ns
        if passed:
            for job in self._jobs:
                job.left -= job.rate * passed

    def plan(self) -> None:
        """Set the rates and schedule the next end."""
        if self._next:
            self._next.cancel()
            self._next = None
        jobs = self._jobs
        if not jobs:
            return
        caps = [job.parallelism for job in jobs]
        for job, rate in zip(jobs, share(self.granted, caps, [1.0] * len(jobs), fair=self._fair), strict=True):
            job.rate = rate
        first = min(jobs, key=_time_left)
        self._next = Happening(self._tick)
        self._clock.after(math.ceil(max(0.0, _time_left(first)[0] - _SLACK_NS)), END + first.rank, self._next)

    def _tick(self, _: Happening) -> None:
        self._next = None
        self._advance()
        done = [job for job in self._jobs if job.left <= job.rate * 2 * _SLACK_NS]
        self._jobs = [job for job in self._jobs if job.left > job.rate * 2 * _SLACK_NS]
        self._changed()
        for job in sorted(done, key=lambda job: job.rank):
            job.done.happen()


def _time_left(job: _Job) -> tuple[float, int]:
    return max(0.0, job.left) / job.rate, job.rank


class Host:
    """One machine's cores under several instances."""

    __slots__ = ("_cores", "_cpus", "_fair")

    def __init__(self, cores: float, *, fair: bool) -> None:
        self._cores = cores
        self._fair = fair
        self._cpus: dict[Cpu, None] = {}

    def redistribute(self, changed: Cpu) -> None:
        """An instance's demand changed: share the cores out again, weighted by vCPUs."""
        if changed.demand > 0:
            self._cpus[changed] = None
        else:
            self._cpus.pop(changed, None)
        cpus = list(self._cpus)
        caps = [cpu.demand for cpu in cpus]
        for cpu, granted in zip(
            cpus, share(self._cores, caps, [cpu.vcpus for cpu in cpus], fair=self._fair), strict=True
        ):
            if cpu is changed:
                cpu.granted = granted
            else:
                cpu.grant(granted)
        changed.plan()
