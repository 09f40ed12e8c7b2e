"""Workflows to networkx graphs and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from hypothesis import given

from tests.workloads.described import Told, told
from tests.workloads.test_builder import diamond
from workloads import MISSING, FillRules, InvalidInput, from_networkx, load_workflow, to_networkx


@given(told())
def test_any_workflow_comes_back_equal(description: Told) -> None:
    workflow = description.build()
    again = from_networkx(to_networkx(workflow))
    assert again == workflow
    assert again.metadata == workflow.metadata
    assert again.assumptions == workflow.assumptions


def test_assumptions_and_metadata_come_back() -> None:
    builder = diamond().builder()
    builder.assume("as someone said")
    again = from_networkx(to_networkx(builder.build()))
    assert again.assumptions == ("as someone said",)


def test_the_graph_says_what_the_workflow_says() -> None:
    """``a`` makes ``x`` of 5 bytes for ``b`` and ``c``; ``d`` reads ``y`` of ``b`` and waits for ``c``."""
    graph = to_networkx(diamond().build())
    assert graph.graph["objects"] == {"x": 5, "y": 7}
    assert list(graph.nodes) == ["a", "b", "c", "d"]
    assert graph.nodes["b"]["inputs"] == ("x",)
    assert graph.nodes["b"]["cpu_s"] == 1
    assert dict(graph.edges) == {
        ("a", "b"): {"objects": ("x",), "bytes": 5},
        ("a", "c"): {"objects": ("x",), "bytes": 5},
        ("b", "d"): {"objects": ("y",), "bytes": 7},
        ("c", "d"): {"objects": (), "bytes": 0},
    }


def test_algorithms_of_networkx_agree() -> None:
    workflow = load_workflow("gen:layered,seed=4")
    graph = to_networkx(workflow)
    assert nx.is_directed_acyclic_graph(graph)
    assert graph.number_of_edges() == workflow.n_edges
    order = nx.lexicographical_topological_sort(graph, key=workflow.index_of_task)
    assert [workflow.index_of_task(name) for name in order] == workflow.topological_order.tolist()


def plain() -> nx.DiGraph[Any]:
    """1 hands 5 bytes to 2 and 6 to 3; 3 waits for 2."""
    graph: nx.DiGraph[Any] = nx.DiGraph(name="plain")
    graph.add_node(1, cpu_s=1, function="f")
    graph.add_node(2, io_s=2, memory_mb=128)
    graph.add_node(3, cpu_s=3, parallelism=2, colour="red")
    graph.add_edge(1, 2, bytes=5)
    graph.add_edge(1, 3, bytes=6)
    graph.add_edge(2, 3, control=True)
    return graph


def test_in_any_other_graph_an_edge_is_an_object() -> None:
    workflow = from_networkx(plain())
    assert workflow.name == "plain"
    assert {each.name: each.bytes for each in workflow.data_objects()} == {"1->2": 5, "1->3": 6}
    assert [task.parents for task in workflow.tasks()] == [(), ("1",), ("1", "2")]
    assert workflow.task("1").function == "f"
    assert workflow.task("2").memory_mb == 128
    assert workflow.duration_s(2, 1769, 4) == 1.5


def spoilt(spoil: Callable[[nx.DiGraph[Any]], object], graph: nx.DiGraph[Any]) -> list[tuple[str, object]]:
    spoil(graph)
    with pytest.raises(InvalidInput) as raised:
        from_networkx(graph)
    return [(fault.field, fault.value) for fault in raised.value.faults]


def test_unknowns_are_refused_or_filled() -> None:
    graph = plain()
    del graph.edges[1, 2]["bytes"]
    del graph.nodes[1]["cpu_s"]
    assert spoilt(lambda g: None, graph) == [("objects['1->2'].bytes", MISSING), ("tasks['1'].cpu_s", MISSING)]
    filled = from_networkx(graph, fill=FillRules(cpu_s=7.0, bytes="median"))
    assert filled.data_object("1->2").bytes == 6
    assert len(filled.assumptions) == 2


def test_a_cycle_is_named() -> None:
    assert spoilt(lambda g: g.add_edge(2, 1, control=True), plain()) == [("tasks['1'].parents", "1 → 2 → 1")]


def test_an_edge_that_the_objects_imply_must_be_there() -> None:
    def spoil(graph: nx.DiGraph[Any]) -> None:
        graph.remove_edge("a", "b")
        graph.nodes["d"]["cpu_s"] = -1

    found = spoilt(spoil, to_networkx(diamond().build()))
    assert found == [("tasks['d'].cpu_s", -1), ("edges['a', 'b']", MISSING)]


@pytest.mark.parametrize("graph", [nx.Graph(), nx.MultiDiGraph()])
def test_only_directed_graphs_without_parallel_edges(graph: Any) -> None:
    with pytest.raises(InvalidInput, match="expected a networkx"):
        from_networkx(graph)
