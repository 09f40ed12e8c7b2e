"""Many names in little memory."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads import Names

# Halves of surrogate pairs too: a JSON file may hold them.
texts = st.lists(st.text(st.characters(exclude_categories=()), max_size=4), max_size=6)


@given(texts)
def test_they_behave_like_a_tuple(names: list[str]) -> None:
    packed = Names(names)
    assert list(packed) == names
    assert len(packed) == len(names)
    assert [packed[i] for i in range(len(names))] == names
    assert [packed[-i - 1] for i in range(len(names))] == names[::-1]
    assert packed[1:3] == tuple(names[1:3])
    assert pickle.loads(pickle.dumps(packed)) == packed


@given(texts, texts)
def test_equal_means_equal_names(one: list[str], other: list[str]) -> None:
    assert (Names(one) == Names(other)) == (one == other)
    assert (Names(one).to_bytes() == Names(other).to_bytes()) == (one == other)


def test_finding() -> None:
    names = Names(["a", "ö", "b"])
    assert names.find("ö") == 1
    assert names.find("c") is None
    assert "b" in names
    assert "c" not in names
    with pytest.raises(IndexError):
        names[3]
