"""Clustering at fan-out: who made a large object goes on with all that is ready to read it (WUKONG, SoCC 2020).

*Plan*: `Orders.cluster_fan_out_bytes`, from what size on. Of use where moving the object to the store and to each
reader takes longer than running them one after another, or in the worker's slots.
*Worker* (`executor/worker/clustering.py`): a flexible worker in its first epoch adopts every child of such a task that
waits for nobody else; if that is all of them, nothing is uploaded, and they are committed together.
*Combination*: with anything. A child that may have copies is run here, but its inputs are uploaded for those, too.
*In vain*: children one after another take longer than beside each other; the object is uploaded all the same if another
child was not ready.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from executor.records.operations import Kind
from executor.records.run import Run
from optimizations.account import Account
from optimizations.optimization import Optimization
from optimizations.places import places
from optimizations.thresholds import fresh_start_s, threshold_faults, worth_trying
from planners.evaluator import Observation
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow


class ClusterFanOut(Optimization):
    """All ready children of who made a large object."""

    name = "cluster-fan-out"

    def is_on(self, plan: Plan) -> bool:
        """Whether some size counts as large."""
        return plan.orders.cluster_fan_out_bytes is not None

    def off(self, plan: Plan) -> Plan:
        """The plan without it."""
        return _with(plan, None)

    def account(self, run: Run) -> Account:
        """Large fan-outs; applied where their worker ran several of the children, used if nothing was uploaded."""
        least_bytes = run.plan.orders.cluster_fan_out_bytes
        fan_outs = {} if least_bytes is None else _fan_outs(run.plan, run.workflow)
        large = [task for task, made in fan_outs.items() if made >= (least_bytes or 0)]
        at = places(run)
        children = {task: run.workflow.children.row(task).tolist() for task in large}
        applied = [
            task for task in large if sum(at[child] == at[task] for child in children[task]) > 1 and at[task] >= 0
        ]
        sent = set(run.operations["task"][run.operations["kind"] == Kind.UPLOAD].tolist())
        used = sum(task not in sent for task in applied)
        return Account(len(large), len(applied), used, len(applied) - used)

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        """From what takes longer to move than to start somebody; the largest alone; all."""
        if plan.flexible_mb is not None:
            sizes = _fan_outs(plan, workflow).values()
            for least_bytes in worth_trying(sizes, platform, fresh_start_s(platform, plan.flexible_mb)):
                yield _with(plan, least_bytes)

    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        """A threshold below 0, or for nobody."""
        if plan.orders.cluster_fan_out_bytes is not None:
            yield from threshold_faults(plan, "cluster_fan_out_bytes", plan.orders.cluster_fan_out_bytes)


def _with(plan: Plan, least_bytes: int | None) -> Plan:
    return msgspec.structs.replace(plan, orders=msgspec.structs.replace(plan.orders, cluster_fan_out_bytes=least_bytes))


def _fan_outs(plan: Plan, workflow: Workflow) -> dict[int, int]:
    """Per flexible task with several flexible children how many bytes it makes."""
    outputs = workflow.outputs
    made_bytes = np.bincount(outputs.keys, workflow.object_bytes[outputs.indices], outputs.n_rows)
    return {
        task: int(made_bytes[task])
        for task in np.flatnonzero(workflow.children.counts > 1).tolist()
        if plan.assignment[task] is None
        and sum(plan.assignment[child] is None for child in workflow.children.row(task).tolist()) > 1
    }
