"""Settings, `--set key=value`: fields of the platform, parameters of planners, or both.

A setting holds wherever it fits: `size_mb=512` is a parameter of every planner that has one called so, and the
platform's default size. What a planner's own brackets say (`uniform[size_mb=1024]`) goes before a setting. A
setting that fits nowhere is a fault.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import TypeAlias

from faascast.faults import BadInput, Intake
from planners import parameters
from planners.knowledge.informed import MARK, informed, parted
from planners.knowledge.modes import Knowledge
from planners.parameters import to_text
from planners.planner import Planner
from planners.registry import make_planner, with_parameters
from platforms import Platform, PlatformError, change_platform, load_platform
from platforms.overrides import requested

PlatformLike: TypeAlias = str | os.PathLike[str] | Platform
"""A preset's name, the path of a TOML file, or a platform."""
PlannerLike: TypeAlias = str | Planner
"""`name[parameter=value,…]`, or a planner."""
Settings: TypeAlias = Mapping[str, object]
"""Values, or their text as on a command line, by key."""


OPTIONS = {
    "sla": "--percentile",
    "deadline_s": "--deadline",
    "budget_usd": "--budget",
    "optimizations": "--optimizations",
    "evaluations": "--evaluations",
}
"""What sets parameters of planners beside `--set`. No field of a platform is called so."""
GOALS = ("sla", "deadline_s", "budget_usd")
"""What a plan is for. It may be asked for whoever plans; who cannot use it is told."""


@dataclass(frozen=True)
class Use:
    """Where a setting holds."""

    key: str
    value: object
    fields: tuple[str, ...]
    """Dotted paths of the platform's fields that it sets."""
    planners: tuple[str, ...]
    """Names of the planners of which it is a parameter."""
    others: tuple[str, ...] = ()
    """Of what is asked for (`GOALS`), the names of the planners that do not plan for it."""

    def __str__(self) -> str:
        of_planners = [f"{self.key} of {', '.join(self.planners)}"] if self.planners else []
        sets = [f"sets {'; '.join([*self.fields, *of_planners])}"] if self.fields or of_planners else []
        others = [f"{', '.join(self.others)} {'plan' if self.others[1:] else 'plans'} without"] if self.others else []
        return f"{self.key} = {_text(self.value)} {'; '.join([*sets, *others])}"


@dataclass(frozen=True)
class Resolved:
    """Planners and platform with the settings carried out."""

    planners: tuple[Planner, ...]
    asked: tuple[str, ...]
    """The planners' names without the settings."""
    platform: Platform
    uses: tuple[Use, ...]


def parameters_of(uses: Sequence[Use]) -> dict[str, object]:
    """The settings themselves, as plain data: texts that are numbers as numbers."""
    return {use.key: plain_value(use.value) for use in uses}


def plain_value(value: object) -> object:
    """A setting as it is told: a finite number as one, anything else but true and false as text."""
    if isinstance(value, bool | int):
        return value
    text = str(value)
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text) if math.isfinite(float(text)) else text
    return {"true": True, "false": False}.get(text, text)


def resolve(planners: Sequence[PlannerLike], platform: PlatformLike, settings: Settings | None = None) -> Resolved:
    """Carry out the settings; BadInput with everything wrong about planners, platform and settings."""
    intake, settings = Intake(), settings or {}
    made = [choice for planner in planners if (choice := intake.take(partial(_Choice.of, planner)))]
    uses = tuple(_use(key, value, made) for key, value in settings.items())
    if len(made) == len(planners):  # else a setting may be for the planner that could not be made
        intake.refuse(*(_fits_nowhere(use, made) for use in uses if not (use.fields or use.planners or use.others)))
    changed = intake.take(partial(_changed, platform, {use.key: use.value for use in uses if use.fields}))
    set_up = [planner for choice in made if (planner := intake.take(partial(choice.set_up, settings)))]
    intake.close()
    assert changed is not None
    return Resolved(tuple(set_up), tuple(choice.name for choice in made), changed, uses)


@dataclass(frozen=True)
class _Choice:
    """A planner that was asked for, its parameters, and those of them whose values were said."""

    planner: Planner
    knowledge: Knowledge | None
    """What it may know, if that was said."""
    names: tuple[str, ...]
    said: frozenset[str]

    @staticmethod
    def of(asked: PlannerLike) -> _Choice:
        planner, knowledge = parted(make_planner(asked) if isinstance(asked, str) else asked)
        said = (name for name, _ in _pairs(str(asked).partition(MARK)[0].partition("[")[2].rstrip("] ")))
        names = tuple(parameter.name for parameter in parameters.parameters_of(type(planner)))
        return _Choice(planner, knowledge, names, frozenset(said))

    @property
    def name(self) -> str:
        return str(informed(self.planner, self.knowledge))

    def takes(self, key: str) -> bool:
        return key in self.names and key not in self.said

    def set_up(self, settings: Settings) -> Planner:
        fitting = {key: _text(value) for key, value in settings.items() if self.takes(key)}
        texts = dict(_pairs(to_text(self.planner))) | fitting
        made = with_parameters(type(self.planner), texts) if fitting else self.planner
        return informed(made, self.knowledge)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for item in filter(None, text.split(",")):
        name, _, value = item.partition("=")
        yield name.strip(), value.strip()


def _text(value: object) -> str:
    """A value as it is written in a planner's brackets."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _use(key: str, value: object, choices: Sequence[_Choice]) -> Use:
    takers = dict.fromkeys(choice.planner.name for choice in choices if choice.takes(key))
    others = dict.fromkeys(choice.planner.name for choice in choices if key in GOALS and key not in choice.names)
    return Use(key, value, _fields(key, value), tuple(takers), tuple(others))


def _fields(key: str, value: object) -> tuple[str, ...]:
    try:
        return tuple(".".join(change.path) for change in requested(key, value))
    except PlatformError:
        return ()


def _fits_nowhere(use: Use, choices: Sequence[_Choice]) -> str:
    """The platform's own words, which name the nearest field, and the nearest parameter."""
    owner = {name: choice.planner.name for choice in choices for name in choice.names}
    near = get_close_matches(use.key, owner, n=1)
    hint = f", perhaps {near[0]} of {owner[near[0]]}" if near else ""
    hint = f"; {owner[use.key]} says its own in brackets" if use.key in owner else hint
    parameter = f"a parameter of a chosen planner{hint}" if owner else "a parameter of a planner, if one is chosen"
    if use.key in OPTIONS:
        return f"{use.key} ({OPTIONS[use.key]}) is {use.value!r}; expected {parameter}"
    try:
        requested(use.key, use.value)
    except PlatformError as error:
        return f"{error.faults[0]}, or {parameter}"
    raise AssertionError(f"{use.key} fits the platform")


def _changed(platform: PlatformLike, overrides: Settings) -> Platform:
    """The platform with the overrides; refused if it asks for what is not simulated yet."""
    if isinstance(platform, Platform):
        where, changed = platform.name, change_platform(platform, overrides)
    else:
        where, changed = os.fspath(platform), load_platform(platform, overrides)
    if fields := changed.unsupported():
        raise BadInput([f"platform {where}: {field} is set, but is not simulated yet" for field in fields])
    return changed
