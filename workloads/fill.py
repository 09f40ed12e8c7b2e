"""What to do about figures that nobody knows: refuse them, or fill them by a rule that is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workloads.columns import is_figure, whole_bytes
from workloads.errors import Fault, refuse_if

Rule: TypeAlias = float | Literal["median"] | None
"""A constant, the median of the known figures, or None: refuse."""


@dataclass(frozen=True, slots=True)
class FillRules:
    """How unknown figures are filled; by default they are refused.

    A rule that was applied is told in :attr:`Workflow.assumptions`. A median of nothing fills nothing.
    """

    cpu_s: Rule = None
    """For tasks without any time: CPU seconds."""
    bytes: Rule = None
    """For data objects without a size: bytes."""

    def __post_init__(self) -> None:
        refuse_if(self._faults())

    def _faults(self) -> Iterator[Fault]:
        if self.cpu_s not in (None, "median") and not (is_figure(self.cpu_s) and self.cpu_s >= 0):
            yield Fault("FillRules", "cpu_s", self.cpu_s, "finite seconds ≥ 0, 'median' or None")
        if self.bytes not in (None, "median") and whole_bytes(self.bytes) is None:
            yield Fault("FillRules", "bytes", self.bytes, "whole bytes ≥ 0, 'median' or None")


REFUSE = FillRules()


def figure_for(rule: Rule, known: NDArray[Any]) -> float | None:
    """What the rule puts in the place of an unknown figure; None if it cannot say."""
    if rule == "median":
        return float(np.median(known)) if known.size else None
    return rule


def told(what: str, rule: Rule, figure: float, names: Sequence[str]) -> str:
    """The assumption to report: what was filled with which figure, where."""
    source = " (the median of the known)" if rule == "median" else ""
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return f"{what} taken as {figure:g}{source} where unknown: {len(names)}, {shown}"
