"""Changing a description before it is read: a table of values laid over another.

A table that names its `kind` is one value and replaces what was there; other tables are merged field by
field. A changed figure loses its source, for it is no longer the source's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

Path: TypeAlias = tuple[str, ...]
Table: TypeAlias = dict[str, object]


class Change(NamedTuple):
    """A new value, the path of the field it is for, and where it comes from."""

    path: Path
    value: object
    source: str = ""


def changes_in(table: Mapping[str, object], path: Path = ()) -> Iterator[Change]:
    """Every value of a table with its path."""
    for key, value in table.items():
        if isinstance(value, Mapping) and value and "kind" not in value:
            yield from changes_in(value, (*path, key))
        else:
            yield Change((*path, key), value)


def lay_over(base: Table, changes: Iterable[Change]) -> None:
    """Make changes to a description in place, its sources included."""
    sources = base.setdefault("sources", {})
    for change in changes:
        changed = _put(base, change.path, change.value)
        if isinstance(sources, dict):
            _attribute(sources, ".".join(changed), change.source)


def _put(table: Table, path: Path, value: object) -> Path:
    """Set one value; the path of all that this renews."""
    for key in path[:-1]:
        inner = _as_table(table.get(key))
        table[key] = inner
        table = inner
    is_other_kind = path[-1] == "kind" and table.get("kind") != value
    if is_other_kind:
        table.clear()  # it has other fields
    table[path[-1]] = value
    return path[:-1] if is_other_kind else path


def _as_table(value: object) -> Table:
    if isinstance(value, dict):
        return value
    return {"kind": "constant", "value_s": value} if isinstance(value, int | float) else {}


def _attribute(sources: Table, path: str, source: str) -> None:
    for known in [known for known in sources if f"{known}.".startswith(f"{path}.")]:
        del sources[known]
    table_has_source = any(path.startswith(f"{known}.") for known in sources)
    if source or table_has_source:
        sources[path] = source  # an empty one, too: the table's does not hold for this figure
