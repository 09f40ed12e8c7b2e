"""Backends: what carried a run out, and how much of the platform's description it could enforce."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Backend:
    """``simulator``, or ``local``: real processes on one host."""

    name: Literal["simulator", "local"] = "simulator"
    limits: tuple[str, ...] = ()
    """Per size, by what means instances were held to their vCPUs and memory, or why they were not."""
    unenforced: tuple[str, ...] = ()
    """Fields of the platform's description that it does not follow."""
    troubles: tuple[str, ...] = ()
    """Limits that should have been enforced, and were not."""
    host: Mapping[str, str] = field(default_factory=dict)
    """Cores, interpreter, system."""

    @property
    def is_real(self) -> bool:
        """Whether tasks really ran."""
        return self.name != "simulator"


SIMULATOR: Final = Backend()
