"""Entries come out as they went in, however they arrive, and as far as they are whole."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.worker.entries import as_entry, read_entries, take_entries, whole_entries

pieces = st.lists(st.binary(max_size=300), max_size=8)


@given(pieces, st.lists(st.integers(1, 40), max_size=60))
def test_they_are_taken_as_they_arrive(sent: list[bytes], parts: list[int]) -> None:
    wire = b"".join(map(as_entry, sent))
    read, taken = bytearray(), []
    for n in (*parts, len(wire)):
        read += wire[:n]
        wire = wire[n:]
        taken += take_entries(read)
    assert taken == sent
    assert not read


@given(pieces, st.data())
def test_a_file_is_read_as_far_as_it_was_written(written: list[bytes], data: st.DataObject) -> None:
    ends = [0]
    for each in written:
        ends.append(ends[-1] + len(as_entry(each)))
    cut = data.draw(st.integers(0, ends[-1]))
    file = b"".join(map(as_entry, written))[:cut]
    n_whole = sum(end <= cut for end in ends) - 1
    assert [*whole_entries(BytesIO(file))] == written[:n_whole]
    if cut in ends:
        assert [*read_entries(BytesIO(file))] == written[:n_whole]
    else:
        with pytest.raises(EOFError):
            [*read_entries(BytesIO(file))]


def test_a_damaged_length_takes_no_memory() -> None:
    with pytest.raises(EOFError):
        [*read_entries(BytesIO(b"\xff\xff\xff\xff" + b"x" * 10))]
