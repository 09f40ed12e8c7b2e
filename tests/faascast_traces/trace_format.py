"""The rules of the Trace Event Format, as strictly as any viewer applies them.

Written from the format's description (*Trace Event Format*, Google) and from what the importers of Perfetto do with
it: durations on a thread nest, and of two that begin together the outer one comes first; an arrow begins and ends at
a moment that a slice of its thread holds, and that slice is the innermost one; Perfetto knows a thread by its number
alone. Only what faascast writes is allowed: complete events, flows, counters and metadata.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

COMMON = {"ph", "name", "pid", "tid"}
FIELDS: Mapping[str, tuple[set[str], set[str]]] = {
    "X": (COMMON | {"cat", "ts", "dur", "args"}, {"cname"}),
    "M": (COMMON | {"args"}, set()),
    "C": (COMMON | {"ts", "args"}, set()),
    "s": (COMMON | {"cat", "id", "ts"}, set()),
    "f": (COMMON | {"cat", "id", "ts", "bp"}, set()),
}
"""By phase: the fields that an event has, and those that it may have."""
METADATA = {
    "process_name": ("name", str),
    "process_labels": ("labels", str),
    "process_sort_index": ("sort_index", int),
    "thread_name": ("name", str),
    "thread_sort_index": ("sort_index", int),
}


@dataclass
class Slice:
    """One complete event, in ns."""

    name: str
    categories: tuple[str, ...]
    process: str
    thread: str
    begin_ns: int
    end_ns: int
    args: dict[str, Any]
    depth: int = 0
    parent: Slice | None = None

    def holds(self, at_ns: int) -> bool:
        """Whether the moment is in the slice; its end is not, unless it has no length."""
        return self.begin_ns <= at_ns < max(self.end_ns, self.begin_ns + 1)


@dataclass
class Trace:
    """What a viewer makes of a document."""

    about: dict[str, Any]
    slices: list[Slice] = field(default_factory=list)
    flows: list[tuple[str, Slice, Slice]] = field(default_factory=list)
    counters: dict[str, list[tuple[int, dict[str, int]]]] = field(default_factory=dict)

    def by_event(self) -> dict[int, list[Slice]]:
        """The slices that stand for an operation, by its row."""
        found: dict[int, list[Slice]] = {}
        for each in self.slices:
            if "event" in each.args and "invocation" not in each.categories and "admission" not in each.categories:
                found.setdefault(each.args["event"], []).append(each)
        return found

    def named(self, name: str) -> list[Slice]:
        """The slices with a name."""
        return [each for each in self.slices if each.name == name]


class BrokenTraceError(AssertionError):
    """A trace that breaks a rule."""


def read(path: Path) -> dict[str, Any]:
    """A document from a file: strict JSON, each member once, every number as it is written."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    document = json.loads(data, object_pairs_hook=_members, parse_float=Decimal, parse_constant=_refuse)
    require(isinstance(document, dict), "the document is no object")
    return dict(document)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    require(len(dict(pairs)) == len(pairs), f"a member is there twice: {pairs}")
    return dict(pairs)


def _refuse(constant: str) -> None:
    raise BrokenTraceError(f"{constant} is not JSON")


def require(holds: bool, complaint: str) -> None:
    """A rule."""
    if not holds:
        raise BrokenTraceError(complaint)


def trace_of(document: Mapping[str, Any]) -> Trace:
    """The trace of a document; BrokenTraceError if it breaks a rule."""
    require(set(document) == {"displayTimeUnit", "otherData", "traceEvents"}, f"members {sorted(document)}")
    require(list(document)[-1] == "traceEvents", "traceEvents comes last: Perfetto may not read what follows")
    require(document["displayTimeUnit"] in ("ms", "ns"), "displayTimeUnit")
    events = document["traceEvents"]
    require(isinstance(events, list), "traceEvents is no list")
    for event in events:
        _check_fields(event)
    processes, threads = _names(events)
    trace = Trace(dict(document["otherData"]))
    on_thread = _slices(events, processes, threads, trace)
    _flows(events, on_thread, trace)
    _counters(events, trace)
    return trace


def _check_fields(event: Any) -> None:
    require(isinstance(event, dict), f"{event} is no object")
    phase = event.get("ph")
    require(phase in FIELDS, f"phase {phase!r}")
    needed, allowed = FIELDS[phase]
    require(needed <= set(event), f"{event} lacks {sorted(needed - set(event))}")
    require(set(event) <= needed | allowed, f"{event} has {sorted(set(event) - needed - allowed)}")
    require(isinstance(event["name"], str) and event["name"] != "", f"{event}: name")
    for name in ("pid", "tid"):
        require(type(event[name]) is int and 0 < event[name] < 2**31, f"{event}: {name}")
    require(all(_ns(event[name]) >= 0 for name in ("ts", "dur") if name in event), f"{event}: negative time")
    require(isinstance(event.get("args", {}), dict), f"{event}: args")
    require(phase not in "sf" or type(event["id"]) is int, f"{event}: id")
    require(phase != "f" or event["bp"] == "e", f"{event}: bp")


def _ns(value: Any) -> int:
    """Microseconds as written, in ns."""
    require(isinstance(value, int | Decimal) and not isinstance(value, bool), f"{value!r} is no time")
    ns = Decimal(value) * 1000
    require(ns == int(ns), f"{value} µs is no whole number of ns")
    return int(ns)


def _names(events: Iterable[Mapping[str, Any]]) -> tuple[dict[int, str], dict[int, str]]:
    """The names of processes and threads; each has one, and belongs to one process."""
    told: dict[tuple[str, int], Any] = {}
    home: dict[int, int] = {}
    for event in events:
        pid, tid = event["pid"], event["tid"]
        require(home.setdefault(tid, pid) == pid, f"thread {tid} is in processes {home[tid]} and {pid}")
        if event["ph"] == "M":
            require(event["name"] in METADATA, f"metadata {event['name']}")
            member, kind = METADATA[event["name"]]
            require(set(event["args"]) == {member} and type(event["args"][member]) is kind, f"{event}: args")
            key = (event["name"], pid if event["name"].startswith("process") else tid)
            require(key not in told, f"{key} is told twice")
            told[key] = event["args"][member]
    for tid, pid in home.items():
        require(("process_name", pid) in told, f"process {pid} has no name")
        require(("thread_name", tid) in told, f"thread {tid} has no name")
    return tuple(
        {n: name for (what, n), name in told.items() if what == f"{which}_name"} for which in ("process", "thread")
    )  # type: ignore[return-value]


def _slices(
    events: Iterable[Mapping[str, Any]], processes: Mapping[int, str], threads: Mapping[int, str], trace: Trace
) -> dict[int, list[Slice]]:
    """By thread, the slices in the order of their begins, nested."""
    on_thread: dict[int, list[Slice]] = {}
    for event in events:
        if event["ph"] == "X":
            begin_ns = _ns(event["ts"])
            end_ns = begin_ns + _ns(event["dur"])
            names = processes[event["pid"]], threads[event["tid"]]
            found = Slice(event["name"], tuple(event["cat"].split(",")), *names, begin_ns, end_ns, event["args"])
            on_thread.setdefault(event["tid"], []).append(found)
            trace.slices.append(found)
    for tid, slices in on_thread.items():
        slices.sort(key=lambda each: each.begin_ns)  # stable, as the importers sort
        stack: list[Slice] = []
        for each in slices:
            while stack and stack[-1].end_ns <= each.begin_ns:
                stack.pop()
            require(not stack or each.end_ns <= stack[-1].end_ns, f"thread {tid}: {each.name} overlaps {stack[-1:]}")
            each.depth, each.parent = len(stack), stack[-1] if stack else None
            stack.append(each)
    return on_thread


def _flows(events: Iterable[Mapping[str, Any]], on_thread: Mapping[int, list[Slice]], trace: Trace) -> None:
    """Arrows: each begins once, ends once, later, and in a slice each time."""
    begun: dict[int, tuple[str, int, Slice]] = {}
    ended: set[int] = set()
    for event in events:
        if event["ph"] not in ("s", "f"):
            continue
        number, name, at_ns = event["id"], f"{event['cat']}/{event['name']}", _ns(event["ts"])
        holding = [each for each in on_thread.get(event["tid"], ()) if each.holds(at_ns)]
        require(bool(holding), f"flow {number} is bound to no slice at {at_ns}")
        innermost = max(holding, key=lambda each: each.depth)
        if event["ph"] == "s":
            require(number not in begun, f"flow {number} begins twice")
            begun[number] = (name, at_ns, innermost)
            continue
        require(number in begun and number not in ended, f"flow {number} ends without a begin")
        before, begun_ns, source = begun[number]
        require(before == name, f"flow {number} is {before} and {name}")
        require(begun_ns <= at_ns, f"flow {number} goes back in time")
        ended.add(number)
        trace.flows.append((event["name"], source, innermost))
    require(set(begun) == ended, f"flows {sorted(set(begun) - ended)} have no end")


def _counters(events: Iterable[Mapping[str, Any]], trace: Trace) -> None:
    """Counters: the same values each time, later each time."""
    for event in events:
        if event["ph"] == "C":
            values, at_ns = event["args"], _ns(event["ts"])
            require(bool(values), f"{event} counts nothing")
            require(all(type(value) is int and value >= 0 for value in values.values()), f"{event}: values")
            told = trace.counters.setdefault(event["name"], [])
            require(not told or told[-1][0] < at_ns, f"counter {event['name']} at {at_ns}")
            require(not told or set(told[-1][1]) == set(values), f"counter {event['name']} changes its values")
            told.append((at_ns, values))


def sequence(slices: Iterable[Slice]) -> Iterator[tuple[str, float, float]]:
    """Names, begins and ends in ms, in that order."""
    for each in sorted(slices, key=lambda each: (each.begin_ns, each.end_ns)):
        yield each.name, each.begin_ns / 1e6, each.end_ns / 1e6
