"""CPU: tasks that compute at once share their instance's vCPUs (where instances share a host, see `sim.host`).

*Fair*: max-min shares (water-filling), no task above its parallelism. *Proportional*: all slow down by demand over
capacity. A rate is in vCPUs; work is in vCPU-nanoseconds.
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


class Computing:
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

    __slots__ = ("_alarm", "_clock", "_fair", "_jobs", "_updated_ns", "vcpus")

    def __init__(self, clock: Clock, vcpus: float, *, fair: bool) -> None:
        self._clock = clock
        self._fair = fair
        self._jobs: list[Computing] = []
        self._alarm = Alarm(clock, self._rang)
        self._updated_ns = 0
        self.vcpus = vcpus

    def compute(self, work_ns: float, parallelism: float, rank: int, done: Due) -> None:
        """Do ``work_ns`` vCPU-nanoseconds on at most ``parallelism`` vCPUs; then ``done`` happens."""
        self._advance()
        self._jobs.append(Computing(work_ns, parallelism, rank, done))
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

    def _advance(self) -> None:
        now_ns = self._clock.now_ns
        passed = now_ns - self._updated_ns
        self._updated_ns = now_ns
        if passed:
            for job in self._jobs:
                job.left -= job.rate * passed

    def _changed(self) -> None:
        """Share the vCPUs among the tasks, and wait for the next to end."""
        jobs = self._jobs
        if not jobs:
            self._alarm.stop()
            return
        if len(jobs) == 1 and jobs[0].parallelism <= self.vcpus:
            jobs[0].rate = jobs[0].parallelism  # most often there is nobody to share with
        else:
            self._share()
        left_ns, rank = min(map(_time_left, jobs))
        self._alarm.set(whole_ns(left_ns), rank)

    def _share(self) -> None:
        jobs = self._jobs
        caps = [job.parallelism for job in jobs]
        for job, rate in zip(jobs, share(self.vcpus, caps, [1.0] * len(jobs), fair=self._fair), strict=True):
            job.rate = rate

    def _rang(self) -> None:
        self._advance()
        jobs = self._jobs
        ended = [job for job in jobs if job.left <= job.rate * 2 * SLACK_NS]
        if len(ended) == len(jobs):
            self._jobs = []
        else:
            self._jobs = [job for job in jobs if job.left > job.rate * 2 * SLACK_NS]
            self._changed()
        tell(ended)


def _time_left(job: Computing) -> tuple[float, int]:
    return max(0.0, job.left) / job.rate, job.rank


def tell(ended: list[Computing]) -> None:
    """Let what has ended happen, in the order of its ranks."""
    for job in sorted(ended, key=lambda job: job.rank):
        job.done.happen()
