"""A platform laid out for readers: every figure with its unit, its meaning and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from platforms.platform import Platform
from platforms.schema import platform_fields
from platforms.toml import toml_value


@dataclass(frozen=True, slots=True)
class Figure:
    """One field of one platform; `value` is plain data, `text` the same as it stands in a file."""

    path: str
    value: object
    unit: str
    meaning: str
    source: str | None

    @property
    def text(self) -> str:
        """The value in TOML."""
        return toml_value(self.value)


def describe(platform: Platform) -> tuple[Figure, ...]:
    """Every field of a platform that holds a value, in the order of a file."""
    docs = {doc.path: doc for doc in platform_fields()}
    tables = {path.rpartition(".")[0] for path in docs}
    figures = []
    for path, value in _values(platform.model_dump(exclude={"sources"}), "", tables):
        doc = docs.get(path) or docs[path.rpartition(".")[0]]  # what a kind means is told by its table
        source = source_of(platform, path) if value not in (None, ()) else None
        figures.append(Figure(path, value, doc.unit, doc.meaning, source))
    return tuple(figures)


def source_of(platform: Platform, path: str) -> str | None:
    """Where the value at a path comes from: its source or the nearest table's, and those of its parts."""
    around = [known for known in platform.sources if f"{path}.".startswith(f"{known}.")]
    parts = [known for known in platform.sources if known.startswith(f"{path}.")]
    told = [platform.sources[known] for known in sorted(around, key=len)[-1:]]
    told += [f"{known.removeprefix(f'{path}.')}: {platform.sources[known]}" for known in parts]
    return "; ".join(filter(None, told)) or None


def _values(table: Mapping[str, object], prefix: str, tables: set[str]) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        path = prefix + name
        if isinstance(value, Mapping) and path in tables:
            yield from _values(value, f"{path}.", tables)
        else:
            yield path, value
