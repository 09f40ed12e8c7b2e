"""The door of the simulator: one run of a workflow under a plan on a platform."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import BinaryIO

from executor.faults import FaultScript, ScriptedFault
from executor.pool.deadlock import describe_deadlock
from executor.records.operations import NoLog, OperationLog
from executor.records.run import Run
from planners.plan import Plan
from platforms import Platform
from sim.clock import ARRIVAL, Happening, to_ns
from sim.driver import Watch
from sim.job import Job
from sim.luck import Luck
from sim.pool import Pool
from sim.results import Outcome, outcome_of, run_of
from sim.setting import Setting
from sim.watch import watcher
from sim.weather import make_driver
from workloads import Workflow


class UnsupportedError(ValueError):
    """Something is asked for that the simulator does not honour yet; ``fields`` names it."""

    def __init__(self, where: str, fields: tuple[str, ...]) -> None:
        super().__init__(f"{where}: not simulated yet: {', '.join(fields)}")
        self.fields = fields


def simulate(
    workflow: Workflow,
    plan: Plan,
    platform: Platform,
    *,
    seed: int | None = None,
    deadline_s: float | None = None,
    event_log: BinaryIO | None = None,
    check: bool = False,
    faults: Sequence[ScriptedFault] | FaultScript = (),
) -> Run:
    """Run ``workflow`` under ``plan`` on ``platform``, in virtual time.

    The same seed gives the same run, in any process; None draws one and records it in the run. The plan must
    fit (`planners.check`). A run that fails is a `Run` with a failure, not an exception; one that is not complete after
    ``deadline_s`` is given up. ``faults`` happen besides those of the platform's rates (`executor.faults`).
    ``event_log`` receives every machine's events and instructions (`executor.worker.replay`); ``check`` examines every
    machine after each of its steps, and raises `executor.worker.invariants.InvariantError` if one breaks a promise.
    """
    setting = Setting(workflow, plan, platform)
    seed = secrets.randbits(32) if seed is None else seed
    deadline_ns = None if deadline_s is None else to_ns(deadline_s)
    watch = watcher(setting, seed, event_log, deadline_ns=deadline_ns, check=check)
    script = faults if isinstance(faults, FaultScript) else FaultScript(faults, workflow) if faults else None
    return simulate_setting(setting, seed, deadline_ns=deadline_ns, watch=watch, faults=script)


def simulate_setting(
    setting: Setting,
    seed: int,
    *,
    deadline_ns: int | None = None,
    watch: Watch | None = None,
    faults: FaultScript | None = None,
) -> Run:
    """The same for a setting prepared once for many seeds."""
    luck = Luck((seed,), setting.workflow, setting.platform)
    job = Job(0, setting, luck, OperationLog(), deadline_ns=deadline_ns, script=faults)
    return run_of(job, _carry_out(job, seed, watch), seed)


def simulate_outcome(setting: Setting, seed: int, luck: Luck | None = None) -> Outcome:
    """What comes of the same run, of which no records are kept; ``luck`` is that of the seed, of which none is used."""
    luck = luck or Luck((seed,), setting.workflow, setting.platform)
    job = Job(0, setting, luck, NoLog())
    _carry_out(job, seed)
    return outcome_of(job, seed)


def _carry_out(job: Job, seed: int, watch: Watch | None = None) -> Pool:
    """From the submission until nothing is left to happen; the pool on which it ran."""
    setting = job.setting
    require_supported(setting)
    driver = make_driver(
        setting.platform,
        seed,
        watch=watch,
        script=job.script,
        may_run_short=setting.may_run_short,
        may_stream=bool(setting.view.streams),
    )
    if driver.front.perils:
        driver.front.perils.rest(job)
    driver.clock.after(0, ARRIVAL, Happening(_submitted, driver, job))
    driver.clock.run()
    if job.done_ns is None and job.failure is None:
        driver.front.give_up(job, describe_deadlock(job, driver.pool))
        driver.clock.run()
    if job.live or job.strays:  # somebody waits for messages that went to a later epoch
        driver.front.send_home(job, "the run is over")
        driver.clock.run()
    driver.pool.close()
    return driver.pool


def require_supported(setting: Setting) -> None:
    """Raise UnsupportedError if the platform asks for what is not simulated yet."""
    if fields := setting.platform.unsupported():
        raise UnsupportedError(f"platform {setting.platform.name}", fields)


def _submitted(happening: Happening) -> None:
    driver, job = happening.about, happening.detail
    driver.submit(job)
