"""Events of the Trace Event Format, each as one line of JSON.

The format counts in microseconds; a time in whole nanoseconds is written with three decimals, which is exact.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Raw
from msgspec.json import Encoder

_encode = Encoder().encode

RESERVED_COLOUR = "terrible"
"""The format's name for the colour of what went wrong (Chrome's viewer heeds it, Perfetto does not)."""


def microseconds(ns: int) -> Raw:
    """A time as the format has it."""
    return Raw(b"%d.%03d" % (ns // 1000, ns % 1000))


def complete(
    name: str,
    categories: str,
    track: tuple[int, int],
    begin_ns: int,
    end_ns: int,
    args: Mapping[str, object],
    *,
    is_alarming: bool = False,
) -> bytes:
    """A slice: something with a begin and an end. Arguments that are None are left out."""
    event = {
        "ph": "X",
        "name": name,
        "cat": categories,
        "pid": track[0],
        "tid": track[1],
        "ts": microseconds(begin_ns),
        "dur": microseconds(end_ns - begin_ns),
    }
    if is_alarming:
        event["cname"] = RESERVED_COLOUR
    event["args"] = {key: value for key, value in args.items() if value is not None}
    return _encode(event)


def flow_start(name: str, number: int, track: tuple[int, int], at_ns: int) -> bytes:
    """The begin of an arrow, at the slice that holds this moment."""
    return _encode(_flow("s", name, number, track, at_ns))


def flow_end(name: str, number: int, track: tuple[int, int], at_ns: int) -> bytes:
    """The end of an arrow, at the slice that holds this moment (and not at the next one: `bp`)."""
    return _encode({**_flow("f", name, number, track, at_ns), "bp": "e"})


def _flow(phase: str, name: str, number: int, track: tuple[int, int], at_ns: int) -> dict[str, object]:
    pid, tid = track
    return {"ph": phase, "name": name, "cat": name, "id": number, "pid": pid, "tid": tid, "ts": microseconds(at_ns)}


def counter(name: str, pid: int, at_ns: int, values: Mapping[str, int]) -> bytes:
    """Values from a moment on."""
    return _encode({"ph": "C", "name": name, "pid": pid, "tid": pid, "ts": microseconds(at_ns), "args": values})


def metadata(name: str, pid: int, tid: int, args: Mapping[str, object]) -> bytes:
    """What a process or a thread is called, and where it is shown."""
    return _encode({"ph": "M", "name": name, "pid": pid, "tid": tid, "args": args})
