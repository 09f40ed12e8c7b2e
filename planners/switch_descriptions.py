"""Optimizations, for people: what each says of itself in its own file."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from inspect import getdoc

from planners.switch import Switch
from planners.switches import all_switches

_COMBINATION = re.compile(r"\*Combination\*:\s*(.*?)\s*(?=\n\*|\n\n|\Z)", re.DOTALL)

_MOST_WORDS_OF_NAME = 4


@dataclass(frozen=True)
class SwitchDescription:
    """An optimization, for people."""

    name: str
    summary: str
    """What it does, in a line."""
    combination: str | None
    """What it goes with and what not; None if it does not say."""


def switch_descriptions() -> tuple[SwitchDescription, ...]:
    """Every registered optimization, in alphabetical order."""
    return tuple(_description(name, switch) for name, switch in all_switches().items())


def _description(name: str, switch: Switch) -> SwitchDescription:
    kind = type(switch)
    told = sys.modules[kind.__module__].__doc__ or getdoc(kind) or ""
    found = _COMBINATION.search(told)
    return SwitchDescription(name, _said(told), " ".join(found[1].split()) if found else None)


def _said(told: str) -> str:
    """The first sentence, without the name before its colon."""
    first = " ".join(told.strip().partition("\n\n")[0].split())
    name, colon, rest = first.partition(": ")
    return rest if colon and len(name.split()) <= _MOST_WORDS_OF_NAME else first
