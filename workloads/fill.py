"""What to do about figures that nobody knows: refuse them, or fill them by a rule that is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from workloads.csr import FloatArray

Rule: TypeAlias = float | Literal["median"] | None
"""A constant, the median of the known figures, or None: refuse."""


@dataclass(frozen=True, slots=True)
class FillRules:
    """How unknown figures are filled; by default they are refused.

    Every rule that was applied is told in :attr:`Workflow.assumptions`.
    """

    cpu_s: Rule = None
    """For tasks without any time: CPU seconds."""
    bytes: Rule = None
    """For data objects without a size: bytes."""


REFUSE = FillRules()


def fill(values: FloatArray, rule: Rule, what: str, names: Sequence[str]) -> tuple[FloatArray, str | None]:
    """Fill the NaN entries by the rule; also returns the assumption to report, if one was made.

    What the rule cannot fill (no rule, or a median of nothing) stays NaN.
    """
    unknown = np.isnan(values)
    if rule is None or not unknown.any() or (rule == "median" and unknown.all()):
        return values, None
    figure = float(np.median(values[~unknown])) if rule == "median" else float(rule)
    said = f"{figure:g}, the median of the known" if rule == "median" else f"{figure:g}, as asked"
    return np.where(unknown, figure, values), f"{what} taken as {said}, for {_some(unknown, names)}"


def _some(chosen: np.ndarray, names: Sequence[str], at_most: int = 5) -> str:
    indices = np.flatnonzero(chosen)
    shown = ", ".join(names[int(i)] for i in indices[:at_most])
    return f"{indices.size} without one: {shown}{', …' if indices.size > at_most else ''}"
