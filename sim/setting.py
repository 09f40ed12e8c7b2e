"""The setting: all that is the same for every run of one workflow under one plan on one platform."""

from __future__ import annotations

import numpy as np

from executor.view import make_view
from executor.worker.view import View
from planners.plan import Plan
from platforms import Platform
from sim.clock import NS_PER_S
from workloads import Workflow


class Setting:
    """The view of the machines, and per task and object what the hot path would otherwise compute each time."""

    __slots__ = (
        "alone_ns",
        "bytes_ns",
        "cpu_ns",
        "io_ns",
        "object_bytes",
        "parallelism",
        "plan",
        "platform",
        "slot_of",
        "view",
        "workflow",
    )

    def __init__(self, workflow: Workflow, plan: Plan, platform: Platform) -> None:
        self.workflow = workflow
        self.plan = plan
        self.platform = platform
        self.view: View = make_view(workflow, plan, platform)
        sizes_mb = np.array([plan.size_of(task) or self.view.flexible_mb for task in range(workflow.n_tasks)])
        vcpus = np.array([platform.vcpus(size_mb) for size_mb in np.unique(sizes_mb)])[
            np.unique(sizes_mb, return_inverse=True)[1]
        ]
        io_s, cpu_s, parallelism = workflow.demands(sizes_mb, vcpus)
        self.io_ns: list[float] = (io_s * NS_PER_S).tolist()
        self.cpu_ns: list[float] = (cpu_s * NS_PER_S).tolist()
        self.parallelism: list[float] = parallelism.tolist()
        self.alone_ns = (io_s + cpu_s / np.minimum(vcpus, parallelism)) * NS_PER_S
        self.object_bytes: list[int] = workflow.object_bytes.tolist()
        self.bytes_ns: list[int] = _transfer_ns(workflow, platform)
        self.slot_of: list[int] = workflow.inputs.indptr.tolist()


def _transfer_ns(workflow: Workflow, platform: Platform) -> list[int]:
    """Per object: how long its bytes take on one connection."""
    per_s = platform.network.connection_bytes_per_s
    if per_s is None:
        return [0] * workflow.n_objects
    whole: list[int] = np.ceil(workflow.object_bytes * (NS_PER_S / per_s)).astype(np.int64).tolist()
    return whole
