"""Plans with orders for what each optimization would do, whether it helps or not, on tasks of milliseconds.

The workflow, its plan and what is proposed for it are those of `tests.optimizations.test_combinations`; decisions go by
the sizes declared there, and times are a small part of them.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from planners.check import check_plan
from planners.plan import Plan
from platforms import Platform
from tests.optimizations.test_combinations import NAMES, mixed, together
from tests.real.programs import digesting
from workloads.program import Program

SCALE = 0.02


def mixed_program() -> Program:
    """It sleeps where the workflow computes."""
    workflow, _ = mixed()
    return digesting(workflow, tuple(SCALE * float(cpu_s) for cpu_s in workflow.cpu_s))


def plan_with(names: tuple[str, ...]) -> Plan:
    """The plan with these optimizations on, in proportion."""
    plan = together(names)
    prewarms = tuple(replace(each, at_s=each.at_s * SCALE) for each in plan.prewarms)
    orders = plan.orders
    return replace(
        plan,
        prewarms=prewarms,
        orders=replace(
            orders,
            duplicate=_scaled(orders.duplicate, "patience_s"),
            backup=_scaled(orders.backup, "after_s"),
            call_early=_scaled(orders.call_early, "after_s"),
            delay_io=_scaled((orders.delay_io,), "patience_s")[0] if orders.delay_io else None,
        ),
    )


def _scaled(orders: tuple[Any, ...], field: str) -> tuple[Any, ...]:
    times_s = [getattr(order, field) for order in orders]
    return tuple(
        replace(order, **{field: time_s and time_s * SCALE}) for order, time_s in zip(orders, times_s, strict=True)
    )


def groups(platform: Platform) -> list[tuple[str, ...]]:
    """As many as go together, so often that each is among them."""
    found: list[tuple[str, ...]] = []
    while left := [name for name in NAMES if name not in {each for group in found for each in group}]:
        group: tuple[str, ...] = ()
        for name in (*left, *NAMES):
            if name not in group and not check_plan(together((*group, name)), mixed()[0], platform):
                group += (name,)
        found.append(group)
    return found
