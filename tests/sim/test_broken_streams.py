"""Streams that are broken off: what is left of them on its way, and what the tables say of them. Known by hand."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from executor.faults import ScriptedFault
from executor.records.run import Run
from planners.orders import EarlyCall, Orders, Stream
from platforms import load_platform
from sim import simulate
from tests.sim.small import plan_of
from workloads import WorkflowBuilder

NETWORKS: tuple[dict[str, Any], ...] = ({}, {"network.model": "shared", "store.total_bytes_per_s": 3e6})
alone_and_shared = pytest.mark.parametrize("network", NETWORKS, ids=["alone", "shared"])


def streamed(network: dict[str, Any], *faults: ScriptedFault, **limits: object) -> Run:
    """Edge a (w0) ─9 MB→ b (w1), tasks of 3 s, in chunks that take 3 s to move; b's worker is there from the first."""
    builder = WorkflowBuilder("edge")
    builder.add_object("x", 9_000_000)
    builder.add_task("a", cpu_s=3.0, outputs=["x"])
    builder.add_task("b", cpu_s=3.0, inputs=["x"])
    workflow = builder.build()
    orders = Orders(stream=(Stream(0, 1, 3),), call_early=(EarlyCall(0, 1, 0.0),))
    plan = msgspec.structs.replace(plan_of(workflow, [0, 1]), orders=orders)
    figures = {name.replace("__", "."): value for name, value in limits.items()}
    platform = load_platform("ideal", {"network.connection_bytes_per_s": 1e6} | network | figures)
    return simulate(workflow, plan, platform, seed=1, faults=faults, check=True)


def rows(table: Any, **wanted: object) -> list[tuple[float, float]]:
    """When those rows began and ended."""
    found = [row for row in table.rows() if all(row[name] == value for name, value in wanted.items())]
    return [(round(row["start_s"], 6), round(row["end_s"], 6)) for row in found]


@alone_and_shared
def test_a_task_makes_again_what_is_still_on_its_way(network: dict[str, Any]) -> None:
    """A fails after 1.5 s, its first chunk under way since .5, and begins again: chunks at 2.5, 3.5 and 4.5.

    The old chunk is nobody's, but moves on to 3.5. The new ones are put by 5.5, 8.5 and 11.5. B, which noticed
    at 2.5 that no more would come, gets all of x in the 9 s after that, and runs.
    """
    run = streamed(network, ScriptedFault("a", 1, "task-error"), faults__retry__initial_s=0.0, faults__timeout_s=1.0)
    assert rows(run.tasks, task="a") == [(0, 1.5), (1.5, 4.5)]
    assert rows(run.transfers, direction="put") == [(4.5, 11.5)]
    assert run.makespan_s == pytest.approx(11.5 + 9 + 3)


@alone_and_shared
def test_who_is_killed_is_so_once(network: dict[str, Any]) -> None:
    """Chunks are put by 4, 7 and 10, and got by 13; w1 is killed at 13.5, half a second before b is sure to end."""
    run = streamed(network, limits__max_duration_s=13.5, limits__max_attempts=1)
    assert rows(run.tasks, task="b", outcome="killed") == [(0, 13.5)]
    assert len(run.tasks["task"]) == 2


@alone_and_shared
def test_what_is_read_ahead_is_killed_once(network: dict[str, Any]) -> None:
    """W1 is killed at 11, when all chunks are put (by 10), and the last is sure to come at 13; w0 was done in time."""
    run = streamed(network, limits__max_duration_s=11.0, limits__max_attempts=1)
    (killed,) = rows(run.transfers, outcome="killed")
    assert killed[1] == 11
    assert rows(run.tasks, outcome="killed") == [(0, 11)]


@alone_and_shared
def test_a_put_in_chunks_is_killed_like_any(network: dict[str, Any]) -> None:
    """W0 is killed at 8, 5 s after a was over, with two of three chunks put."""
    run = streamed(network, limits__max_duration_s=8.0, limits__max_attempts=1)
    assert rows(run.transfers, direction="put", outcome="killed") == [(3, 8)]


@alone_and_shared
def test_a_put_goes_on_beside_a_later_one(network: dict[str, Any]) -> None:
    """W0, up at 2, is taken for dead at 3.5; its next epoch is up at 5.5, half a second after it has begun to put x.

    Its chunks are put by 6, 9 and 12; those of the next epoch, made at 6.5, 7.5 and 8.5, by 9.5, 12.5 and 15.5.
    """
    figures: dict[str, object] = {"start.provisioning_s": 2.0, "limits.max_attempts": 2}
    run = streamed(network | figures, ScriptedFault("a", 1, "false-alarm"))
    assert run.status == "complete", run.failure
    assert rows(run.transfers, direction="put", outcome="done") == [(5, 12), (8.5, 15.5)]
