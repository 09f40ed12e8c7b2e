"""The checker of traces finds what is broken."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from faascast.traces import save_trace
from tests.faascast_explain.runs import run_of
from tests.faascast_traces.trace_format import BrokenTraceError, read, trace_of
from tests.planners.examples import chain, round_platform

Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("trace") / "trace.json"
    save_trace(run_of(chain(1.0, 2.0, size_bytes=1_000_000), "one-per-task", round_platform()), path)
    return read(path)


def of(events: Events, phase: str, name: str = "") -> dict[str, Any]:
    return next(event for event in events if event["ph"] == phase and (not name or event["name"] == name))


def set_(phase: str, which: str, /, **fields: object) -> Callable[[Events], object]:
    return lambda events: of(events, phase, which).update(fields)


def without(phase: str, name: str, field: str) -> Callable[[Events], object]:
    return lambda events: of(events, phase, name).pop(field)


def removed(phase: str, name: str = "") -> Callable[[Events], object]:
    return lambda events: events.remove(of(events, phase, name))


def twice(phase: str, name: str = "") -> Callable[[Events], object]:
    return lambda events: events.append(dict(of(events, phase, name)))


def child_first(events: Events) -> None:
    """A child that begins with its parent comes before it."""
    child = of(events, "X", "provisioning")
    events.remove(child)
    events.insert(0, child)


def swapped(events: Events) -> None:
    """An arrow from the get to the put."""
    begin, end = of(events, "s", "data"), of(events, "f", "data")
    for name in ("pid", "tid", "ts"):
        begin[name], end[name] = end[name], begin[name]


BREAKS: dict[str, tuple[Callable[[Events], object], str]] = {
    "phase": (set_("X", "t0", ph="B"), "phase 'B'"),
    "no dur": (without("X", "t0", "dur"), r"lacks \['dur'\]"),
    "spare": (set_("X", "t0", colour="red"), r"has \['colour'\]"),
    "no name": (set_("X", "t0", name=""), "name"),
    "negative": (set_("X", "t0", dur=Decimal("-1.000")), "negative"),
    "half a ns": (set_("X", "t0", ts=Decimal("0.0005")), "whole number of ns"),
    "text": (set_("X", "t0", ts="600000.000"), "is no time"),
    "pid 0": (set_("X", "t0", pid=0), "pid"),
    "overlap": (set_("X", "computing", dur=Decimal("9999999.000")), "overlaps"),
    "child first": (child_first, "overlaps"),
    "two homes": (set_("X", "t0", pid=1), "is in processes"),
    "no process": (removed("M", "process_name"), "process 1 has no name"),
    "no thread": (removed("M", "thread_name"), "thread 1 has no name"),
    "named twice": (twice("M", "thread_name"), "told twice"),
    "metadata": (set_("M", "thread_name", name="thread_colour"), "metadata thread_colour"),
    "no begin": (removed("s"), "ends without a begin"),
    "no end": (removed("f"), "have no end"),
    "begins twice": (twice("s"), "begins twice"),
    "no slice": (set_("s", "data", ts=Decimal("0.000")), "bound to no slice"),
    "back in time": (swapped, "back in time"),
    "binding": (set_("f", "data", bp="x"), "bp"),
    "no values": (set_("C", "tasks", args={}), "counts nothing"),
    "fraction": (set_("C", "tasks", args={"running": Decimal("0.5")}), "values"),
    "late": (set_("C", "tasks", ts=Decimal("99999999.000")), "counter tasks at"),
}


def test_a_trace_of_ours_is_fine(document: dict[str, Any]) -> None:
    assert trace_of(document).flows


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_one_is_found_out(document: dict[str, Any], name: str) -> None:
    change, complaint = BREAKS[name]
    broken = deepcopy(document)
    change(broken["traceEvents"])
    with pytest.raises(BrokenTraceError, match=complaint):
        trace_of(broken)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', "[1]"])
def test_what_is_no_strict_json_is_found_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "trace.json").write_text(text)
    with pytest.raises(BrokenTraceError):
        read(tmp_path / "trace.json")
