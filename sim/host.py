"""The host: one machine's cores under several instances, and what these compute.

*Fair* sharing gives every vCPU the same level of a core, but no instance more than its tasks can use (its *need*, per
vCPU). So all instances with one need go at one pace, the lower of that need and the level, and share a virtual clock:
what a change costs depends on how many different needs there are, hardly on how many instances. *Proportional* sharing
slows all down alike: there, all have one clock.

A task's share of its instance's pace stays the same while its company does; but where tasks of unlike parallelism
compete (*fair*), it depends on the pace, so such an instance has a clock of its own.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from heapq import heappop, heappush
from typing import Final

from sim.alarm import Alarm
from sim.clock import SLACK_NS, Clock, Due, whole_ns
from sim.cpu import Computing, tell, water_fill

_SCALE: Final = 1 << 60
"""Readings of the virtual clocks are whole numbers of ns / 2^60, so that they do not drift."""
_ROUNDING: Final = 1e-12
"""Of the cores; so little too few are enough."""


class Guest:
    """The vCPUs of one instance on a host."""

    __slots__ = ("gang", "host", "number", "since", "tasks", "turn", "vcpus")

    def __init__(self, host: Host, number: int, vcpus: float) -> None:
        self.host = host
        self.number = number
        self.vcpus = vcpus
        self.tasks: list[Computing] = []
        """Their rates are per unit of the gang's pace."""
        self.gang: _Gang | None = None
        self.since = 0
        """The gang's reading up to which work is counted."""
        self.turn = 0
        """Tells the present entry among the gang's ends from old ones."""

    def compute(self, work_ns: float, parallelism: float, rank: int, done: Due) -> None:
        """Do ``work_ns`` vCPU-nanoseconds on at most ``parallelism`` vCPUs; then ``done`` happens."""
        self.host.change(self, [*self.tasks, Computing(work_ns, parallelism, rank, done)])

    @property
    def under_way(self) -> list[Due]:
        """What will be done when tasks have been computed."""
        return [task.done for task in self.tasks]

    def stop(self) -> None:
        """Give up all that is computed."""
        if self.tasks:
            self.host.change(self, [])

    @property
    def demand(self) -> float:
        """The vCPUs that its tasks could use now, at most what the instance has."""
        return min(self.vcpus, math.fsum(task.parallelism for task in self.tasks))

    @property
    def is_odd(self) -> bool:
        """Whether its tasks are of unlike parallelism."""
        return any(task.parallelism != self.tasks[0].parallelism for task in self.tasks)


class _Gang:
    """Instances that go at one pace."""

    __slots__ = ("ends", "n", "need", "odd", "pace", "reading", "weight")

    def __init__(self, need: float, odd: Guest | None) -> None:
        self.need = need
        self.odd = odd
        """The only member, if its tasks are of unlike parallelism."""
        self.n = 0
        self.weight = 0
        self.pace = 0
        self.reading = 0
        self.ends: list[tuple[int, int, int, int, Guest]] = []
        """At which reading the first task of each member ends, and its rank: a heap; old entries are passed over."""

    def count(self, guest: Guest) -> None:
        """Count the member's work up to now."""
        served = (self.reading - guest.since) / _SCALE
        guest.since = self.reading
        for task in guest.tasks:
            task.left -= task.rate * served

    def list_end(self, guest: Guest) -> None:
        """The member's shares, or what it has left, are other than before."""
        guest.turn += 1
        left, rank = min((max(0.0, task.left) / task.rate, task.rank) for task in guest.tasks)
        heappush(self.ends, (guest.since + int(left * _SCALE), rank, guest.number, guest.turn, guest))

    def first_end(self) -> tuple[float, int, Guest] | None:
        """How long until the first task ends at the present pace, its rank, and whose it is."""
        while self.ends:
            reading, rank, _, turn, guest = self.ends[0]
            if guest.turn == turn:
                return (reading - self.reading) / self.pace, rank, guest
            heappop(self.ends)
        return None


class Host:
    """The cores, and the instances that compute on them. One alarm serves them all."""

    __slots__ = ("_alarm", "_clock", "_cores", "_fair", "_gangs", "_keys", "_n_guests", "_updated_ns")

    def __init__(self, clock: Clock, cores: float, *, fair: bool) -> None:
        self._clock = clock
        self._cores = cores
        self._fair = fair
        self._gangs: dict[tuple[float, int], _Gang] = {}
        self._keys: list[tuple[float, int]] = []
        """Of the gangs, least need first."""
        self._n_guests = 0
        self._updated_ns = 0
        self._alarm = Alarm(clock, self._rang)

    def guest(self, vcpus: float) -> Guest:
        """The vCPUs of one more instance."""
        self._n_guests += 1
        return Guest(self, self._n_guests, vcpus)

    def change(self, guest: Guest, tasks: list[Computing]) -> None:
        """An instance computes these from now on."""
        self._advance()
        self._move(guest, tasks)
        self._level()

    def _advance(self) -> None:
        passed_ns = self._clock.now_ns - self._updated_ns
        self._updated_ns += passed_ns
        if passed_ns:
            for gang in self._gangs.values():
                gang.reading += gang.pace * passed_ns

    def _move(self, guest: Guest, tasks: list[Computing]) -> None:
        """Take an instance out of its gang, and into the one that its tasks belong to."""
        if guest.gang:
            guest.gang.count(guest)
            self._leave(guest, guest.gang)
        guest.tasks = tasks
        if tasks:
            self._join(guest)

    def _key(self, guest: Guest) -> tuple[float, int]:
        if not self._fair:
            return 1.0, 0
        return guest.demand / guest.vcpus, guest.number if guest.is_odd else 0

    def _weight(self, guest: Guest) -> int:
        """What an instance counts when cores are shared out; whole, so that sums are exact."""
        return round((guest.vcpus if self._fair else guest.demand) * _SCALE)

    def _join(self, guest: Guest) -> None:
        key = self._key(guest)
        gang = self._gangs.get(key)
        if gang is None:
            gang = self._gangs[key] = _Gang(key[0], guest if key[1] else None)
            insort(self._keys, key)
        gang.n += 1
        gang.weight += self._weight(guest)
        guest.gang, guest.since = gang, gang.reading
        if gang.odd:
            gang.pace = 0  # so that its shares are found
            return
        wanted = math.fsum(task.parallelism for task in guest.tasks)
        for task in guest.tasks:
            equal = guest.vcpus / len(guest.tasks)
            task.rate = equal if self._fair else task.parallelism * guest.demand / wanted
        gang.list_end(guest)

    def _leave(self, guest: Guest, gang: _Gang) -> None:
        key = self._key(guest)
        guest.gang = None
        guest.turn += 1
        gang.n -= 1
        gang.weight -= self._weight(guest)
        if not gang.n:
            del self._gangs[key]
            del self._keys[bisect_left(self._keys, key)]

    def _level(self) -> None:
        """Share the cores out, and wait for the next task to end."""
        left = self._cores * _SCALE
        weight = sum(gang.weight for gang in self._gangs.values())
        level = math.inf
        for key in self._keys:
            gang = self._gangs[key]
            if gang.need * weight > left * (1 + _ROUNDING):
                level = min(level, left / weight)
            else:
                left -= gang.need * gang.weight
                weight -= gang.weight
            pace = round(min(gang.need, level) * _SCALE)
            if gang.odd and pace != gang.pace:
                self._share_oddly(gang, gang.odd, pace)
            gang.pace = pace
        self._wait()

    def _share_oddly(self, gang: _Gang, guest: Guest, pace: int) -> None:
        gang.count(guest)
        granted = guest.vcpus * pace / _SCALE
        caps = [task.parallelism for task in guest.tasks]
        for task, rate in zip(guest.tasks, water_fill(granted, caps, [1.0] * len(caps)), strict=True):
            task.rate = rate * _SCALE / pace
        gang.list_end(guest)

    def _wait(self) -> None:
        ends = [end[:2] for key in self._keys if (end := self._gangs[key].first_end())]
        if ends:
            left_ns, rank = min((max(0, whole_ns(left_ns)), rank) for left_ns, rank in ends)
            self._alarm.set(left_ns, rank)
        else:
            self._alarm.stop()

    def _rang(self) -> None:
        self._advance()
        ended: list[Computing] = []
        moves: list[tuple[Guest, list[Computing]]] = []
        for key in self._keys:
            gang = self._gangs[key]
            while (end := gang.first_end()) and end[0] <= 2 * SLACK_NS:
                heappop(gang.ends)
                guest = end[2]
                gang.count(guest)
                least = 2 * SLACK_NS * gang.pace / _SCALE
                ended += [task for task in guest.tasks if task.left <= task.rate * least]
                moves.append((guest, [task for task in guest.tasks if task.left > task.rate * least]))
        for guest, left in moves:
            self._move(guest, left)
        self._level()
        tell(ended)
