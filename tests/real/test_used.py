"""What was done ahead of need is seen in the records of a real run, and was used, as in a simulated one."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizations.account import Account
from optimizations.duplicate import Duplicate
from optimizations.optimization import Optimization
from optimizations.preload import Preload
from optimizations.prewarm import Prewarm
from planners import orders
from planners.orders import Orders
from planners.plan import Plan, PlannedWorker
from planners.plan import Prewarm as Prewarming
from sim import simulate
from tests.executor_local.programs import SIZE_MB, ground, platform_with
from tests.real.carried import carried_out, recounted
from tests.real.programs import digesting
from workloads import Workflow, WorkflowBuilder

OTHER_MB = SIZE_MB + 100
LONG_S, SHORT_S = 0.6, 0.01
NAMES = ("late", "after", "early", "there", "join", "last")
LATE, AFTER, EARLY, THERE, JOIN, LAST = range(6)


def workflow() -> Workflow:
    """One parent of a join is early; the other waits behind something long.

    early ────────┬─ join ─ last
    late    after ┘                (late and after are for one worker; there: why that of the join is live at once)
    """
    builder = WorkflowBuilder("ahead")
    inputs = {"join": ["early", "after"], "last": ["join"]}
    for name in NAMES:
        builder.add_object(name, 1_000)
        cpu_s = LONG_S if name == "late" else SHORT_S
        builder.add_task(name, cpu_s=cpu_s, inputs=inputs.get(name, []), outputs=[name])
    return builder.build()


def plan_with(asked: Orders, prewarms: tuple[Prewarming, ...] = ()) -> Plan:
    return Plan(
        planner="by hand",
        workflow=workflow().fingerprint,
        workers=(
            PlannedWorker("busy", SIZE_MB),
            PlannedWorker("quick", SIZE_MB),
            PlannedWorker("joins", SIZE_MB),
            PlannedWorker("ends", OTHER_MB),
        ),
        assignment=(0, 0, 1, 2, 2, 3),
        flexible_mb=None,
        priority=tuple(range(6)),
        orders=asked,
        prewarms=prewarms,
    )


@pytest.mark.parametrize(
    ("switch", "plan", "expected"),
    [
        (Preload(), plan_with(Orders(preload=(JOIN,))), Account(planned=2, applied=1, used=1, wasted=0)),
        (
            Duplicate(),
            plan_with(Orders(duplicate=(orders.Duplicate(AFTER, JOIN),))),
            Account(planned=1, applied=1, used=1, wasted=0),
        ),
        (
            Prewarm(),
            plan_with(Orders(), (Prewarming(OTHER_MB, at_s=0.0, count=1),)),
            Account(planned=1, applied=1, used=1, wasted=0),
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Optimization) else "",
)
def test_it_was_used(tmp_path: Path, switch: Optimization, plan: Plan, expected: Account) -> None:
    program = digesting(workflow(), (LONG_S,) + (SHORT_S,) * 5)
    platform = platform_with(client_callers=8)
    with ground(tmp_path, platform) as here:
        run = recounted(carried_out(here, program, plan))
    assert switch.account(run) == expected
    assert switch.account(simulate(program.workflow, plan, platform, seed=1)) == expected
    starts = dict(zip(run.invocations["worker"], run.invocations["start"], strict=True))
    assert starts["ends"] == ("warm" if plan.prewarms else "cold")
