"""What there is, for people: planners, platforms, sources of workflows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from faascast.text.table import Paint, plain, wrapped
from planners.parameters import Parameter as PlannerParameter
from planners.registry import planner_descriptions
from planners.switch_descriptions import switch_descriptions
from platforms import Platform, describe, load_platform, presets
from workloads.parameters import Parameter
from workloads.sources import describe_sources

_INDENT = "    "


def planner_lines(width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """Every registered planner with its parameters."""
    for each in planner_descriptions():
        yield from _entry(each.name, each.summary, each.parameters, width, paint)
    yield ""
    yield "Parameters go in brackets: --planners wukong,uniform[size_mb=1024,group=4]"


def optimization_lines(width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """Every registered optimization, what it goes with and what not."""
    for each in switch_descriptions():
        yield paint(each.name, "strong")
        yield from (f"  {line}" for line in wrapped(each.summary, width and width - 2))
        if each.combination:
            first, *rest = wrapped(_combination(each.combination), width and width - len(_INDENT))
            yield f"{_INDENT}{first}"
            yield from (f"{_INDENT}  {line}" for line in rest)
    yield ""
    yield "They are kept where simulation shows that they help: --optimizations preload+prewarm, or all"


def _combination(text: str) -> str:
    """What it goes with, or does not, as a sentence."""
    return f"Does not go {text.removeprefix('not ')}" if text.startswith("not ") else f"Goes {text}"


def source_lines(width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """All that workflows come from."""
    for each in describe_sources():
        yield from _entry(each.key, each.summary, each.parameters, width, paint)
    yield ""
    yield "Parameters follow after commas: faascast generate gen:forkjoin,width=100,seed=2 -o forkjoin.json"


def _entry(
    name: str, summary: str, parameters: Iterable[Parameter | PlannerParameter], width: int | None, paint: Paint
) -> Iterator[str]:
    yield paint(name, "strong")
    yield from (f"  {line}" for line in wrapped(summary, width and width - 2))
    for each in parameters:
        default = "none" if each.default is None else f"{each.default} {each.figure.unit}".strip()
        first, *rest = wrapped(f"{each.name} = {default}: {each.figure.meaning}", width and width - len(_INDENT))
        yield f"{_INDENT}{first}"
        yield from (f"{_INDENT}  {line}" for line in rest)


def preset_lines(width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """Every preset in a sentence."""
    names = presets()
    longest = max(map(len, names))
    for name in names:
        first, *rest = wrapped(load_platform(name).description, width and width - longest - 2)
        yield f"{paint(name.ljust(longest), 'strong')}  {first}"
        yield from (" " * (longest + 2) + line for line in rest)
    yield ""
    yield "faascast platforms NAME shows every figure and where it comes from; --toml makes it a file to edit."


def platform_lines(platform: Platform, width: int | None = None, paint: Paint = plain) -> Iterator[str]:
    """Every figure of a platform, below it where it comes from."""
    yield paint(platform.name, "strong")
    yield from wrapped(platform.description, width)
    section = ""
    for figure in describe(platform):
        table, _, name = figure.path.rpartition(".")
        if figure.path in ("name", "description"):
            continue
        if table != section:
            section = table
            yield ""
            yield paint(f"[{table}]", "strong")
        yield f"{name} = {figure.text}{f'  {figure.unit}' if figure.unit else ''}"
        if figure.source:
            lines = wrapped(figure.source, width and width - len(_INDENT))
            yield from (_INDENT + paint(line, "faint") for line in lines)
