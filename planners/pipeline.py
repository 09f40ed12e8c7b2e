"""The pipeline: what comes of an edge over which a task reads what its parent makes while that is made.

Chunks are made evenly over the parent's run; each is put once it is made and the one before is put, got once it is put
and the one before is got, and worked on once it is there and the one before is done. Each of the three is a chain
x(i) = max(y(i), x(i − 1)) + step, and its last element is max(y(first) + all steps, y(last) + one step).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from platforms import Platform
from workloads import Workflow


@dataclass(frozen=True)
class Pipeline:
    """An edge in so many chunks; what each is expected to take alone, at the best rate that it may have."""

    chunks: int
    put_s: float
    get_s: float

    def arrivals_s(self, begin_s: float, run_s: float, listens_s: float) -> tuple[float, float]:
        """When the first chunk of a run, that begins then and takes so long, and its last come to one who listens."""
        first_s = max(begin_s + run_s / self.chunks + self.put_s, listens_s) + self.get_s
        last_s = self.put_by_s(begin_s, run_s) + self.get_s
        return first_s, max(first_s + (self.chunks - 1) * self.get_s, last_s)

    def put_by_s(self, begin_s: float, run_s: float) -> float:
        """When all chunks have been put."""
        return max(begin_s + run_s + self.put_s, begin_s + run_s / self.chunks + self.chunks * self.put_s)

    def end_s(self, arrivals_s: tuple[float, float], begin_s: float, run_s: float) -> float:
        """When a run ends that begins then, takes so long alone, and reads what comes."""
        first_s, last_s = arrivals_s
        return max(max(begin_s, first_s) + run_s, last_s + run_s / self.chunks)


def handed_over(workflow: Workflow, parent: int, child: int) -> tuple[int, ...]:
    """The objects that a child reads of a parent."""
    makers = workflow.object_producer
    return tuple(found for found in workflow.inputs.row(child).tolist() if makers[found] == parent)


def pipeline(workflow: Workflow, platform: Platform, parent: int, child: int, chunks: int) -> Pipeline:
    """The pipeline of an edge that hands something over: its largest object counts."""
    largest = max(int(workflow.object_bytes[found]) for found in handed_over(workflow, parent, child))
    network = platform.network
    rates = (network.connection_bytes_per_s, platform.store_bytes_per_s)
    burst = network.instance.burst_bytes_per_s if network.instance else None
    rate = min([each for each in (*rates, burst) if each], default=np.inf)
    moving_s = float(largest / rate) / chunks
    put_s, get_s = platform.store.put_latency_s.mean_s, platform.store.get_latency_s.mean_s
    return Pipeline(chunks, put_s + moving_s, get_s + moving_s)
