"""Reading a user's file whole, and refusing what is no file, no JSON, or understood by one reader only.

Refused are, beside broken JSON: pipes and devices (which may never end, and cannot be read twice), objects that
hold a key twice (of which one would silently win), halves of surrogate pairs (no text that can be printed), and
nesting that no document of ours has.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from workloads.errors import Fault, InvalidInput

MOST_LEVELS = 100
"""How deep arrays and objects may be nested."""
MOST_BYTES = 2**32
"""The largest file that is read, some 10 million tasks."""

_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")


def read_json(path: Path | str, expected: str) -> Any:
    """The content of a JSON file; InvalidInput, with what was `expected`, if it has none.

    ``NaN`` and numbers beyond floats become their text, for whoever wants a number to refuse.
    """
    where, data = str(path), read_bytes(path)
    try:
        text = data.decode(json.detect_encoding(data))
        value = json.loads(text, parse_constant=str, parse_float=_finite, object_pairs_hook=_each_once)
    except RecursionError:
        found = "nested too deeply"
    except UnicodeDecodeError as error:
        found = f"no {error.encoding} text ({error.reason} at byte {error.start})"
    except json.JSONDecodeError as error:
        found = str(error)
    except _TwiceError as error:
        found, expected = str(error), f"{expected}, each key once in its object"
    except ValueError:  # Python's own limit
        found = "a whole number of thousands of digits"
    else:
        found, wanted = _unfit([value], halves=_ESCAPED_HALF.search(text) is not None)
        if not found:
            return value
        expected = f"{expected}, {wanted}"
    raise InvalidInput([Fault(where, "", found, expected)])


def read_bytes(path: Path | str) -> bytes:
    """The content of a regular file; InvalidInput if it is none or cannot be read."""
    try:
        found, expected = irregular(Path(path))
        if not found:
            return Path(path).read_bytes()
    except OSError as error:
        found, expected = error.strerror or str(error), "a file that can be read"
    except ValueError as error:  # a name that no file can have
        found, expected = str(error), "a file that can be read"
    raise InvalidInput([Fault(str(path), "", found, expected)])


def open_text(path: Path) -> TextIO:
    """A regular file as text, to be read line by line; OSError if it is none or cannot be read."""
    found, _ = irregular(path)
    if found:
        raise OSError(None, found)
    return path.open(encoding="utf-8-sig", newline="")


def irregular(path: Path) -> tuple[str, str]:
    """What a path is that is neither a file of a sensible size nor missing, and what was expected; else nothing."""
    if not path.exists() or path.is_dir():
        return "", ""  # reading it will tell
    if not path.is_file():
        return "a pipe or a device", "a regular file"
    size = path.stat().st_size
    return (f"{size} bytes long", f"a file of at most {MOST_BYTES} bytes") if size > MOST_BYTES else ("", "")


class _TwiceError(Exception):
    """An object that holds a key twice."""


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise _TwiceError(f"an object that holds {twice!r:.200} more than once")
    return found


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _unfit(value: Any, *, halves: bool) -> tuple[str, str]:
    """What makes a value unfit for use, and what was expected; nothing if it is fit. `halves`: there may be some."""
    for level, inside in enumerate(_levels(value)):
        if level > MOST_LEVELS:
            return "nested too deeply", f"of at most {MOST_LEVELS} levels"
        if halves and (half := next((text for text in inside if isinstance(text, str) and _HALF.search(text)), None)):
            return half, "of whole characters"
    return "", ""


def _levels(value: Any) -> Iterator[list[Any]]:
    """What is inside a value, level by level, keys included."""
    outer = [value]
    while outer:
        inner = [each for holder in outer for each in (holder if isinstance(holder, list) else holder.values())]
        yield inner + [key for holder in outer if isinstance(holder, dict) for key in holder]
        outer = [each for each in inner if isinstance(each, list | dict)]
