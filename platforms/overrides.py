"""Changing a description before it is read: files that extend a preset, and `--set key=value`.

A table that names its `kind` is one value and replaces what was there; other tables are merged field by field.
A changed figure loses its source, for it is no longer the source's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

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


def read_value(text: object) -> object:
    """The value that a `--set` text means: TOML if it is TOML, else the text itself."""
    if not isinstance(text, str):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
