"""Rows of indices in two arrays."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads import Csr

rows = st.lists(st.lists(st.integers(0, 6), max_size=5), max_size=8)


def test_rows_counts_keys_and_tuples() -> None:
    csr = Csr.from_rows([[2, 0], [], [1]])
    assert csr.indptr.tolist() == [0, 2, 2, 3]
    assert csr.row(0).tolist() == [2, 0]
    assert csr.row(1).tolist() == []
    assert csr.counts.tolist() == [2, 0, 1]
    assert csr.keys.tolist() == [0, 0, 2]
    assert csr.tuples() == ((2, 0), (), (1,))
    assert all(type(i) is int for row in csr.tuples() for i in row)
    assert csr.indptr.dtype == csr.indices.dtype == np.int32


def test_it_cannot_be_written() -> None:
    csr = Csr.from_rows([[2, 0]])
    for array in (csr.indptr, csr.indices, csr.row(0), pickle.loads(pickle.dumps(csr)).indices):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@given(rows)
def test_rows_come_back_in_order(lists: list[list[int]]) -> None:
    assert Csr.from_rows(lists).tuples() == tuple(map(tuple, lists))


@given(rows)
def test_the_transposed_holds_the_rows_of_each_index_ascending(lists: list[list[int]]) -> None:
    transposed = Csr.from_rows(lists).transposed(7)
    expected = [[i for i, row in enumerate(lists) for entry in row if entry == k] for k in range(7)]
    assert transposed.tuples() == tuple(map(tuple, expected))


@given(rows, rows)
def test_equal_means_equal_rows(one: list[list[int]], other: list[list[int]]) -> None:
    left, right = Csr.from_rows(one), Csr.from_rows(other)
    assert (left == right) == (one == other)
    assert left == copy.deepcopy(left)
    assert hash(left) == hash(Csr.from_rows(one))
