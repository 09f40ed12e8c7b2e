"""What we write as TOML, Python's parser reads back."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from platforms.toml import toml_document, toml_value

texts = st.text(st.characters(codec="utf-8"))
scalars = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), texts)
values = st.recursive(scalars, lambda inner: st.one_of(st.lists(inner), st.dictionaries(texts, inner)), max_leaves=10)


@given(values)
def test_a_value_reads_back(value: object) -> None:
    assert tomllib.loads(f"x = {toml_value(value)}") == {"x": value}


@given(st.dictionaries(texts, values))
def test_a_document_reads_back(document: dict[str, object]) -> None:
    assert tomllib.loads(toml_document(document)) == document


def test_none_is_written_as_a_word_and_sections_come_last() -> None:
    assert toml_document({"a": {"b": None, "c": {"d": 1}}, "e": [1.5, "x"]}) == (
        'e = [1.5, "x"]\n\n[a]\nb = "none"\nc = {d = 1}\n'
    )
