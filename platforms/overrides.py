"""Overrides, `--set key=value`: which fields a short name means, and what a text stands for."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from types import MappingProxyType
from typing import NamedTuple

from platforms.changes import Change, Path, Table, changes_in, lay_over
from platforms.diagnose import nearest_field
from platforms.errors import PlatformError, fault
from platforms.schema import platform_fields
from platforms.toml import read_toml


class Alias(NamedTuple):
    """A short name for what `--set` users ask for most, and what it sets."""

    meaning: str
    changes: Callable[[object], Iterable[Change]]


ALIASES: Mapping[str, Alias] = MappingProxyType(
    {
        "keep_alive_s": Alias(
            "keep_alive = fixed with this duration, whatever kind it was",
            lambda value: (Change(("keep_alive",), {"kind": "fixed", "duration_s": value}),),
        ),
        "half_life_s": Alias(
            "keep_alive = half_life with this half-life, whatever kind it was",
            lambda value: (Change(("keep_alive",), {"kind": "half_life", "half_life_s": value}),),
        ),
        "cold_s": Alias(
            "the whole cold start: start.provisioning_s, with no initialization at any size",
            lambda value: (
                Change(("start", "provisioning_s"), value),
                Change(("start", "init_s"), 0.0),
                Change(("start", "init_by_size"), []),
                Change(("start", "init_s_per_package_mb"), 0.0),
            ),
        ),
        "store_latency_s": Alias(
            "store.get_latency_s and store.put_latency_s",
            lambda value: (
                Change(("store", "get_latency_s"), value),
                Change(("store", "put_latency_s"), value),
            ),
        ),
        "size_mb": Alias("sizes.default_mb", lambda value: (Change(("sizes", "default_mb"), value),)),
    }
)
"""Names that `--set` understands beside the fields' own."""


def override(base: Table, overrides: Mapping[str, object]) -> list[str]:
    """Set fields of a description in place; the faults of what could not be set."""
    faults: list[str] = []
    changes: dict[Path, Change] = {}
    for name, value in overrides.items():
        try:
            asked = requested(name, value)
        except PlatformError as error:
            faults += error.faults
            continue
        for change in asked:
            if other := changes.get(change.path):
                faults.append(fault("set", name, value, f"a field set once; there is {other.source!r}, too"))
            changes[change.path] = change._replace(source=f"set: {name} = {value}")
    lay_over(base, sorted(changes.values(), key=_from_outside_in))
    return faults


def _from_outside_in(change: Change) -> tuple[int, bool]:
    return len(change.path), change.path[-1] != "kind"  # so that no change undoes another


def requested(name: str, value: object) -> tuple[Change, ...]:
    """What setting `name` to `value` changes; a text stands for the TOML value that it is, or for itself.

    Raises PlatformError if no field or more than one may be meant.
    """
    read = _read(value) if isinstance(value, str) else value
    if name in ALIASES:
        return tuple(ALIASES[name].changes(read))
    meant = _fields_meant(name.split("."))
    if len(meant) != 1:
        raise PlatformError([fault("set", name, value, _clearer(name, meant))])
    if isinstance(read, Mapping) and read and "kind" not in read:
        return tuple(changes_in(read, meant[0]))
    return (Change(meant[0], value if _is_text(meant[0]) else read),)


def _fields_meant(name: list[str]) -> list[Path]:
    known = [tuple(doc.path.split(".")) for doc in platform_fields() if "[]" not in doc.path]
    if tuple(name) in known:
        return [tuple(name)]
    for cut in range(len(name), 0, -1):  # the rest may lie inside a distribution or a table with kinds
        head, rest = tuple(name[:cut]), tuple(name[cut:])
        if fields := [(*path, *rest) for path in known if path[-cut:] == head]:
            return fields
    return []


def _clearer(name: str, meant: list[Path]) -> str:
    if meant:
        return "one field, and this may be any of " + ", ".join(".".join(path) for path in meant)
    near = next(iter(get_close_matches(name, ALIASES, n=1)), nearest_field(name))
    return "a field of a platform" + (f", perhaps {near}" if near else "")


def _is_text(path: Path) -> bool:
    return any(doc.path == ".".join(path) and doc.range.endswith("text") for doc in platform_fields())


def _read(text: str) -> object:
    with suppress(tomllib.TOMLDecodeError):
        read = read_toml(f"value = {text}")
        return read["value"] if len(read) == 1 else text
    with suppress(ValueError):
        return float(text)  # TOML would have .2 written 0.2
    return text
