"""Finding and reading platform descriptions."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from platforms.changes import Table, changes_in, lay_over
from platforms.diagnose import faults_in
from platforms.errors import PlatformError, fault
from platforms.overrides import override
from platforms.platform import Platform
from platforms.toml import read_toml

MOST_BYTES = 10**7
"""The largest file that is read as a description."""

_PRESETS = resources.files("platforms") / "presets"


def presets() -> tuple[str, ...]:
    """The names of the platforms that come with faascast."""
    files = (file.name for file in _PRESETS.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


def load_platform(name_or_path: str | os.PathLike[str], overrides: Mapping[str, object] | None = None) -> Platform:
    """The platform of a preset or TOML file, with some of its fields set otherwise.

    `overrides` maps dotted paths (`start.warm_s`), ends of one that are unique (`warm_s`), or the short names
    of `ALIASES` to values, or to their text as on a command line. Setting a field that its table does not
    have, such as the duration of a half-life keep-alive, is a fault; the short names `keep_alive_s` and
    `half_life_s` change the kind as well. What is set has "set: …" as its source.

    Raises PlatformError with every fault in file and overrides.
    """
    where = os.fspath(name_or_path)
    return _made(_read(where), overrides or {}, where)


def change_platform(platform: Platform, overrides: Mapping[str, object]) -> Platform:
    """The platform with some of its fields set otherwise, as `load_platform` does it."""
    return _made(_parse(platform.to_toml(), platform.name), overrides, platform.name)


def _made(data: Table, overrides: Mapping[str, object], where: str) -> Platform:
    faults = override(data, overrides)
    try:
        platform = Platform.model_validate(data)
    except ValidationError as error:
        raise PlatformError([*faults, *faults_in(error, where)]) from None
    if faults:
        raise PlatformError(faults)
    return platform


def _read(name_or_path: str) -> Table:
    data = _parse(_text_of(name_or_path), name_or_path)
    sources = data.pop("sources", {})
    if "extends" in data:
        data = _extended(data.pop("extends"), data, name_or_path)
    if isinstance(sources, dict):
        # written as quoted paths or as tables in tables, kept as paths
        paths = {".".join(path): text for path, text, _ in changes_in(sources)}
        sources = {**cast("Table", data.get("sources", {})), **paths}
    return {**data, "sources": sources}


def _extended(preset: object, changes: Table, where: str) -> Table:
    if preset not in presets():
        raise PlatformError([fault(where, "extends", preset, f"a preset: {', '.join(presets())}")])
    base = _read(str(preset))
    lay_over(base, changes_in(changes))
    return base


def _text_of(name_or_path: str) -> str:
    if name_or_path in presets():
        return (_PRESETS / f"{name_or_path}.toml").read_text("utf-8")
    try:
        return _text_in(Path(name_or_path))
    except UnicodeDecodeError as error:
        raise PlatformError([f"{name_or_path} is not UTF-8 text: {error.reason} at byte {error.start}"]) from None
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = error.strerror if isinstance(error, OSError) else error
        near = get_close_matches(name_or_path, presets(), n=1)
        known = ", ".join(presets()) + (f"; perhaps {near[0]}" if near else "")
        raise PlatformError([f"{name_or_path} is no file ({reason}) and no preset: {known}"]) from None


def _text_in(path: Path) -> str:
    """The text of a regular file of a sensible size: a pipe or a device may never end."""
    if path.exists() and not path.is_dir():
        if not path.is_file():
            raise OSError(None, "a pipe or a device")
        if path.stat().st_size > MOST_BYTES:
            raise OSError(None, f"more than {MOST_BYTES} bytes")
    return path.read_text("utf-8-sig")


def _parse(text: str, where: str) -> Table:
    try:
        return read_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise PlatformError([f"{where} is not TOML: {error}"]) from None
