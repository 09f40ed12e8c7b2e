"""From when a task can compute, by who made what it needs."""

from __future__ import annotations

import pytest

from planners.arrivals import Arrivals
from planners.estimate import Estimate
from tests.planners.examples import SIZE_MB, round_platform
from workloads import Between, Workflow, WorkflowBuilder

MB = 1_000_000


def laned() -> Workflow:
    """None to two of two lanes, split → lane → join, each handing on 6 MB, of which 4 and 2 are expected."""
    builder = WorkflowBuilder("laned")
    for kind, size_bytes in (("item", 0), ("made", 6 * MB)):
        for i in range(2):
            builder.add_object(f"{kind}{i}", size_bytes)
    builder.add_task("split", cpu_s=1.0, outputs=["item0", "item1"])
    for i in range(2):
        builder.add_task(f"lane{i}", cpu_s=3.0, inputs=[f"item{i}"], outputs=[f"made{i}"])
    builder.add_task("join", cpu_s=1.0, inputs=["made0", "made1"])
    builder.add_map("map", splitter="split", lanes=[["lane0"], ["lane1"]], width=Between(0, 2))
    return builder.build()


def test_what_may_not_be_made_takes_as_much_of_a_network_as_is_expected() -> None:
    """1 MB/s for all that an instance fetches: 6 s where neither lane ran, 2 and 4 s where one did."""
    instance = {"burst_bytes": MB, "burst_bytes_per_s": MB, "sustained_bytes_per_s": MB, "refill_s": 1}
    platform = round_platform(**{"network.instance": instance, "connection_bytes_per_s": "none"})
    arrivals = Arrivals(Estimate(laned(), platform, SIZE_MB))
    for task, worker, finish_s in [(0, 0, 1.0), (1, 1, 5.0), (2, 2, 5.0)]:
        arrivals.place(task, worker, finish_s)
    arrival = arrivals.of(3)
    assert arrival.fetch_s == pytest.approx(6)
    fetches_s = {worker: near_s - arrival.told_s for worker, near_s in arrival.near_s.items()}
    assert fetches_s[0] == pytest.approx(6)
