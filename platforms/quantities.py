"""The kinds of number a platform is described by: each with its unit and its range.

A field says what it is by its type alone, as in `billing_step_s: PositiveSeconds`. Numbers are strict (a text
or a truth value is no number) and finite unless the type says otherwise. None is so large or so small that sums and
products of it leave the numbers: at most 1e9, and at least 1e-9 if not 0 (a few kinds have limits of their own).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError


@dataclass(frozen=True, slots=True)
class Unit:
    """Marks a type with the unit its values are in."""

    name: str


def _read_none(value: object) -> object:
    return None if value == "none" else value


def _within(least: float, most: float) -> AfterValidator:
    """Refuses a finite number, other than 0, whose magnitude nobody can have meant."""

    def check(value: float) -> float:
        if value and math.isfinite(value) and not least <= value <= most:
            expected = f"at most {most:g}" if value > most else f"at least {least:g}"
            raise PydanticCustomError("beyond", "{expected}", {"expected": expected})
        return value

    return AfterValidator(check)


MOST = 1e9
"""The largest figure of most kinds; of seconds, 32 years: what ends later is cut off (`platforms.distribution`)."""

T = TypeVar("T")
Maybe = Annotated[T | None, BeforeValidator(_read_none)]
"""A value, or none: "none" in a file, for TOML has no null. What none means is said by the field."""

_Finite = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]

Number: TypeAlias = Annotated[_Finite, _within(0, MOST)]
Positive: TypeAlias = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False), _within(1 / MOST, MOST)]
Weight: TypeAlias = Positive
Sigma: TypeAlias = Annotated[_Finite, _within(0, 10)]
Factor: TypeAlias = Annotated[float, Field(strict=True, ge=1, allow_inf_nan=False), _within(1, MOST)]
Probability: TypeAlias = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Count: TypeAlias = Annotated[int, Field(strict=True, ge=1), _within(1, MOST)]
Tries: TypeAlias = Annotated[Count, _within(1, 10**5)]
"""What is repeated, perhaps at once."""
FewInstances: TypeAlias = Annotated[Count, _within(1, 10**6)]
"""What is made at once, one by one."""

Seconds: TypeAlias = Annotated[Number, Unit("s")]
PositiveSeconds: TypeAlias = Annotated[Positive, Unit("s")]
Patience: TypeAlias = Annotated[PositiveSeconds, _within(1e-3, MOST)]
"""A wait that comes again and again: shorter ones would leave time for nothing else."""
SecondsOrForever: TypeAlias = Annotated[float, Field(strict=True, ge=0), _within(0, MOST), Unit("s")]
Megabytes: TypeAlias = Annotated[Count, Unit("MB")]
Bytes: TypeAlias = Annotated[_Finite, _within(0, MOST**2), Unit("bytes")]
BytesPerSecond: TypeAlias = Annotated[
    float, Field(strict=True, gt=0, allow_inf_nan=False), _within(1 / MOST, MOST**2), Unit("bytes/s")
]
PerSecond: TypeAlias = Annotated[Positive, Unit("1/s")]
Cores: TypeAlias = Annotated[Positive, Unit("vCPU")]
Usd: TypeAlias = Annotated[Number, Unit("USD")]
