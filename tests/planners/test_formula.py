"""The start-up-ignorant formula, by hand: .05 a put, .03 a get, 1 MB/s, and no start whatever it costs."""

from __future__ import annotations

import pytest
from hypothesis import given

from planners.formula import predict
from planners.plan import Plan
from planners.registry import make_planner
from tests.planners.examples import chain, round_platform, star, workflows
from tests.planners.test_bounds import plan_of
from workloads import Workflow, WorkflowBuilder

MB = 1_000_000


def test_a_chain_on_one_worker_uploads_once() -> None:
    workflow = chain(1.0, 2.0, size_bytes=MB)
    found = predict(workflow, plan_of(workflow, 0, 0), round_platform())
    assert found.start_s == pytest.approx([0, 1])
    assert found.download_s == pytest.approx([0, 0])
    assert found.upload_s == pytest.approx([0, 1.05])
    assert found.makespan_s == pytest.approx(4.05)


def test_a_chain_over_two_workers() -> None:
    workflow = chain(1.0, 2.0, size_bytes=MB)
    found = predict(workflow, plan_of(workflow, 0, 1), round_platform())
    assert found.completion_s == pytest.approx([2.05, 2.05 + 1.03 + 2 + 1.05])


def test_one_child_elsewhere_makes_all_wait_for_the_upload() -> None:
    """Its quirk: the child on the same worker starts at the completion, upload included."""
    workflow = star(1.0, 1.0, size_bytes=MB)
    found = predict(workflow, plan_of(workflow, 0, 0, 1), round_platform())
    assert found.start_s == pytest.approx([0, 2.05, 2.05])
    assert found.download_s == pytest.approx([0, 0, 1.03])


def test_nobody_waits_for_a_slot() -> None:
    workflow = star(*[1.0] * 50)
    assert predict(workflow, plan_of(workflow, *[0] * 51), round_platform()).makespan_s == pytest.approx(2.05)


def test_flexible_workers_are_always_others() -> None:
    workflow = chain(1.0, 2.0, size_bytes=MB)
    apart = predict(workflow, plan_of(workflow, 0, 1), round_platform())
    assert predict(workflow, plan_of(workflow, None, None), round_platform()).makespan_s == apart.makespan_s


def test_what_is_in_the_store_is_downloaded() -> None:
    builder = WorkflowBuilder("given")
    builder.add_object("given", MB)
    builder.add_task("reads", cpu_s=1.0, inputs=["given"])
    workflow = builder.build()
    assert predict(workflow, plan_of(workflow, 0), round_platform()).makespan_s == pytest.approx(1.03 + 1)


@given(workflows())
def test_starts_change_nothing(workflow: Workflow) -> None:
    plan: Plan = make_planner("uniform").plan(workflow, round_platform())
    slow = round_platform(provisioning_s=1000.0, call_s=100.0)
    assert plan == make_planner("uniform").plan(workflow, slow)
    assert plan.estimated_makespan_s == predict(workflow, plan, slow).makespan_s
