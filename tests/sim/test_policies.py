"""A plan that asks for an optimization is refused by name as long as nobody carries it out."""

from __future__ import annotations

import pytest

from planners.check import check_plan
from planners.plan import Policy
from planners.registry import make_planner
from platforms import load_platform
from sim import UnsupportedError, simulate
from workloads import load_workflow


def test_a_policy_is_refused_by_the_check_and_by_the_simulator() -> None:
    workflow, platform = load_workflow("gen:chain,depth=2"), load_platform("ideal")
    plan = make_planner("heft").plan(workflow, platform)
    assert not check_plan(plan, workflow, platform)
    asking = type(plan)(**{f: getattr(plan, f) for f in plan.__struct_fields__} | {"policies": (Policy("preload"),)})
    (fault,) = check_plan(asking, workflow, platform)
    assert "policies[0] is 'preload'" in str(fault)
    with pytest.raises(UnsupportedError, match="policy preload"):
        simulate(workflow, asking, platform, seed=1)
