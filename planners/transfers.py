"""What moving data objects to and from the store is expected to take."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from platforms import Platform
from workloads import Workflow

Seconds = NDArray[np.float64]


class Transfers:
    """Expected durations of a workflow's transfers, each worker's as if alone on the store.

    Several transfers that one worker has to make together take as long as the longest of them, or as all of them
    at so many at a time as it may, or as their bytes through its network, if that is more.
    """

    def __init__(self, workflow: Workflow, platform: Platform) -> None:
        self._workflow = workflow
        self._network = platform.network
        self._bytes = workflow.object_bytes.astype(np.float64)
        moving_s = self._moving_s(self._bytes, platform.network.connection_bytes_per_s or np.inf)
        self.fetch_s: Seconds = platform.store.get_latency_s.mean_s + moving_s
        """Per data object, alone."""
        self.upload_s: Seconds = platform.store.put_latency_s.mean_s + moving_s
        """Per data object, alone."""

    def together_s(self, longest_s: Seconds, sum_s: Seconds, sum_bytes: Seconds) -> Seconds:
        """Transfers that one worker makes together, given the longest, their sum, and the bytes they move."""
        in_turns_s = sum_s / self._network.parallel_transfers
        return np.maximum(np.maximum(longest_s, in_turns_s), self._moving_s(sum_bytes, np.inf))

    @cached_property
    def publish_s(self) -> Seconds:
        """Per task, the upload of all its outputs."""
        outputs = self._workflow.outputs
        return self._grouped_s(self.upload_s, outputs.indices, outputs.keys, self._workflow.n_tasks)

    @cached_property
    def result_upload_s(self) -> Seconds:
        """Per task, the upload of its results."""
        results = np.flatnonzero(self._workflow.is_result)
        makers = self._workflow.object_producer[results]
        return self._grouped_s(self.upload_s, results, makers, self._workflow.n_tasks)

    @cached_property
    def initial_fetch_s(self) -> Seconds:
        """Per task, the fetch of those of its inputs that are in the store from the start."""
        inputs = self._workflow.inputs
        initial = self._workflow.object_producer[inputs.indices] < 0
        n_tasks = self._workflow.n_tasks
        return self._grouped_s(self.fetch_s, inputs.indices[initial], inputs.keys[initial], n_tasks)

    @cached_property
    def edge_fetch_s(self) -> Seconds:
        """Per edge, in the order of `workflow.parents.indices`: the fetch of what the parent hands the child.

        0 for a control edge, which hands over nothing.
        """
        return self._by_edge_s(self.fetch_s)

    @cached_property
    def edge_upload_s(self) -> Seconds:
        """Per edge, in the order of `workflow.parents.indices`: the upload of what the parent hands the child."""
        return self._by_edge_s(self.upload_s)

    def _by_edge_s(self, each_s: Seconds) -> Seconds:
        workflow = self._workflow
        producers = workflow.object_producer[workflow.inputs.indices]
        handed = producers >= 0
        # An edge as one number: ascending, for parents are so within a child, and children are.
        edges = workflow.parents.keys.astype(np.int64) * workflow.n_tasks + workflow.parents.indices
        wanted = workflow.inputs.keys[handed].astype(np.int64) * workflow.n_tasks + producers[handed]
        edge = np.searchsorted(edges, wanted)
        return self._grouped_s(each_s, workflow.inputs.indices[handed], edge, workflow.n_edges)

    def _grouped_s(
        self, each_s: Seconds, objects: NDArray[np.integer], group: NDArray[np.integer], n_groups: int
    ) -> Seconds:
        """Per group, the transfer of its objects together."""
        longest_s, sum_s, sum_bytes = np.zeros((3, n_groups))
        np.maximum.at(longest_s, group, each_s[objects])
        np.add.at(sum_s, group, each_s[objects])
        np.add.at(sum_bytes, group, self._bytes[objects])
        return self.together_s(longest_s, sum_s, sum_bytes)

    def _moving_s(self, moved_bytes: Seconds, connections_bytes_per_s: float) -> Seconds:
        """Bytes over what connections and a rested instance carry; beyond its burst an instance is slower."""
        instance = self._network.instance
        if instance is None:
            return np.asarray(moved_bytes / connections_bytes_per_s)
        burst_bytes = np.minimum(moved_bytes, instance.burst_bytes)
        burst_s = burst_bytes / min(connections_bytes_per_s, instance.burst_bytes_per_s)
        rest_s = (moved_bytes - burst_bytes) / min(connections_bytes_per_s, instance.sustained_bytes_per_s)
        return np.asarray(burst_s + rest_s)
