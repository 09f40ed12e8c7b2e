"""What starts, tasks and transfers are expected to take: means, of each thing alone.

An estimate is honest about what it is told (every latency and start-up is in it) and blind to what only a run
can show: which starts turn out warm, who shares a CPU or a connection with whom, and luck.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planners.transfers import Transfers
from platforms import Platform
from workloads import Workflow

Seconds = NDArray[np.float64]

DURATION_SHARE = 0.9
"""Of a maximum duration, what an expected one may take: expectations are overrun half the time."""


def exec_if_run_s(workflow: Workflow, platform: Platform, memory_mb: ArrayLike, slots: int = 1) -> Seconds:
    """Per task its computing on a worker of a size (one for all, or per task), or on one of `slots` parts.

    The parts are equal. Noise has mean 1; stragglers count with their probability.
    """
    sizes_mb = np.broadcast_to(np.asarray(memory_mb, dtype=np.float64), workflow.n_tasks)
    distinct, which = np.unique(sizes_mb, return_inverse=True)
    vcpus = np.array([platform.vcpus(size) / slots for size in distinct.tolist()])[which]
    noise = platform.noise
    stragglers = 1 + noise.straggler_probability * (noise.straggler_factor - 1)
    return np.asarray(workflow.durations_s(sizes_mb, vcpus) * stragglers)


def expected_exec_s(workflow: Workflow, platform: Platform, memory_mb: ArrayLike, slots: int = 1) -> Seconds:
    """The same, times how likely each task is run: all lanes of a map node together are as many as are expected."""
    return np.asarray(exec_if_run_s(workflow, platform, memory_mb, slots) * workflow.chance)


def cold_start_s(platform: Platform, memory_mb: float) -> float:
    """From acceptance until a fresh instance's handler runs."""
    init, package_s = platform.start.init_of(memory_mb)
    return platform.start.provisioning_s.mean_s + init.mean_s + package_s


class Estimate:
    """All a planner that gives every worker the same size expects of a workflow on a platform."""

    def __init__(self, workflow: Workflow, platform: Platform, memory_mb: int) -> None:
        self.workflow = workflow
        self.memory_mb = memory_mb
        self.slots = platform.slots(memory_mb)
        self.exec_s = expected_exec_s(workflow, platform, memory_mb)
        """Per task, alone on its worker."""
        self.slot_exec_s = expected_exec_s(workflow, platform, memory_mb, self.slots)
        """Per task, on one of the worker's slots, each an equal part of its CPU: exact while all are busy."""
        self.transfers = Transfers(workflow, platform)
        request_s = platform.ledger.request_s.mean_s
        self.visible_s: Seconds = self.transfers.publish_s + request_s
        """Per task, from its end until others can use it: upload, then commit and mark in one request."""
        self.result_s: Seconds = np.where(goals(workflow), self.visible_s, 0.0)
        """Per goal, from its end until the run may be over; 0 for other tasks."""
        self.notify_s = platform.ledger.notify_s.mean_s
        self.call_s = platform.invocation.call_s.mean_s
        self.start_s = cold_start_s(platform, memory_mb)

    def edges_s(self, assignment: Sequence[int] | None = None) -> Seconds:
        """Per edge, in the order of `workflow.parents.indices`: from the parent's end to the child's data.

        Nothing between tasks that an `assignment` puts on one worker.
        """
        parents = self.workflow.parents
        edges_s = self.visible_s[parents.indices] + self.notify_s + self.transfers.edge_fetch_s
        if assignment is None:
            return np.asarray(edges_s)
        workers = np.asarray(assignment)
        return np.where(workers[parents.indices] == workers[parents.keys], 0.0, edges_s)


def goals(workflow: Workflow) -> NDArray[np.bool_]:
    """Per task whether the run has to wait for its commit: it has no child, or makes a result."""
    goal = np.asarray(workflow.children.counts == 0)
    goal[workflow.object_producer[workflow.is_result]] = True
    return goal
