"""Overlaps: workers that hold instances at one instant in every run, whatever its luck.

If a task of A needs one of B's, and one of B's needs one of A's, neither can be through before the other has begun:
both hold at some instant. So do a worker, and a task that needs one of the worker's and is needed by one. Stretches
of time that overlap two by two have an instant in common (Helly's theorem), so workers that overlap two by two all
hold at once. Not every such set is found: looked for are those around each task, and greedily those around the
workers that overlap with most others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from planners.ancestry import BLOCK, Bits, Kin, members

_MOST_SEEDS = 64


@dataclass(frozen=True)
class Crowd:
    """Workers that hold at one instant, and a task that another runs then, if there is one."""

    workers: tuple[int, ...]
    task: int | None

    @property
    def n(self) -> int:
        """How many instances that takes."""
        return len(self.workers) + (self.task is not None)


def largest_crowd(kin: Kin, counts: Callable[[int], bool]) -> Crowd:
    """The most workers, of sizes that count, that were found to hold at one instant of every run."""
    plan = kin.plan
    mine = [worker for worker in kin.holders if counts(plan.workers[worker].memory_mb)]
    crowds = (_around_a_task(kin, mine, counts), *_around_a_worker(kin, mine))
    return max(crowds, key=lambda crowd: crowd.n)


def _around_a_task(kin: Kin, mine: Sequence[int], counts: Callable[[int], bool]) -> Crowd:
    """Those around the task during which most hold; whoever runs that holds, too."""
    plan, tasks, is_mine = kin.plan, range(kin.plan.n_tasks), set(mine)
    others = [
        plan.assignment[task] not in is_mine and counts(plan.size_of(task)) and task not in kin.unsure for task in tasks
    ]
    n_held = list(map(int, others))
    for _, around in _in_blocks(kin, mine):
        for task, (own, before, after) in enumerate(around):
            n_held[task] += (before & after | own).bit_count()
    busiest = max(tasks, key=lambda task: (n_held[task], -task))
    workers: list[int] = []
    for block, around in _in_blocks(kin, mine):
        own, before, after = around[busiest]
        workers += [block[place] for place in members(before & after | own)]
    return Crowd(tuple(workers), busiest if others[busiest] else None)


def _around_a_worker(kin: Kin, mine: Sequence[int]) -> Iterator[Crowd]:
    """Sets that overlap two by two, grown from the workers that overlap with most others."""
    overlapping = _overlapping(kin, mine)
    by_degree = sorted(range(len(mine)), key=lambda k: (-overlapping[k].bit_count(), k))
    for seed in by_degree[:_MOST_SEEDS]:
        clique, candidates = [seed], overlapping[seed]
        for k in by_degree:
            if candidates >> k & 1:
                clique.append(k)
                candidates &= overlapping[k]
        yield Crowd(tuple(sorted(mine[k] for k in clique)), None)


def _overlapping(kin: Kin, mine: Sequence[int]) -> list[Bits]:
    """Per worker, the others of which each needs something of the other: bits are places in ``mine``."""
    needs, needed = [0] * len(mine), [0] * len(mine)
    first = 0
    for block, around in _in_blocks(kin, mine):
        for k, worker in enumerate(mine):
            for task in kin.tasks[worker]:
                _, before, after = around[task]
                needs[k] |= before << first
                needed[k] |= after << first
        first += len(block)
    return [needs[k] & needed[k] & ~(1 << k) for k in range(len(mine))]


def _in_blocks(kin: Kin, workers: Sequence[int]) -> Iterator[tuple[Sequence[int], list[tuple[Bits, Bits, Bits]]]]:
    """A block of workers at a time; per task which of them runs it, who runs some before it, who some after it."""
    for first in range(0, len(workers), BLOCK):
        block = workers[first : first + BLOCK]
        bits = [0] * kin.plan.n_tasks
        for place, worker in enumerate(block):
            for task in kin.tasks[worker]:
                bits[task] = 1 << place
        yield block, list(zip(bits, kin.before(bits), kin.after(bits), strict=True))
