"""The lower bound of any plan, where there is one: `planners.bounds` does not know of every order."""

from __future__ import annotations

from planners.bounds import lower_bound
from planners.plan import Plan
from platforms import Platform
from workloads import Workflow


def plan_bound_s(workflow: Workflow, plan: Plan, platform: Platform) -> float | None:
    """Seconds that the mean makespan of a plan is expected not to undercut; None where no bound is known.

    It is not where a task's inputs are streamed, or a task may run more than once: the sooner of two copies is sooner
    than either is expected to be.
    """
    orders = plan.orders
    if orders.stream or orders.duplicate or orders.backup:
        return None
    return lower_bound(workflow, plan, platform).makespan_s
