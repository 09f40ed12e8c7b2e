"""The bill of a run: what was used, at which price, item by item."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One line: a quantity of something at a price."""

    name: str
    quantity: float
    unit: str
    usd_per_unit: float

    @property
    def usd(self) -> float:
        """What the line costs."""
        return self.quantity * self.usd_per_unit


@dataclass(frozen=True, slots=True)
class Bill:
    """All items of a run; the cost is their sum, in this order."""

    items: tuple[Item, ...]

    @property
    def cost_usd(self) -> float:
        """The sum of the items."""
        return sum(item.usd for item in self.items)

    def __getitem__(self, name: str) -> Item:
        return next(item for item in self.items if item.name == name)
