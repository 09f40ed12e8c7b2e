"""The setting: all that is the same for every run of one workflow under one plan on one platform."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executor.view import make_view
from executor.worker.view import View
from planners.memory import BYTES_PER_MB, may_run_short
from planners.plan import Plan
from platforms import Platform
from sim.clock import NS_PER_S, SLACK_NS
from sim.copiers import copiers_of
from workloads import Workflow


class Setting:
    """The view of the machines, and per task and object what the hot path would otherwise compute each time."""

    __slots__ = (
        "_first_edge",
        "bytes_ns",
        "copiers",
        "cpu_alone_ns",
        "cpu_ns",
        "floor_bytes",
        "held_bytes",
        "io_ns",
        "is_stormy",
        "may_run_short",
        "object_bytes",
        "parallelism",
        "plan",
        "platform",
        "slot_of",
        "view",
        "workflow",
    )

    def __init__(self, workflow: Workflow, plan: Plan, platform: Platform, like: Setting | None = None) -> None:
        """What no plan changes is taken over from a setting ``like`` it: of the same workflow on the same platform."""
        self.workflow = workflow
        self.plan = plan
        self.platform = platform
        self.is_stormy = any(platform.faults.rates.model_dump().values())
        self.view: View = make_view(workflow, plan, platform, like.view if like else None)
        self.copiers = copiers_of(self.view)
        named_mb = [worker.memory_mb for worker in plan.workers]
        flexible_mb = self.view.flexible_mb
        sizes_mb = np.array([flexible_mb if who is None else named_mb[who] for who in plan.assignment])
        vcpus = np.array([platform.vcpus(size_mb) for size_mb in np.unique(sizes_mb)])[
            np.unique(sizes_mb, return_inverse=True)[1]
        ]
        io_s, cpu_s, parallelism = workflow.demands(sizes_mb, vcpus)
        self.io_ns = _compact(io_s * NS_PER_S)
        self.cpu_ns = _compact(cpu_s * NS_PER_S)
        self.parallelism = _compact(parallelism)
        self.cpu_alone_ns = _compact(cpu_s / np.minimum(vcpus, parallelism) * NS_PER_S)
        named, flexible = may_run_short(plan, workflow, platform)
        self.may_run_short = any(named) or flexible
        self.floor_bytes = _compact(workflow.memory_mb * BYTES_PER_MB) if self.may_run_short else ()
        self.held_bytes: Sequence[int] = ()
        if self.may_run_short:
            holds = platform.limits.memory_holds_objects
            self.held_bytes = _whole(workflow.object_bytes if holds else np.zeros(workflow.n_objects))
        self.object_bytes: array[int] = like.object_bytes if like else _whole(workflow.object_bytes)
        self.bytes_ns: array[int] = like.bytes_ns if like else _transfer_ns(workflow, platform)
        self.slot_of: array[int] = like.slot_of if like else _whole(workflow.inputs.indptr)
        self._first_edge: array[int] = like._first_edge if like else _whole(workflow.parents.indptr)

    def place_of(self, edge: int) -> int:
        """Where a message about an edge stands among all messages of its instant: after those about tasks."""
        return self.workflow.n_tasks + edge

    @property
    def first_stream(self) -> int:
        """Ranks of what is about objects stand after those about tasks and edges."""
        return self.workflow.n_tasks + self.workflow.n_edges

    def edge(self, parent: int, child: int) -> int:
        """The number of an edge: a child's edges stand together, in the order of its parents."""
        return self._first_edge[child] + self.view.parents[child].index(parent)


def _transfer_ns(workflow: Workflow, platform: Platform) -> array[int]:
    """Per object: how long its bytes take on one connection."""
    per_s = platform.network.connection_bytes_per_s
    if per_s is None:
        return _whole(np.zeros(workflow.n_objects))
    return _whole(np.ceil(workflow.object_bytes * float(NS_PER_S) / per_s - SLACK_NS))


def _compact(values: NDArray[Any]) -> array[float]:
    """The same as an `array`: 8 bytes a value, and three times as fast as numpy to look up one by one."""
    return array("d", np.asarray(values, dtype=np.float64).tobytes())


def _whole(values: NDArray[Any]) -> array[int]:
    return array("q", np.asarray(values, dtype=np.int64).tobytes())
