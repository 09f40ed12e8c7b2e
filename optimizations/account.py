"""`Account`: what became of one optimization in one run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """Counts of whatever the optimization deals in: fetches, prewarms, copies, calls."""

    planned: int
    """So many the plan asked for."""
    applied: int
    """So many were carried out: the others met nothing to do."""
    used: int
    """Of those applied, what they brought was made use of."""
    wasted: int
    """Of those applied, it was not."""
    redundant: int = 0
    """Of those wasted, what they brought was there already."""
