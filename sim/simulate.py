"""The door of the simulator: one run of a workflow under a plan on a platform."""
from __future__ import annotations
from executor.records.operations import OperationLog
from executor.worker.events import Started
from planners.plan import Plan
from platforms import Platform
from sim.clock import ARRIVAL, Happening
from sim.driver import Driver
from sim.job import Job
from sim.luck import Luck
from sim.setting import Setting
from workloads import Workflow

def _simulate(workflow, plan, platform, seed=1):
    setting = Setting(workflow, plan, platform)
    driver = Driver(platform, seed)
    job = Job(0, setting, Luck(seed, workflow, platform), OperationLog(), 0)
    driver.clock.after(0, ARRIVAL, Happening(lambda h: driver.step(job.client, Started(0, (), ()), -1)))
    driver.clock.run()
    driver.pool.close()
    return driver, job
