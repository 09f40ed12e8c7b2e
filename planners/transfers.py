"""What moving data objects to and from the store is expected to take."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from platforms import Platform
from workloads import Workflow

Seconds = NDArray[np.float64]
Integers = NDArray[np.integer]


class Transfers:
    """Expected durations of a workflow's transfers, each worker's as if alone on the store.

    What may not be made, or read, for its lane of a map node may be void, counts as likely as it is there.
    Fetches that one worker makes together take as long as the longest of them, or as all of them at so many at a
    time as it may, or as their bytes through its network, if that is more. Uploads all begin at once.
    """

    def __init__(self, workflow: Workflow, platform: Platform) -> None:
        self._workflow = workflow
        self._network = platform.network
        self._store_bytes_per_s = platform.store_bytes_per_s or np.inf
        chance = workflow.object_chance
        self.expected_bytes: NDArray[np.float64] = workflow.object_bytes * chance
        """Per data object: what a transfer of it is expected to move."""
        moving_s = self._moving_s(self.expected_bytes, platform.network.connection_bytes_per_s or np.inf)
        self.fetch_s: Seconds = platform.store.get_latency_s.mean_s * chance + moving_s
        """Per data object, alone."""
        self.upload_s: Seconds = platform.store.put_latency_s.mean_s * chance + moving_s
        """Per data object, alone."""

    def fetched_s(self, longest_s: Seconds, sum_s: Seconds, sum_bytes: Seconds) -> Seconds:
        """Fetches that one worker makes together, given the longest, their sum, and the bytes they move."""
        in_turns_s = sum_s / self._network.parallel_transfers
        return np.maximum(np.maximum(longest_s, in_turns_s), self._moving_s(sum_bytes, np.inf))

    def together_s(self, longest_s: float, sum_s: float, sum_bytes: float) -> float:
        """`fetched_s` of one worker in plain numbers: for those who ask for one at a time, and often."""
        rate, burst_bytes, slow = self._carriage
        fast_bytes = min(sum_bytes, burst_bytes)
        moving_s = fast_bytes / rate + (sum_bytes - fast_bytes) / slow
        return max(longest_s, sum_s / self._network.parallel_transfers, moving_s)

    @cached_property
    def _carriage(self) -> tuple[float, float, float]:
        """What a rested instance carries: a rate, so many bytes long, then another rate (`_moving_s`)."""
        instance, rate = self._network.instance, self._store_bytes_per_s
        if instance is None:
            return rate, np.inf, rate
        rate, slow = min(rate, instance.burst_bytes_per_s), instance.sustained_bytes_per_s
        if rate <= slow:
            return rate, np.inf, rate
        return rate, instance.burst_bytes * (1 - slow / instance.burst_bytes_per_s) / (1 - slow / rate), slow

    @cached_property
    def publish_s(self) -> Seconds:
        """Per task, the upload of all its outputs."""
        outputs = self._workflow.outputs
        return self._uploads_s(outputs.indices, outputs.keys, self._workflow.n_tasks)

    @cached_property
    def result_upload_s(self) -> Seconds:
        """Per task, the upload of its results."""
        results = np.flatnonzero(self._workflow.is_result)
        return self._uploads_s(results, self._workflow.object_producer[results], self._workflow.n_tasks)

    @cached_property
    def initial_fetch_s(self) -> Seconds:
        """Per task, the fetch of those of its inputs that are in the store from the start."""
        inputs = self._workflow.inputs
        initial = self._workflow.object_producer[inputs.indices] < 0
        return self._fetches_s(inputs.indices[initial], inputs.keys[initial], self._workflow.n_tasks)

    @cached_property
    def edge_fetch_s(self) -> Seconds:
        """Per edge, in the order of `workflow.parents.indices`: the fetch of what the parent hands the child.

        0 for a control edge, which hands over nothing.
        """
        return self._fetches_s(*self._handed, self._workflow.n_edges)

    @cached_property
    def edge_upload_s(self) -> Seconds:
        """Per edge, in the order of `workflow.parents.indices`: the upload of what the parent hands the child."""
        return self._uploads_s(*self._handed, self._workflow.n_edges)

    @cached_property
    def _handed(self) -> tuple[Integers, Integers]:
        """Every object that an edge hands over, and that edge."""
        workflow = self._workflow
        producers = workflow.object_producer[workflow.inputs.indices]
        made = producers >= 0
        # An edge as one number: ascending, for parents are so within a child, and children are.
        edges = workflow.parents.keys.astype(np.int64) * workflow.n_tasks + workflow.parents.indices
        wanted = workflow.inputs.keys[made].astype(np.int64) * workflow.n_tasks + producers[made]
        return workflow.inputs.indices[made], np.searchsorted(edges, wanted)

    def _fetches_s(self, objects: Integers, group: Integers, n_groups: int) -> Seconds:
        """Per group, the fetch of its objects together."""
        longest_s, sum_s, sum_bytes = np.zeros((3, n_groups))
        np.maximum.at(longest_s, group, self.fetch_s[objects])
        np.add.at(sum_s, group, self.fetch_s[objects])
        np.add.at(sum_bytes, group, self.expected_bytes[objects])
        return self.fetched_s(longest_s, sum_s, sum_bytes)

    def _uploads_s(self, objects: Integers, group: Integers, n_groups: int) -> Seconds:
        """Per group, the upload of its objects together."""
        longest_s, sum_bytes = np.zeros((2, n_groups))
        np.maximum.at(longest_s, group, self.upload_s[objects])
        np.add.at(sum_bytes, group, self.expected_bytes[objects])
        return np.maximum(longest_s, self._moving_s(sum_bytes, np.inf))

    def _moving_s(self, moved_bytes: Seconds, connections_bytes_per_s: float) -> Seconds:
        """Bytes over what connections and a rested instance carry; beyond its burst an instance is slower."""
        instance, rate = self._network.instance, min(connections_bytes_per_s, self._store_bytes_per_s)
        if instance is None:
            return np.asarray(moved_bytes / rate)
        rate, slow = min(rate, instance.burst_bytes_per_s), instance.sustained_bytes_per_s
        if rate <= slow:
            return np.asarray(moved_bytes / rate)
        # Only what is faster than the sustained rate uses the burst up: the slower the rest, the longer it lasts.
        lasting = (1 - slow / instance.burst_bytes_per_s) / (1 - slow / rate)
        burst_bytes = np.minimum(moved_bytes, instance.burst_bytes * lasting)
        return np.asarray(burst_bytes / rate + (moved_bytes - burst_bytes) / slow)
