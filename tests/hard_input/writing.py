"""JSON and TOML written by hand, for what no library would write: bare tokens, doubled keys, infinite numbers."""

from __future__ import annotations

import json
import math
from typing import Any


class Raw(str):
    """A token that is written as it stands."""

    __slots__ = ()


class Doubled(tuple[str, Any, Any]):
    """Instead of a value: the key (first) is written twice, with both values. Only inside an object."""

    __slots__ = ()


def to_json(value: Any) -> str:
    """JSON, or something like it."""
    match value:
        case Raw():
            return str(value)
        case dict():
            return "{" + ", ".join(_members(value, lambda key: json.dumps(key) + ": ", to_json)) + "}"
        case list():
            return "[" + ", ".join(map(to_json, value)) + "]"
        case _:
            return json.dumps(value)


def to_toml(document: dict[str, Any]) -> str:
    """TOML, or something like it: a line for each member, tables in line."""
    return "".join(f"{member}\n" for member in _members(document, _toml_key, _toml_value))


def _toml_key(key: str) -> str:
    return f"{_toml_value(key)} = "


def _toml_value(value: Any) -> str:
    match value:
        case Raw():
            return str(value)
        case dict():
            return "{" + ", ".join(_members(value, _toml_key, _toml_value)) + "}"
        case list():
            return "[" + ", ".join(map(_toml_value, value)) + "]"
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _members(members: dict[str, Any], key: Any, written: Any) -> list[str]:
    pairs = ((name, value[1:] if isinstance(value, Doubled) else (value,)) for name, value in members.items())
    return [key(name) + written(each) for name, values in pairs for each in values]
