"""Clustering at fan-in: who holds much of a complete task's input goes on with it, though busy (WUKONG, SoCC 2020).

*Plan*: `Orders.cluster_fan_in_bytes`, from how much on. Of use where a worker that is not done yet completes a join: by
default it would call a fresh one, which has to start and to fetch what is here already.
*Worker* (`executor/worker/clustering.py`): a flexible worker in its first epoch adopts such a join, to run it when it
has a free slot. WUKONG looks once more at a join after a large output was stored, for others may have completed it
meanwhile; here the commit is the mark, and its answer says who completed what, so that is the default.
*Combination*: with anything.
*In vain*: the join waits for the worker's other tasks longer than a fresh one would have taken.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from executor.records.run import Run
from optimizations.account import Account
from optimizations.optimization import Optimization
from optimizations.places import NOWHERE, places, times_s
from optimizations.thresholds import fresh_start_s, joins, moving_s, read_from, threshold_faults, worth_trying
from planners.evaluator import Observation
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow


class ClusterFanIn(Optimization):
    """A complete join where most of its input is."""

    name = "cluster-fan-in"

    def is_on(self, plan: Plan) -> bool:
        """Whether some size counts as large."""
        return plan.orders.cluster_fan_in_bytes is not None

    def off(self, plan: Plan) -> Plan:
        """The plan without it."""
        return _with(plan, None)

    def account(self, run: Run) -> Account:
        """Joins with large input; applied where one waited for its worker, used if a fresh one had come later."""
        least_bytes = run.plan.orders.cluster_fan_in_bytes
        if least_bytes is None:
            return Account(0, 0, 0, 0)
        at, starts_s, committed_s = places(run), times_s(run, "start_s"), times_s(run, "committed_s")
        ends_s = times_s(run, "end_s")
        start_s = fresh_start_s(run.platform, run.plan.flexible_mb or 0)
        planned = applied = used = 0
        for join in joins(run.plan, run.workflow):
            sizes = read_from(run.workflow, join)
            planned += sum(sizes.values()) >= least_bytes
            here = [parent for parent in sizes if at[parent] == at[join] != NOWHERE]
            here_bytes = sum(sizes[parent] for parent in here)
            ready_s = max(
                committed_s[p] if committed_s[p] <= starts_s[join] or p not in here else ends_s[p] for p in sizes
            )
            beside = (at == at[join]) & (starts_s < starts_s[join]) & (ends_s > ready_s) & (ends_s <= starts_s[join])
            if here and here_bytes >= least_bytes and beside.any():
                applied += 1
                fresh_s = ready_s + start_s + moving_s(run.platform, here_bytes) / 2
                used += bool(starts_s[join] < fresh_s)
        return Account(planned, applied, used, applied - used)

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        """From what takes longer to move than to start somebody; the largest alone; all."""
        if plan.flexible_mb is not None:
            sizes = [size for join in joins(plan, workflow) for size in read_from(workflow, join).values()]
            for least_bytes in worth_trying(sizes, platform, fresh_start_s(platform, plan.flexible_mb)):
                yield _with(plan, least_bytes)

    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        """A threshold below 0, or for nobody."""
        if plan.orders.cluster_fan_in_bytes is not None:
            yield from threshold_faults(plan, "cluster_fan_in_bytes", plan.orders.cluster_fan_in_bytes)


def _with(plan: Plan, least_bytes: int | None) -> Plan:
    return msgspec.structs.replace(plan, orders=msgspec.structs.replace(plan.orders, cluster_fan_in_bytes=least_bytes))
