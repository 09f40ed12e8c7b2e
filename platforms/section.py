"""What every table of a platform description has in common."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """An immutable table that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def _require(self, *rules: tuple[str, str, bool]) -> Self:
        """Self if all rules (field, what it should be, whether it is) hold; an error names the broken."""
        broken = [(field, expected) for field, expected, holds in rules if not holds]
        if broken:
            raise PydanticCustomError("broken_rules", "fields that do not go together", {"broken": broken})
        return self
