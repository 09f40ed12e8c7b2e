"""Shapes and built-ins: their counts, sizes and seeds."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads import InvalidInput, Workflow, load_workflow
from workloads.generators import BUILTINS, SHAPES, Chain, Diamond, ForkJoin, Generator, InTree, Layered, OutTree
from workloads.generators.shapes import distinct_draws

few = st.integers(1, 5)


def counts(workflow: Workflow) -> tuple[int, int, int, int]:
    """Tasks, edges, roots, sinks."""
    return workflow.n_tasks, workflow.n_edges, workflow.roots.size, workflow.sinks.size


def depth(workflow: Workflow) -> int:
    """Tasks on the longest path."""
    levels = [0] * workflow.n_tasks
    for task in workflow.topological_order.tolist():
        levels[task] = 1 + max((levels[parent] for parent in workflow.parents.row(task)), default=0)
    return max(levels)


@given(few)
def test_a_chain(n: int) -> None:
    workflow = Chain(depth=n).workflow()
    assert counts(workflow) == (n, n - 1, 1, 1)
    assert depth(workflow) == n


@given(few, few)
def test_a_fork_join(width: int, length: int) -> None:
    workflow = ForkJoin(width=width, depth=length).workflow()
    assert counts(workflow) == (width * length + 2, width * (length + 1), 1, 1)
    assert depth(workflow) == length + 2


@given(few, few)
def test_trees_mirror_each_other(levels: int, arity: int) -> None:
    joins, forks = (kind(depth=levels, arity=arity).workflow() for kind in (InTree, OutTree))
    n_tasks = sum(arity**level for level in range(levels))
    assert counts(joins) == (n_tasks, n_tasks - 1, arity ** (levels - 1), 1)
    assert counts(forks) == (n_tasks, n_tasks - 1, 1, arity ** (levels - 1))
    assert depth(joins) == depth(forks) == levels
    assert set(joins.parents.counts.tolist()) <= {0, arity}
    assert set(forks.children.counts.tolist()) <= {0, arity}


@given(few, few)
def test_a_diamond_is_a_grid(width: int, length: int) -> None:
    workflow = Diamond(width=width, depth=length).workflow()
    assert counts(workflow) == (width * length, 2 * width * length - width - length, 1, 1)
    assert depth(workflow) == width + length - 1


@given(few, few, few, st.integers(0, 9))
def test_layers(width: int, layers: int, fan_in: int, seed: int) -> None:
    fan_in = min(width, fan_in)
    workflow = Layered(width=width, depth=layers, fan_in=fan_in, seed=seed).workflow()
    assert workflow.n_tasks == width * layers
    assert workflow.n_edges == width * (layers - 1) * fan_in
    assert depth(workflow) == layers
    for task, parents in enumerate(workflow.parents.tuples()):
        assert all(parent // width == task // width - 1 for parent in parents)


def test_every_subset_is_drawn_equally_often() -> None:
    """6,000 draws of 2 of 4: each of the 6 pairs 1,000 times, give or take 5 standard deviations (144)."""
    drawn = distinct_draws(np.random.default_rng(1), rows=6000, n=4, k=2)
    pairs, frequencies = np.unique(drawn, axis=0, return_counts=True)
    assert pairs.tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    assert np.abs(frequencies - 1000).max() < 5 * math.sqrt(6000 * (1 / 6) * (5 / 6))


@pytest.mark.parametrize("generator", [*BUILTINS, *SHAPES])
def test_the_name_is_a_specification_of_the_same_workflow(generator: type[Generator]) -> None:
    parameters: dict[str, Any] = {"spread": 0.3, "seed": 5}
    workflow = generator(**parameters).workflow()
    assert load_workflow(workflow.name) == workflow
    assert workflow.name.endswith("seed=5,spread=0.3")


@pytest.mark.parametrize("generator", [*BUILTINS, *SHAPES])
def test_a_spread_varies_times_and_sizes_by_the_seed(generator: type[Generator]) -> None:
    parameters: dict[str, Any] = {"spread": 0.5}
    alike, one, other = (generator(**kw).workflow() for kw in ({}, parameters, {**parameters, "seed": 1}))
    assert one != other
    assert one.n_edges == alike.n_edges
    for workflow in (one, other):
        times_s = workflow.durations_s(1769, 1)
        assert not np.array_equal(times_s, alike.durations_s(1769, 1))
        assert not np.array_equal(workflow.object_bytes, alike.object_bytes)


def test_the_factor_of_a_spread_has_mean_one() -> None:
    """20,000 lognormal factors with σ .5: the mean's standard deviation is .533 / √20,000 = .0038."""
    workflow = load_workflow("gen:forkjoin,width=20000,spread=0.5,cpu_s=1")
    assert workflow.cpu_s.mean() == pytest.approx(1, abs=4 * 0.0038)
    assert np.log(workflow.cpu_s).std() == pytest.approx(0.5, rel=0.03)


# Tasks and edges of octoflows' workflows, counted from its source.
@pytest.mark.parametrize(
    ("name", "n_tasks", "n_edges"),
    [
        ("gemm", 17, 16),
        ("tree_reduction", 63, 62),
        ("text_analysis", 59, 83),
        ("image_transformer", 130, 160),
        ("montage", 21, 20),
        ("wordcount", 32, 31),
        ("fixed_times", 16, 15),
    ],
)
def test_the_built_ins_have_their_published_counts(name: str, n_tasks: int, n_edges: int) -> None:
    workflow = load_workflow(name)
    assert (workflow.name, workflow.n_tasks, workflow.n_edges) == (name, n_tasks, n_edges)
    assert workflow.sinks.size == 1
    assert workflow == load_workflow(f"builtin:{name}")


@pytest.mark.parametrize(
    ("name", "task", "reads_mb", "makes_mb"),
    [
        ("gemm", "multiply-3-0", 16, 2),
        ("gemm", "aggregate", 32, 32),
        ("text_analysis", "count-31", 31.1, 0.001),
        ("text_analysis", "segment", 31.101, 28.2),
        ("text_analysis", "analyse-0", 28.2, 1.76),
        ("text_analysis", "metrics", 28.1, 0.001),
        ("image_transformer", "split", 18.009, 18),
        ("image_transformer", "get-15", 18, 1.125),
        ("image_transformer", "sharpen-0", 0.375, 0.375),
        ("montage", "coadd", 16.5, 1.65),
    ],
)
def test_the_built_ins_move_their_published_bytes(name: str, task: str, reads_mb: float, makes_mb: float) -> None:
    workflow = load_workflow(name)
    read, made = workflow.task(task).inputs, workflow.task(task).outputs
    assert sum(workflow.data_object(each).bytes for each in read) == pytest.approx(reads_mb * 1e6)
    assert sum(workflow.data_object(each).bytes for each in made) == pytest.approx(makes_mb * 1e6)


def test_fixed_times_are_sleeps_of_any_memory() -> None:
    """Chains of 5, 4, 3, 2 and 1 sleeps of .5 s, then one more: 3 s at least, whatever the size."""
    workflow = load_workflow("fixed_times")
    assert workflow.durations_s(128, 0.07).tolist() == [0.5] * 16
    assert depth(workflow) == 6
    assert sorted(workflow.parents.counts.tolist()) == [0] * 5 + [1] * 10 + [5]


def test_gemm_scales_as_matrix_products_do() -> None:
    """Twice the rows: eight times the arithmetic, four times the data."""
    small, large = load_workflow("gemm"), load_workflow("gemm,n=4000")
    assert large.cpu_s[0] == pytest.approx(8 * small.cpu_s[0])
    assert (large.object_bytes == 4 * small.object_bytes).all()
    assert load_workflow("gemm,strips=5").n_tasks == 26


@given(st.integers(2, 40))
def test_a_reduction_of_any_number_adds_each_once(numbers: int) -> None:
    workflow = load_workflow(f"tree_reduction,numbers={numbers}")
    assert workflow.n_tasks == numbers - 1
    assert workflow.sinks.size == 1
    assert (workflow.inputs.counts == 2).all()
    assert (workflow.consumers.counts[workflow.object_producer < 0] == 1).all()
    assert depth(workflow) == math.ceil(math.log2(numbers))


@pytest.mark.parametrize(
    ("make", "fields"),
    [
        (lambda: Chain(depth=0, cpu_s=-1.0, spread=9.0), ["depth", "cpu_s", "spread"]),
        (lambda: Chain(depth=cast(Any, 1.5)), ["depth"]),
        (lambda: Chain(depth=True), ["depth"]),
        (lambda: Chain(seed=2**32), ["seed"]),
        (lambda: Chain(cpu_s=math.nan), ["cpu_s"]),
        (lambda: Layered(width=2, fan_in=3), ["fan_in"]),
        (lambda: InTree(depth=40), ["depth"]),
        (lambda: OutTree(depth=3, arity=10**5), ["depth"]),
    ],
)
def test_bad_parameters_are_refused(make: Any, fields: list[str]) -> None:
    with pytest.raises(InvalidInput) as raised:
        make()
    assert [fault.field for fault in raised.value.faults] == fields
