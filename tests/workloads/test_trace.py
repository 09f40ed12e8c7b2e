"""Trace files: read line by line, every fault with its line, field, value and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workloads import InvalidInput, read_trace


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "trace.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_trace_is_its_lines(tmp_path: Path) -> None:
    path = written(tmp_path, 'time_s,workflow\n0,a\n0,"gen:chain,depth=2"\n\n2.5, a \n')
    trace = read_trace(path)
    assert (trace.workflows, trace.n_requests, trace.last_s) == (("a", "gen:chain,depth=2"), 3, 2.5)
    assert list(trace) == [(0.0, 0), (0.0, 1), (2.5, 0)]
    assert list(trace) == list(trace)


def test_windows_wrote_it(tmp_path: Path) -> None:
    """A byte order mark, and lines that end in two characters."""
    assert list(read_trace(written(tmp_path, "\ufefftime_s,workflow\r\n1,a\r\n"))) == [(1.0, 0)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1 is ''; expected the header time_s,workflow"),
        ("time,workflow\n1,a\n", "line 1 is 'time,workflow'; expected the header"),
        ("time_s,workflow\n", "no request"),
        ("time_s,workflow\n1,a\n0.5,a\n", "line 3: time_s is '0.5'; expected seconds from 1"),
        ("time_s,workflow\n-1,a\n", "line 2: time_s is '-1'"),
        ("time_s,workflow\nnan,a\n", "line 2: time_s is 'nan'"),
        ("time_s,workflow\ninf,a\n", "line 2: time_s is 'inf'"),
        ("time_s,workflow\n1e10,a\n", "to 1e+09"),
        ("time_s,workflow\nsoon,a\n", "line 2: time_s is 'soon'"),
        ("time_s,workflow\n1,\n", "line 2: workflow is ''"),
        ("time_s,workflow\n1\n", "line 2 is '1'; expected 2 fields"),
        ("time_s,workflow\n1,gen:chain,depth=2\n", "a comma wants quotes"),
        ('time_s,workflow\n1,"a\n', "expected CSV"),
        (b"\xff\xfe\x00", "expected a text file"),
    ],
)
def test_what_is_wrong_is_told(text: str | bytes, told: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InvalidInput) as raised:
        read_trace(path)
    assert str(path) in str(raised.value)
    assert told in str(raised.value)


def test_every_fault_is_told_up_to_twenty(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as raised:
        read_trace(written(tmp_path, "time_s,workflow\n" + "x,a\n" * 1000))
    assert len(raised.value.faults) == 20


def test_a_file_that_is_none(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.csv", tmp_path):
        with pytest.raises(InvalidInput, match="a trace file that can be read"):
            read_trace(path)


def test_a_file_that_changes_is_refused(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, "time_s,workflow\n1,a\n"))
    written(tmp_path, "time_s,workflow\n1,b\n")
    with pytest.raises(InvalidInput, match="changed"):
        list(trace)


@given(st.text() | st.lists(st.tuples(st.text(), st.text())).map(lambda rows: "\n".join(map(",".join, rows))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_anything_is_a_trace_or_refused(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, ("time_s,workflow\n" + text).encode("utf-8", "surrogatepass"))
    try:
        trace = read_trace(path)
    except InvalidInput:
        return
    assert len(list(trace)) == trace.n_requests > 0
