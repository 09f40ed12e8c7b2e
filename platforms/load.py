"""Finding and reading platform descriptions."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from platforms.errors import Fault, PlatformError, faults_of
from platforms.overrides import ALIASES, Change, Table, changes_in, lay_over, read_value
from platforms.platform import Platform

_PRESETS = resources.files("platforms") / "presets"


def presets() -> tuple[str, ...]:
    """The names of the platforms that come with faascast."""
    return tuple(
        sorted(file.name.removesuffix(".toml") for file in _PRESETS.iterdir() if file.name.endswith(".toml"))
    )


def load_platform(name_or_path: str | Path, overrides: Mapping[str, object] | None = None) -> Platform:
    """Load a preset by name, or a TOML file by path, with some fields changed."""
    where = str(name_or_path)
    data = _read(where)
    for name, text in (overrides or {}).items():
        value = read_value(text)
        changes = (
            ALIASES[name].changes(value) if name in ALIASES else (Change(tuple(name.split(".")), value),)
        )
        lay_over(data, changes, f"set: {name} = {text}")
    try:
        return Platform.model_validate(data)
    except ValidationError as error:
        raise PlatformError(*faults_of(error, where, data)) from error


def _read(name_or_path: str) -> Table:
    if name_or_path in presets():
        text = (_PRESETS / f"{name_or_path}.toml").read_text("utf-8")
    else:
        text = Path(name_or_path).read_text("utf-8")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlatformError(Fault(name_or_path, "", None, f"TOML ({error})")) from error
    sources = data.pop("sources", {})
    if "extends" in data:
        base = _read(data.pop("extends"))
        lay_over(base, changes_in(data))
        data = base
    data.setdefault("sources", {}).update({".".join(path): value for path, value in changes_in(sources)})
    return data
