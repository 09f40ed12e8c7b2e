"""The instances that a run finds."""

from __future__ import annotations

from platforms.quantities import FewInstances, Megabytes
from platforms.section import Section


class IdleInstances(Section):
    """Idle instances of one size."""

    memory_mb: Megabytes
    """Their size."""
    count: FewInstances
    """How many."""


class Pool(Section):
    """The instances that a run finds."""

    initial: tuple[IdleInstances, ...] = ()
    """Idle instances at the beginning, as if just used."""
