"""Topological order and cycles."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workloads import Csr
from workloads.structure import cycles, topological_order

# Parents of up to eight tasks, cycles and self-loops included.
graphs = st.integers(1, 8).flatmap(
    lambda n: st.lists(st.sets(st.integers(0, n - 1), max_size=3).map(sorted), min_size=n, max_size=n)
)


def smallest_first(parents: list[list[int]]) -> list[int]:
    """Kahn's order the slow way: again and again the smallest task whose parents are all done."""
    order: list[int] = []
    while True:
        ready = [t for t, before in enumerate(parents) if t not in order and set(before) <= set(order)]
        if not ready:
            return order
        order.append(ready[0])


@given(graphs)
def test_the_order_is_the_smallest_ready_task_first(parents: list[list[int]]) -> None:
    expected = smallest_first(parents)
    order = topological_order(Csr.from_rows(parents))
    if len(expected) == len(parents):
        assert order is not None
        assert order.tolist() == expected
        assert cycles(Csr.from_rows(parents)) == []
    else:
        assert order is None


@given(graphs)
def test_self_loops_and_disjoint_cycles_are_found_and_nothing_cyclic_is_left(parents: list[list[int]]) -> None:
    found = cycles(Csr.from_rows(parents))
    for cycle in found:
        assert cycle[0] == min(cycle)
        for parent, child in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            assert parent in parents[child]
    members = [task for cycle in found if len(cycle) > 1 for task in cycle]
    assert len(members) == len(set(members))
    loops = [cycle[0] for cycle in found if len(cycle) == 1]
    assert loops == [task for task, row in enumerate(parents) if task in row]
    members += loops
    without = [[] if t in members else [p for p in row if p not in members] for t, row in enumerate(parents)]
    assert len(smallest_first(without)) == len(parents)


def test_a_forward_graph_keeps_its_order_and_a_backward_one_is_turned() -> None:
    forward = topological_order(Csr.from_rows([[], [0], [0, 1]]))
    backward = topological_order(Csr.from_rows([[1, 2], [2], []]))
    assert forward is not None
    assert backward is not None
    assert forward.tolist() == [0, 1, 2]
    assert backward.tolist() == [2, 1, 0]


def test_two_cycles_apart_and_what_hangs_on_them() -> None:
    """0 → 1 → 0, 2 → 2, and 3 after both: only the two cycles are told."""
    assert cycles(Csr.from_rows([[1], [0], [2], [1, 2]])) == [(0, 1), (2,)]
