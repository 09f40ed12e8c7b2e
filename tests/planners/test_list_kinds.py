"""Sizes as kinds of processor: which are offered, and what tasks cost on them on average."""

from __future__ import annotations

import math

import pytest

from planners.list_kinds import as_cost_graph, kinds_of, mean_exec_s
from tests.planners.examples import chain, round_platform
from workloads import MemoryTable, Workflow, WorkflowBuilder

SIZES = "512+1024+2048"


def one_task(memory_mb: float) -> Workflow:
    """A task of 1, 2 and 6 s on the three sizes, if they hold it."""
    builder = WorkflowBuilder("one")
    builder.add_task("t", curve=MemoryTable([(512, 1.0), (1024, 2.0), (2048, 6.0)]), memory_mb=memory_mb)
    return builder.build()


class TestOffered:
    @pytest.mark.parametrize(("floor_mb", "left_out"), [(0, ""), (512, ""), (1024, "512"), (2048, "512+1024")])
    def test_where_instances_are_limited_those_that_hold_every_task(self, floor_mb: int, left_out: str) -> None:
        """A size that is just large enough is one of them; where none is left out, nothing is said."""
        kinds, notes = kinds_of(one_task(floor_mb), round_platform(concurrency=1), None, SIZES)
        kept = [size for size in (512, 1024, 2048) if size >= floor_mb]
        assert [kind.memory_mb for kind in kinds] == kept
        assert notes == (
            (f"sizes {left_out} left out: below the largest memory floor, {floor_mb} MB, where instances are limited",)
            if left_out
            else ()
        )

    def test_elsewhere_all_of_them(self) -> None:
        kinds, notes = kinds_of(one_task(1024), round_platform(), None, SIZES)
        assert [(kind.memory_mb, kind.exec_s) for kind in kinds] == [(512, [math.inf]), (1024, [2.0]), (2048, [6.0])]
        assert notes == ()


class TestCosts:
    @pytest.mark.parametrize(("floor_mb", "row"), [(0, [1, 2, 6]), (1024, [4, 2, 6]), (2048, [6, 6, 6])])
    def test_a_size_that_does_not_hold_it_counts_as_those_that_do(self, floor_mb: int, row: list[float]) -> None:
        workflow = one_task(floor_mb)
        kinds, _ = kinds_of(workflow, round_platform(), None, SIZES)
        held = [time for time, size in zip((1, 2, 6), (512, 1024, 2048), strict=True) if size >= floor_mb]
        assert mean_exec_s(kinds) == [sum(held) / len(held)]
        assert as_cost_graph(workflow, kinds).rows == [row]

    def test_edges_cost_the_same_whatever_the_size(self) -> None:
        """1 MB: put 1.05, ledger .01, word .005, get 1.03."""
        workflow = chain(1.0, 2.0, size_bytes=1_000_000)
        for sizes in (SIZES, "2048", "512"):
            kinds, _ = kinds_of(workflow, round_platform(), None, sizes)
            assert as_cost_graph(workflow, kinds).edges == {(0, 1): pytest.approx(2.095)}
