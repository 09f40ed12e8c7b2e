"""What optimizations leave to map nodes is refused with both names, and proposed by none."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from planners.check import check_plan
from planners.estimate import Estimate, expected_exec_s
from planners.orders import Backup, Duplicate, Orders, Stream
from planners.registry import make_planner
from planners.switches import all_switches
from platforms import load_platform
from sim.evaluator import SimulatedEvaluator
from workloads import load_workflow

LAMBDA = load_platform("aws-lambda-s3", {"noise.straggler_probability": 0.2, "noise.straggler_factor": 10.0})
WORKFLOW = load_workflow("gen:map,width=0..3,steps=2")
"""split, map-0[0], map-1[0], map-0[1], …, join."""
PLAN = make_planner("one-per-task").plan(WORKFLOW, LAMBDA)


@pytest.mark.parametrize(
    ("orders", "fault"),
    [
        (Orders(backup=(Backup(0, 1.0),)), "'backup and map'; expected no optimization backup for 'split'"),
        (Orders(duplicate=(Duplicate(0, 1),)), "'duplicate and map'; expected no optimization duplicate for 'split'"),
        (
            Orders(duplicate=(Duplicate(1, 2),)),
            "'duplicate and map'; expected no optimization duplicate for 'map-0[0]'",
        ),
        (Orders(stream=(Stream(0, 1, 2),)), "'stream and map'; expected no optimization stream for 'map-0[0]'"),
        (Orders(stream=(Stream(2, 7, 2),)), "'stream and map'; expected no optimization stream for 'map-1[0]'"),
    ],
)
def test_a_conflict_is_refused_with_both_names_and_the_task(orders: Orders, fault: str) -> None:
    told = "\n".join(map(str, check_plan(replace(PLAN, orders=orders), WORKFLOW, LAMBDA)))
    assert fault in told
    assert "of the map node 'map'" in told


def test_what_is_natural_is_allowed() -> None:
    orders = Orders(preload=(2,), backup=(Backup(1, 1.0), Backup(7, 1.0)), stream=(Stream(3, 4, 2),))
    assert check_plan(replace(PLAN, orders=orders), WORKFLOW, LAMBDA) == ()


@pytest.mark.parametrize("switch", sorted(all_switches()))
def test_nothing_is_proposed_that_is_refused(switch: str) -> None:
    evaluator = SimulatedEvaluator(WORKFLOW, LAMBDA, 1, 8)
    for planner in ("one-per-task", "heft"):
        plan = make_planner(planner).plan(WORKFLOW, LAMBDA)
        for proposal in all_switches()[switch].proposals(plan, WORKFLOW, LAMBDA, evaluator.observe(plan)):
            assert check_plan(proposal, WORKFLOW, LAMBDA) == ()


def test_planners_expect_a_stage_of_the_expected_width() -> None:
    [node] = WORKFLOW.maps
    alone_s = expected_exec_s(load_workflow("gen:map,width=3,steps=2"), LAMBDA, 1769)
    expected_s = expected_exec_s(WORKFLOW, LAMBDA, 1769)
    first_of_lanes = [lane[0] for lane in node.lanes]
    assert node.expected == pytest.approx(1.5)
    assert expected_s[first_of_lanes].sum() == pytest.approx(1.5 * alone_s[1])
    assert expected_s[[0, 7]].tolist() == alone_s[[0, 7]].tolist()
    fetched_s = Estimate(WORKFLOW, LAMBDA, 1769).transfers.fetch_s
    whole_s = Estimate(load_workflow("gen:map,width=3,steps=2"), LAMBDA, 1769).transfers.fetch_s
    assert fetched_s[:3].sum() == pytest.approx(1.5 * whole_s[0])
