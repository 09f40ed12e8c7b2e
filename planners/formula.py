"""The start-up-ignorant formula: how earlier planners predict a makespan, kept to show what it misses.

octoflows' timing model in its first pass: a task begins when its last parent is complete, downloads in
parallel, computes, and uploads if somebody elsewhere reads it. Nobody waits for a start, a slot, the
network or the ledger.

To add starts one must know which are cold; that depends on when workers begin and end; and that is what the
formula is to compute: the circularity a simulation does not have. (octoflows guesses the starts once, from
the times without them, and stops there.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planners.estimate import expected_exec_s
from planners.plan import Plan
from planners.transfers import Transfers
from platforms import Platform
from workloads import Workflow

Seconds = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Prediction:
    """Per task the times of the formula; completion = start + download + exec + upload."""

    start_s: Seconds
    download_s: Seconds
    exec_s: Seconds
    upload_s: Seconds
    completion_s: Seconds

    @property
    def makespan_s(self) -> float:
        """The last completion."""
        return float(self.completion_s.max())


def predict(workflow: Workflow, plan: Plan, platform: Platform) -> Prediction:
    """What the formula says of a plan that `check_plan` accepts; a flexible worker counts as another one."""
    transfers = Transfers(workflow, platform)
    exec_s = expected_exec_s(workflow, platform, [plan.size_of(task) for task in range(plan.n_tasks)])
    download_s = _download_s(workflow, plan, transfers)
    upload_s = _upload_s(workflow, plan, transfers)
    lasts_s = download_s + exec_s + upload_s
    start_s = np.zeros(workflow.n_tasks)
    completion_s = np.zeros(workflow.n_tasks)
    for task in workflow.topological_order.tolist():
        start_s[task] = completion_s[workflow.parents.row(task)].max(initial=0.0)
        completion_s[task] = start_s[task] + lasts_s[task]
    return Prediction(start_s, download_s, exec_s, upload_s, completion_s)


def _workers(plan: Plan) -> NDArray[np.int64]:
    """Per task its worker, a flexible task's a number of its own."""
    n_workers = len(plan.workers)
    return np.array(
        [n_workers + task if worker is None else worker for task, worker in enumerate(plan.assignment)],
        dtype=np.int64,
    )


def _download_s(workflow: Workflow, plan: Plan, transfers: Transfers) -> Seconds:
    """Per task, the longest of its downloads: initial objects, and what other workers made."""
    workers, inputs = _workers(plan), workflow.inputs
    producers = workflow.object_producer[inputs.indices]
    local = (producers >= 0) & (workers[producers] == workers[inputs.keys])
    longest_s = np.zeros(workflow.n_tasks)
    np.maximum.at(longest_s, inputs.keys, np.where(local, 0.0, transfers.fetch_s[inputs.indices]))
    return longest_s


def _upload_s(workflow: Workflow, plan: Plan, transfers: Transfers) -> Seconds:
    """Per task, the longest of its uploads, if it has no child or one elsewhere."""
    workers, parents, outputs = _workers(plan), workflow.parents, workflow.outputs
    uploads = workflow.children.counts == 0
    apart = workers[parents.indices] != workers[parents.keys]
    uploads[parents.indices[apart]] = True
    longest_s = np.zeros(workflow.n_tasks)
    np.maximum.at(longest_s, outputs.keys, transfers.upload_s[outputs.indices])
    return np.where(uploads, longest_s, 0.0)
