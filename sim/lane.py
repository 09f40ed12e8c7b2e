"""The fast lane: requests of one task whose way on the instance is known when they come.

Where nothing can interfere (`sim.rehearsal`), what a worker does from its start to its exit takes a sum of draws, and
these are made for thousands of requests at once (`sim.timetable`). Such a request needs no machines, no ledger and no
log: it meets others in the pool alone, when its call gets there and when its instance is idle again. All comes out
as on the general way, to the nanosecond and in the same order at ties. A request that would be killed at the maximum
duration takes the general way, and so does one that the pool refuses, from then on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from executor.pool.waits import Waited
from executor.worker.instructions import CLIENT
from sim.clock import ADMISSION, ARRIVAL, IDLE, rank_of, to_ns
from sim.driver import Driver
from sim.instance import Instance
from sim.lots import Lots
from sim.rehearsal import Script
from sim.requests import Requests
from sim.setting import Setting
from sim.timetable import Timetable

Refused: TypeAlias = "Callable[[Passenger], None]"
"""Takes a request whose first call the platform has just refused."""


class Passenger:
    """A request in the lane: all that SimPy and the pool see of it. Times in ns."""

    __slots__ = (
        "arrived_ns",
        "callbacks",
        "called_ns",
        "instance",
        "lane",
        "memory_mb",
        "number",
        "place",
        "times",
        "waited",
    )

    _ok = True
    is_prewarm = False
    instance: Instance
    called_ns: int
    waited: Waited

    def __init__(self, lane: Lane, number: int, arrived_ns: int, times: Timetable, place: int) -> None:
        self.callbacks: tuple[Callable[[Passenger], None]] = lane.on_called
        self.lane = lane
        self.number = number
        self.arrived_ns = arrived_ns
        self.times = times
        self.place = place
        self.memory_mb = lane.memory_mb

    def happen(self) -> None:
        """What is due is due now."""
        (act,) = self.callbacks
        act(self)


class Lane:
    """The requests of one setting that need no job."""

    def __init__(
        self, setting: Setting, script: Script, lots: Lots, driver: Driver, books: Requests, refused: Refused
    ) -> None:
        view, limit_s = setting.view, setting.platform.limits.max_duration_s
        worker = view.worker_for(0)
        self._setting = setting
        self._script = script
        self._lots = lots
        self._driver = driver
        self._books = books
        self._refused = refused
        self._schedule = driver.clock.schedule
        self._most_ns = math.inf if limit_s is None else to_ns(limit_s)
        self._worker = worker
        self._on_idle = (self._idle,)
        self._times: Timetable | None = None
        self.memory_mb = view.size_of(worker)
        self.on_called = (self._called,)
        self.over_ns = 0
        """When all requests that were admitted so far are over."""

    def take(self, number: int, arrives_ns: int) -> bool:
        """Take a request that will arrive; False if it is none for the lane, and its luck is still to be taken."""
        lot, place = self._lots.peek()
        times = self._times
        if times is None or times.lot is not lot:
            times = self._times = Timetable(lot, self._setting, self._script)
        if times.service_ns[place] > self._most_ns:
            return False
        self._lots.take()
        call_ns = times.call_ns[place]
        # A call that takes no time is made, and answered, among the arrivals of its instant.
        rank = ADMISSION + rank_of(number, CLIENT) if call_ns else ARRIVAL + number
        delay_ns = arrives_ns + call_ns - self._driver.clock.now_ns
        self._schedule(Passenger(self, number, arrives_ns, times, place), rank, delay_ns)
        return True

    def _called(self, passenger: Passenger) -> None:
        passenger.called_ns = self._driver.clock.now_ns
        if not self._driver.pool.request(passenger):
            self._refused(passenger)

    def admitted(self, passenger: Passenger, instance: Instance, cold: bool) -> None:
        """The pool gave an instance: from here all is known."""
        now_ns, number, place = self._driver.clock.now_ns, passenger.number, passenger.place
        times, books = passenger.times, self._books
        if cold:
            busy_ns = times.cold_ns[place] + times.service_ns[place]
            books.cold[number] = 1
            books.cost_usd[number] = times.cold_usd[place]
        else:
            busy_ns = times.warm_ns[place] + times.service_ns[place]
            books.warm[number] = 1
            books.cost_usd[number] = times.warm_usd[place]
        end_ns = now_ns + busy_ns
        books.wait_ns[number] = now_ns - passenger.called_ns
        books.latency_ns[number] = end_ns - passenger.arrived_ns
        books.add_stay(number, instance.serial, now_ns, end_ns)
        passenger.instance = instance
        passenger.callbacks = self._on_idle
        self._schedule(passenger, IDLE + rank_of(number, self._worker), busy_ns)
        self.over_ns = max(self.over_ns, end_ns + times.goal_ns[place])

    def _idle(self, passenger: Passenger) -> None:
        self._driver.pool.finish(passenger.instance)
