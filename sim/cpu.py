"""CPU: tasks that compute at once share their instance's vCPUs, and instances may share a host's cores.

*Fair*: max-min shares (water-filling), no task above its parallelism, no instance above its vCPUs; a host's
cores go to instances in proportion to their vCPUs. *Proportional*: all slow down by demand over capacity.
A rate is in vCPUs; work is in vCPU-nanoseconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.alarm import Alarm
from sim.clock import SLACK_NS, Clock, Due, whole_ns


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
    """The vCPUs of one instance; where instances share a host, that says how many of them there are now."""

    __slots__ = ("_alarm", "_clock", "_fair", "_host", "_jobs", "_updated_ns", "granted", "vcpus")

    def __init__(self, clock: Clock, vcpus: float, *, fair: bool, host: Host | None = None) -> None:
        self._clock = clock
        self._fair = fair
        self._host = host
        self._jobs: list[_Job] = []
        self._alarm = Alarm(clock, self._rang)
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

    @property
    def under_way(self) -> list[Due]:
        """What will be done when tasks have been computed."""
        return [job.done for job in self._jobs]

    def stop(self) -> None:
        """Give up all that is computed."""
        if self._jobs:
            self._jobs.clear()
            self._changed()

    def _changed(self) -> None:
        if self._host:
            self._host.changed(self)
        else:
            self._share()
            self._wait()

    def grant(self, vcpus: float) -> None:
        """The host gives this instance so much from now on."""
        self._advance()
        self.granted = vcpus
        self._share()

    def _advance(self) -> None:
        now_ns = self._clock.now_ns
        passed = now_ns - self._updated_ns
        self._updated_ns = now_ns
        if passed:
            for job in self._jobs:
                job.left -= job.rate * passed

    def _share(self) -> None:
        """Share what is granted among the tasks."""
        jobs = self._jobs
        caps = [job.parallelism for job in jobs]
        for job, rate in zip(jobs, share(self.granted, caps, [1.0] * len(jobs), fair=self._fair), strict=True):
            job.rate = rate

    def _wait(self) -> None:
        end = self.next_end()
        if end:
            self._alarm.set(end[0] - self._clock.now_ns, end[1])
        else:
            self._alarm.stop()

    def next_end(self) -> tuple[int, int] | None:
        """When the next task ends if nothing changes, and its rank; None without tasks."""
        if not self._jobs:
            return None
        left_ns, rank = min(map(_time_left, self._jobs))
        return self._updated_ns + whole_ns(left_ns), rank

    def take_ended(self) -> list[_Job]:
        """The tasks that have ended by now; they compute here no more."""
        self._advance()
        ended = [job for job in self._jobs if job.left <= job.rate * 2 * SLACK_NS]
        if ended:
            self._jobs = [job for job in self._jobs if job.left > job.rate * 2 * SLACK_NS]
        return ended

    def _rang(self) -> None:
        ended = self.take_ended()
        self._changed()
        _tell(ended)


def _time_left(job: _Job) -> tuple[float, int]:
    return max(0.0, job.left) / job.rate, job.rank


def _tell(ended: list[_Job]) -> None:
    for job in sorted(ended, key=lambda job: job.rank):
        job.done.happen()


class Host:
    """One machine's cores under several instances. One alarm serves them all."""

    __slots__ = ("_alarm", "_clock", "_cores", "_cpus", "_fair")

    def __init__(self, clock: Clock, cores: float, *, fair: bool) -> None:
        self._clock = clock
        self._cores = cores
        self._fair = fair
        self._cpus: dict[Cpu, None] = {}
        self._alarm = Alarm(clock, self._rang)

    def changed(self, cpu: Cpu) -> None:
        """An instance's tasks changed."""
        if cpu.demand > 0:
            self._cpus[cpu] = None
        else:
            self._cpus.pop(cpu, None)
        self._distribute()

    def _distribute(self) -> None:
        """Share the cores out, weighted by vCPUs, and wait for the next task to end."""
        cpus = list(self._cpus)
        caps = [cpu.demand for cpu in cpus]
        for cpu, granted in zip(
            cpus, share(self._cores, caps, [cpu.vcpus for cpu in cpus], fair=self._fair), strict=True
        ):
            cpu.grant(granted)
        ends = [end for cpu in cpus if (end := cpu.next_end())]
        if ends:
            end_ns, rank = min(ends)
            self._alarm.set(end_ns - self._clock.now_ns, rank)
        else:
            self._alarm.stop()

    def _rang(self) -> None:
        ended: list[_Job] = []
        for cpu in list(self._cpus):
            ended += cpu.take_ended()
            if not cpu.demand:
                del self._cpus[cpu]
        self._distribute()
        _tell(ended)
