"""TOML, read and written: a table per section, everything below a section in line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any


def read_toml(text: str) -> dict[str, Any]:
    """The content of TOML; TOMLDecodeError for all that is none, whatever Python makes of it."""
    try:
        read = tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("nested too deeply") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:  # Python's own limit, or a date that there is not
        raise tomllib.TOMLDecodeError("a whole number of thousands of digits, or no date") from None
    if not _fits([read]):
        raise tomllib.TOMLDecodeError("a whole number beyond the 64 bits that TOML has")
    return read


def _fits(values: Iterable[object]) -> bool:
    """Whether all whole numbers, at any depth, have at most 64 bits; hexadecimal ones may have any length."""
    outer = list(values)
    while outer:
        if any(isinstance(value, int) and not -(2**63) <= value < 2**63 for value in outer):
            return False
        tables = (
            value.values() if isinstance(value, dict) else value for value in outer if isinstance(value, dict | list)
        )
        outer = [inner for table in tables for inner in table]
    return True


def toml_document(data: Mapping[str, object]) -> str:
    """TOML for a mapping of values and sections; none is written as "none"."""
    top = {key: value for key, value in data.items() if not isinstance(value, Mapping)}
    sections = {key: value for key, value in data.items() if isinstance(value, Mapping)}
    parts = [_lines(top)] + [f"[{_key(key)}]\n{_lines(section)}" for key, section in sections.items()]
    return "\n".join(parts)


def _lines(table: Mapping[str, object]) -> str:
    return "".join(f"{_key(key)} = {toml_value(value)}\n" for key, value in table.items())


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else _text(key)


def toml_value(value: object) -> str:
    """A value as it stands in a TOML file, in one line."""
    match value:
        case None:
            return '"none"'
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case int() | float():
            return repr(value)
        case Mapping():
            return "{" + ", ".join(f"{_key(key)} = {toml_value(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(toml_value, value)) + "]"
    raise TypeError(f"TOML has no way to write {value!r}")


def _text(text: str) -> str:
    # JSON's escapes are TOML's, except that TOML also wants DEL escaped
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
