"""What every table of a platform description has in common."""

from __future__ import annotations

from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Rule(NamedTuple):
    """Something that has to hold between the fields of a table."""

    field: str
    expected: str
    holds: bool


class Section(BaseModel):
    """An immutable table that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def _require(self, *rules: tuple[str, str, bool]) -> Self:
        """Self, if all rules (field, what it should be, whether it is) hold; else one error naming each broken one."""
        broken = [(field, expected) for field, expected, holds in rules if not holds]
        if broken:
            raise PydanticCustomError("broken_rules", "fields that do not go together", {"broken": broken})
        return self
