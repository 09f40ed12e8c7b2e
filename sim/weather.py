"""The weather: a driver as calm or as stormy as a platform and a script want it. What cannot happen costs nothing."""

from __future__ import annotations

from collections.abc import Callable

from executor.faults.script import FaultScript
from platforms import Platform
from sim.driver import Driver, Watch
from sim.faults.fates import struck_kinds
from sim.faults.storm import Storm
from sim.job import Job
from sim.memory import Memory
from sim.pool import Admitted
from sim.store import limit_requests
from sim.streams import Streams
from sim.vigil import Vigil


def make_driver(
    platform: Platform,
    seed: int,
    *,
    watch: Watch | None = None,
    finished: Callable[[Job], None] | None = None,
    admitted: Admitted | None = None,
    script: FaultScript | None = None,
    may_run_short: bool = False,
    may_stream: bool = False,
) -> Driver:
    """A driver for jobs on this platform, some of which may run short of memory, or read ahead."""
    driver = Driver(platform, seed, watch, finished, admitted)
    if may_stream:
        driver.streams = Streams(driver, platform)
    if may_run_short:
        driver.watch(Memory(driver.clock, driver.front.deaths).saw)
    driver.carry_out.update(limit_requests(driver, platform.store, driver.carry_out))
    if script or any(platform.faults.rates.model_dump().values()):
        driver.front.perils = storm = Storm(driver, platform)
        storm.gather(struck_kinds(platform.faults.rates, script))
    if platform.faults.poll_s is not None:
        driver.keep(Vigil(driver.clock, driver.end))
    return driver
