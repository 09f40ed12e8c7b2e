"""The reference of all fields in Markdown: `python -m platforms.reference > docs/platform-reference.md`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from inspect import cleandoc

from platforms.distribution import Distribution
from platforms.load import load_platform, presets
from platforms.overrides import ALIASES
from platforms.platform import NOT_SIMULATED_YET
from platforms.schema import FieldDoc, fields_in, kind_of, platform_fields, tables_in
from platforms.toml import toml_value

INTRODUCTION = """\
# Platform reference

A platform is described in a TOML file. `faascast platforms` lists the presets, `faascast platforms NAME`
shows one with the source of each figure, and `--platform FILE.toml` takes your own.

* A file that begins with `extends = "aws-lambda-s3"` says only what differs from that preset. A table with a
  `kind` replaces the preset's, other tables are merged field by field. A changed figure loses its source.
* `"none"` stands for no value (TOML has no null); what that means is said by the field. Fields whose default
  is *required* have no neutral value and must be given.
* A distribution is a bare number of seconds, or a table such as
  `{kind = "lognormal", median_s = 0.3, sigma = 0.25}`; the kinds are below.
* `[sources]` maps dotted paths to where the figures come from; a source holds for all that is under its path.
* `--set FIELD=VALUE` changes a field by its dotted path (`start.warm_s=0.02`, `start.warm_s.sigma=0.3`), by
  an end of the path that is unique (`warm_s=0.02`), or by a short name below. The value is TOML or plain
  text.

This file is generated: `python -m platforms.reference > docs/platform-reference.md`.
"""


def reference_markdown() -> str:
    """The reference of a platform's fields, the distributions, the short names and the presets."""
    tables = [doc for doc in platform_fields() if "." not in doc.path and _inside(doc)]
    others = [doc for doc in platform_fields() if "." not in doc.path and not _inside(doc)]
    parts = [INTRODUCTION, "## Presets", _presets(), "## Before the first table", _fields(others)]
    for table in tables:
        parts += [f"## `[{table.path}]`", _what(table), _fields(_inside(table))]
    parts += ["## Distributions", _distributions(), "## Short names for `--set`", _aliases()]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _what(table: FieldDoc) -> str:
    return table.meaning if table.range == "table" else f"{table.meaning} One {table.range}."


def _inside(table: FieldDoc) -> list[FieldDoc]:
    return [doc for doc in platform_fields() if doc.path.startswith(f"{table.path}.")]


def _fields(docs: Iterable[FieldDoc]) -> str:
    rows = [(f"`{doc.path}`", doc.unit, doc.range, _default(doc), doc.meaning + _not_yet(doc)) for doc in docs]
    return _table(("field", "unit", "accepts", "default", "meaning"), rows)


def _default(doc: FieldDoc) -> str:
    return doc.default if doc.default in ("required", "") else f"`{doc.default}`"


def _not_yet(doc: FieldDoc) -> str:
    if doc.path not in NOT_SIMULATED_YET:
        return ""
    return f" *Not simulated yet: only {toml_value(NOT_SIMULATED_YET[doc.path])} is accepted.*"


def _distributions() -> str:
    kinds = tables_in(Distribution)
    rows = [
        (f"`{kind_of(kind)}`", cleandoc(kind.__doc__ or ""), f"`{doc.path}`", doc.range, doc.meaning)
        for kind in kinds
        for doc in fields_in(kind)
    ]
    return _table(("kind", "draws", "parameter", "accepts", "meaning"), rows)


def _aliases() -> str:
    return _table(("name", "sets"), [(f"`{name}`", alias.meaning) for name, alias in ALIASES.items()])


def _presets() -> str:
    return _table(("name", "what it is"), [(f"`{name}`", load_platform(name).description) for name in presets()])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    print(reference_markdown(), end="")
