"""The simulator set to the papers' machine: schedules on cost matrices keep their makespan when they are run.

SAGA's are figures recorded from it (`data/saga.jsonl`): 50 instances of its generators and what ten of its schedulers
made of them. There an edge costs its size over the speed of the link, which differs from pair to pair.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings

from planners.check import check_plan
from planners.classic import SCHEDULERS, CostGraph, Placement, Schedule, cpop, heft, lookahead, peft, tds
from planners.classic.paper_machine import PaperRun, carried_out
from sim import simulate
from tests.planners.classic_examples import ARABNEJAD, DSLAB, TOPCUOGLU, cost_graphs

SAGA = [json.loads(line) for line in (Path(__file__).parent / "data" / "saga.jsonl").read_text().splitlines()[1:]]


def makespan_s(run: PaperRun) -> float:
    assert check_plan(run.plan, run.workflow, run.platform) == ()
    result = simulate(run.workflow, run.plan, run.platform, seed=1)
    assert result.status == "complete"
    assert result.makespan_s is not None
    return result.makespan_s


@pytest.mark.parametrize(
    ("schedule", "graph", "makespan"),
    [
        (heft, TOPCUOGLU, 80),
        (cpop, TOPCUOGLU, 86),
        (peft, TOPCUOGLU, 85),
        (heft, ARABNEJAD, 133),
        (peft, ARABNEJAD, 122),
        (heft, DSLAB, 98),
        (lookahead, DSLAB, 94),
        (peft, DSLAB, 95),
    ],
)
def test_published_makespans_are_simulated(schedule: object, graph: CostGraph, makespan: float) -> None:
    assert callable(schedule)
    assert makespan_s(carried_out(graph, schedule(graph))) == makespan


@pytest.mark.parametrize("name", SCHEDULERS)
@given(graph=cost_graphs(max_tasks=8))
@settings(max_examples=8)
def test_our_schedules_keep_their_makespan(name: str, graph: CostGraph) -> None:
    schedule = SCHEDULERS[name](graph)
    simulated_s = makespan_s(carried_out(graph, schedule))
    if name == "first-come":  # sends for data late; on the machine they are on their way at once
        assert simulated_s <= schedule.makespan
    else:
        assert simulated_s == schedule.makespan


def test_a_copy_serves_whom_it_is_nearest_to() -> None:
    graph = CostGraph.identical([1.0, 5.0, 5.0], {(0, 1): 100.0, (0, 2): 100.0})
    run = carried_out(graph, tds(graph))
    assert list(run.workflow.task_names) == ["t0", "t1", "t2", "t0.3"]
    assert makespan_s(run) == 6


def saga_graph(instance: Mapping[str, list[list[float]]]) -> CostGraph:
    speeds = instance["speeds"]
    rows = [[cost / speed for speed in speeds] for cost in instance["costs"]]  # type: ignore[operator]
    return CostGraph(rows, {(int(parent), int(child)): size for parent, child, size in instance["edges"]})


def in_order(graph: CostGraph, nodes: list[int], order: list[int], links: list[list[float]]) -> Schedule:
    """As soon as possible on these nodes in this order."""
    idle = [0.0] * graph.n_processors
    placed: dict[int, Placement] = {}
    for task in order:
        node, ready = nodes[task], idle[nodes[task]]
        for parent, size in graph.inbound[task]:
            there = placed[parent]
            crossing = size / links[there.processor][node] if there.processor != node else 0.0
            ready = max(ready, there.finish + crossing)
        placed[task] = Placement(node, ready, ready + graph.rows[task][node])
        idle[node] = placed[task].finish
    return Schedule(tuple(placed[task] for task in range(graph.n_tasks)))


@pytest.mark.parametrize("instance", SAGA, ids=lambda instance: str(instance["seed"]))
def test_schedules_of_saga_keep_their_makespan(instance: dict[str, dict[str, dict[str, list[int]]]]) -> None:
    graph, links = saga_graph(instance), instance["links"]  # type: ignore[arg-type]
    for name, made in instance["schedules"].items():
        schedule = in_order(graph, made["nodes"], made["order"], links)  # type: ignore[arg-type]
        run = carried_out(
            graph,
            schedule,
            lambda parent, child, here, there: graph.edges[parent, child] / links[here][there],  # type: ignore[index, operator]
        )
        assert makespan_s(run) == pytest.approx(made["makespan"], rel=1e-7), name
