"""The kinds of number a platform is described by: each with its unit and its range.

A field says what it is by its type alone, as in `billing_step_s: PositiveSeconds`. Numbers are strict (a text
or a truth value is no number) and finite unless the type says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypeVar

from pydantic import BeforeValidator, Field


@dataclass(frozen=True, slots=True)
class Unit:
    """Marks a type with the unit its values are in."""

    name: str


def _read_none(value: object) -> object:
    return None if value == "none" else value


T = TypeVar("T")
Maybe = Annotated[T | None, BeforeValidator(_read_none)]
"""A value, or none: "none" in a file, for TOML has no null. What none means is said by the field."""

Number: TypeAlias = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Positive: TypeAlias = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Weight: TypeAlias = Positive
Factor: TypeAlias = Annotated[float, Field(strict=True, ge=1, allow_inf_nan=False)]
Probability: TypeAlias = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Count: TypeAlias = Annotated[int, Field(strict=True, ge=1)]

Seconds: TypeAlias = Annotated[Number, Unit("s")]
PositiveSeconds: TypeAlias = Annotated[Positive, Unit("s")]
SecondsOrForever: TypeAlias = Annotated[float, Field(strict=True, ge=0), Unit("s")]
Megabytes: TypeAlias = Annotated[Count, Unit("MB")]
Bytes: TypeAlias = Annotated[Number, Unit("bytes")]
BytesPerSecond: TypeAlias = Annotated[Positive, Unit("bytes/s")]
PerSecond: TypeAlias = Annotated[Positive, Unit("1/s")]
Cores: TypeAlias = Annotated[Positive, Unit("vCPU")]
Usd: TypeAlias = Annotated[Number, Unit("USD")]
