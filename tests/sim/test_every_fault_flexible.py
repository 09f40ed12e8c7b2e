"""Every single fault at every step of small workflows whose flexible workers cluster, hold back, sleep, and help call.

Every run must be complete, with each task committed once, and break none of the rules of calm runs. The suite tries one
fault in nine, `FAASCAST_TESTS=deep` all of them.
"""

from __future__ import annotations

from functools import cache
from random import Random

import msgspec
import pytest

from executor.faults import ScriptedFault
from executor.records.operations import Outcome
from executor.records.run import Run
from planners.orders import DelayIO, Orders
from planners.plan import Plan
from sim import simulate
from tests.sim.test_every_fault import WORKFLOWS, _check, _plan, _platform, faults_of
from tests.support import is_deep
from workloads import Workflow

ORDERS = {
    "clustered": Orders(cluster_fan_out_bytes=1, cluster_fan_in_bytes=1),
    "held": Orders(delay_io=DelayIO(1, 0.9)),
    "sleeping": Orders(delay_io=DelayIO(1, 0.9, 0.2)),
    "helped": Orders(fan_out_helpers=1),
    "all": Orders(cluster_fan_out_bytes=1, cluster_fan_in_bytes=1, delay_io=DelayIO(1, 2.5), fan_out_helpers=1),
}


STEP = 1 if is_deep() else 9


@cache
def planned(make: str, kind: str) -> tuple[Workflow, Plan]:
    workflow, plan = _plan(make, "flexible")
    return workflow, msgspec.structs.replace(plan, orders=ORDERS[kind])


def run_of(make: str, kind: str, *faults: ScriptedFault, detection_s: float = 0.0) -> Run:
    workflow, plan = planned(make, kind)
    return simulate(workflow, plan, _platform(detection_s), seed=1, faults=faults, check=True)


@pytest.mark.parametrize("kind", ORDERS)
@pytest.mark.parametrize("make", [each.__name__ for each in WORKFLOWS])
def test_every_single_fault(make: str, kind: str, record_property: pytest.RecordProperty) -> None:
    calm = run_of(make, kind)
    _check(calm)
    n = struck = 0
    first = Random(f"{make} {kind}").randrange(STEP)
    for fault in list(faults_of(calm))[first::STEP]:
        run = run_of(make, kind, fault, detection_s=0.7 if fault.fault == "crash" and n % 2 else 0.0)
        _check(run, fault)
        n += 1
        struck += bool((run.operations["outcome"] != Outcome.DONE).any()) or run.makespan_ns != calm.makespan_ns
    assert n * STEP > 30
    record_property("measured", f"{make}, {kind}: {n} single faults, {struck} of them leave a trace")


@pytest.mark.parametrize("kind", ORDERS)
def test_pairs_of_faults(kind: str) -> None:
    rng = Random(kind)
    for make in (each.__name__ for each in WORKFLOWS):
        everything = list(faults_of(run_of(make, kind)))
        for _ in range(1000 if is_deep() else 4):
            pair = rng.sample(everything, 2)
            _check(run_of(make, kind, *pair, detection_s=rng.choice((0.0, 0.7))), *pair)
