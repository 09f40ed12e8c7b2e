"""What the pool asks of whoever keeps the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

NS_PER_S: Final = 1_000_000_000


class Clock(Protocol):
    """Virtual or real time, in ns."""

    @property
    def now_ns(self) -> int:
        """The present."""

    def look_after(self, delay_ns: int, memory_mb: int, look: Callable[[], None]) -> None:
        """Call ``look`` so much later, before the calls of that instant, in the order of the sizes it is about."""
