"""Changing a description before it is read: files that extend a preset, and `--set key=value`.

A table that names its `kind` is one value and replaces what was there; other tables are merged field by
field. A changed figure loses its source, for it is no longer the source's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from platforms.diagnose import nearest_field
from platforms.errors import PlatformError, fault
from platforms.schema import platform_fields

Path: TypeAlias = tuple[str, ...]
Table: TypeAlias = dict[str, object]


class Change(NamedTuple):
    """A value and the path of the field it is for."""

    path: Path
    value: object


class Alias(NamedTuple):
    """A short name for what `--set` users ask for most, and what it sets."""

    meaning: str
    changes: Callable[[object], tuple[Change, ...]]


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


def changes_in(table: Mapping[str, object], path: Path = ()) -> Iterator[Change]:
    """Every value of a table with its path."""
    for key, value in table.items():
        if isinstance(value, Mapping) and "kind" not in value:
            yield from changes_in(value, (*path, key))
        else:
            yield Change((*path, key), value)


def lay_over(base: Table, changes: Iterable[Change], source: str | None = None) -> None:
    """Make changes to a description in place; `source`, if given, is noted as the source of each."""
    sources = base.setdefault("sources", {})
    for path, value in changes:
        _put(base, path, value)
        if isinstance(sources, dict):
            _resource(sources, ".".join(path), source)


def _put(table: Table, path: Path, value: object) -> None:
    for key in path[:-1]:
        inner = _as_table(table.get(key))
        table[key] = inner
        table = inner
    if path[-1] == "kind" and table.get("kind") != value:
        table.clear()  # another kind has other fields
    table[path[-1]] = value


def _as_table(value: object) -> Table:
    if isinstance(value, dict):
        return value
    return {"kind": "constant", "value_s": value} if isinstance(value, int | float) else {}


def _resource(sources: Table, path: str, source: str | None) -> None:
    for known in [known for known in sources if f"{known}.".startswith(f"{path}.")]:
        del sources[known]
    if source is not None:
        sources[path] = source


def requested(name: str, value: object) -> tuple[Change, ...]:
    """What setting `name` to `value` changes; a text stands for the TOML value that it is, or for itself.

    Raises PlatformError if no field or more than one may be meant.
    """
    value = _read_value(value) if isinstance(value, str) else value
    if name in ALIASES:
        return ALIASES[name].changes(value)
    meant = _fields_meant(name.split("."))
    if len(meant) != 1:
        raise PlatformError([fault("set", name, value, _clearer(name, meant))])
    return (Change(meant[0], value),)


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


def _read_value(text: str) -> object:
    try:
        read = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return read["value"] if len(read) == 1 else text
