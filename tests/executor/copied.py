"""Random plans with tasks that several workers may run: duplicated, or backed up."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from executor.view import make_view
from executor.worker.view import View
from planners.orders import Backup, Duplicate
from planners.plan import Plan
from platforms import Platform
from tests.executor.cases import IDEAL, random_orders, random_plan, random_workflow, with_short_lives
from workloads import Workflow


def with_copies(rng: Random, workflow: Workflow, plan: Plan, share: float = 0.5) -> Plan:
    """The plan with orders for copies of many of its tasks: of each one kind."""
    streamed = {task for stream in plan.orders.stream for task in (stream.producer, stream.consumer)}
    orders = [
        Duplicate(parent, task, rng.choice((0.0, 1.0)))
        for task, home in enumerate(plan.assignment)
        if home is not None and plan.workers[home].hold
        for parent in workflow.parents.row(task).tolist()
        if plan.assignment[parent] != home and parent not in streamed and rng.random() < share
    ]
    duplicated = {order.task for order in orders}
    backup = [
        Backup(task, rng.choice((0.0, 1.0)))
        for task in range(workflow.n_tasks)
        if task not in duplicated | streamed and rng.random() < share
    ]
    return replace(plan, orders=replace(plan.orders, duplicate=tuple(orders), backup=tuple(backup)))


def copied_view(
    seed: int, *, most: int = 10, platform: Platform = IDEAL, optimized: bool = False
) -> tuple[Random, View]:
    """A generator to go on with, and a view; with other optimizations too, or not."""
    rng = Random(f"copies {seed}")
    workflow = random_workflow(rng, most)
    plan = random_plan(rng, workflow)
    if optimized:
        plan = replace(plan, orders=random_orders(rng, plan, workflow))
    view = with_short_lives(seed, make_view(workflow, with_copies(rng, workflow, plan), platform))
    if rng.random() < 0.5:
        view = replace(view, frugal=(True,) * view.n_workers, flexible_is_frugal=True)
    return rng, view
