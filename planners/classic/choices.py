"""Placement parts: which of the offers for a task to take.

An offer is a start, the time that the task takes there, and a kind: on a cost matrix there is one for each
processor and its kind is the processor; on a platform (`planners.list_state`) its kind is a size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import add
from typing import TypeAlias

from planners.ties import TOLERANCE

Prefer: TypeAlias = Callable[[int, list[float], list[float], Sequence[int]], list[float]]
"""What each offer for a task is worth, given starts, costs and kinds: the least is taken."""


def earliest_finish(task: int, starts: list[float], costs: list[float], kinds: Sequence[int]) -> list[float]:
    """HEFT's: where it ends first."""
    return list(map(add, starts, costs))


def earliest_start(task: int, starts: list[float], costs: list[float], kinds: Sequence[int]) -> list[float]:
    """ETF's and MCP's: where it begins first."""
    return starts


def least_cost(task: int, starts: list[float], costs: list[float], kinds: Sequence[int]) -> list[float]:
    """MET's: where it takes least, however long it waits."""
    return costs


def with_tail(tails: Sequence[Sequence[float]]) -> Prefer:
    """PEFT's: where its end plus `tails[task][kind]`, what follows at best, is least."""

    def prefer(task: int, starts: list[float], costs: list[float], kinds: Sequence[int]) -> list[float]:
        tail = tails[task]
        return [start + cost + tail[kind] for start, cost, kind in zip(starts, costs, kinds, strict=True)]

    return prefer


def by_dynamic_level(usual: Sequence[float]) -> Prefer:
    """DLS's: the start, less what is saved against the `usual` cost of the task: −(−start + Δ)."""

    def prefer(task: int, starts: list[float], costs: list[float], kinds: Sequence[int]) -> list[float]:
        return [start - (usual[task] - cost) for start, cost in zip(starts, costs, strict=True)]

    return prefer


def least(values: Sequence[float]) -> int:
    """Where the least value is; of those that tie with it the first."""
    best = min(values)
    limit = best + TOLERANCE * abs(best)
    for index, value in enumerate(values):
        if value <= limit:
            return index
    raise ValueError("values are not numbers")
