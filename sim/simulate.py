"""The door of the simulator: one run of a workflow under a plan on a platform."""

from __future__ import annotations

import secrets

from executor.records.operations import OperationLog
from executor.records.run import Run
from executor.worker.events import Started
from planners.plan import Plan
from platforms import Platform
from sim.clock import ARRIVAL, Happening
from sim.deadlock import describe_deadlock
from sim.driver import Driver
from sim.job import Job
from sim.luck import Luck
from sim.results import make_run
from sim.setting import Setting
from workloads import Workflow


class UnsupportedPlatformError(ValueError):
    """The platform sets fields that the simulator does not honour yet; ``fields`` names them."""

    def __init__(self, platform: Platform, fields: tuple[str, ...]) -> None:
        super().__init__(f"platform {platform.name}: not simulated yet: {', '.join(fields)}")
        self.fields = fields


def simulate(workflow: Workflow, plan: Plan, platform: Platform, *, seed: int | None = None) -> Run:
    """Run ``workflow`` under ``plan`` on ``platform``, in virtual time.

    The same seed gives the same run, in any process; None draws one and records it in the run. The plan must
    fit (`planners.check_plan`). A run that fails is a `Run` with a failure, not an exception.
    """
    setting = Setting(workflow, plan, platform)
    return simulate_setting(setting, secrets.randbits(32) if seed is None else seed)


def simulate_setting(setting: Setting, seed: int) -> Run:
    """The same for a setting prepared once for many seeds."""
    if fields := setting.platform.unsupported():
        raise UnsupportedPlatformError(setting.platform, fields)
    driver = Driver(setting.platform, seed)
    job = Job(0, setting, Luck(seed, setting.workflow, setting.platform), OperationLog(), 0)
    submit(driver, job)
    driver.clock.run()
    driver.pool.close()
    if job.done_ns is None and job.failure is None:
        job.failure = describe_deadlock(job, driver.pool.waiting)
    return make_run(job, driver.pool, seed)


def submit(driver: Driver, job: Job) -> None:
    """The client begins, at the job's time of submission."""
    delay_ns = job.submitted_ns - driver.clock.now_ns
    driver.clock.after(delay_ns, ARRIVAL + job.client.rank, Happening(_submitted, job, driver))


def _submitted(happening: Happening) -> None:
    job, driver = happening.about, happening.detail
    driver.step(job.client, Started(driver.clock.now_ns, (), ()), -1)
