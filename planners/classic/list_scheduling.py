"""The two ways to schedule from a list: by a rank known beforehand, or by what the best offers are.

Both take two parts of a list scheduler, which task next and which offer for it; the third, whether gaps may be used,
is the business of the `State`: what both need of a schedule in the making, here or on a platform.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple, Protocol, TypeAlias

from planners.classic.choices import Prefer, least
from planners.ties import TOLERANCE, levels, levels_by


class State(Protocol):
    """A schedule in the making."""

    def offers(self, task: int) -> tuple[list[float], list[float], Sequence[int]]:
        """Starts, costs and kinds of what can be had for `task`; fewest delays first where they tie."""

    def place(self, task: int, offer: int, start: float) -> None:
        """Take one of the offers."""


Families: TypeAlias = Sequence[Sequence[int]]
"""Parents, or children, of each task."""

Urgency: TypeAlias = Callable[[int, float, float], float]
"""How soon a task is taken, given the worth of its best and its second-best offer: the least comes first."""


def by_rank(
    parents: Families, children: Families, ranks: Sequence[float], then: Sequence[float] | None = None
) -> list[int]:
    """The tasks, parents before children, of the ready ones the highest rank first.

    Ranks that tie within `planners.ties.TOLERANCE` leave the order to `then`, if it is given, the larger first, and
    last to the task number. Only ready tasks are candidates, so a zero cost, at which a child ranks as high as its
    parent, never puts it first.
    """
    level = levels(ranks) if then is None else levels_by(ranks, then)
    waiting_for = [len(row) for row in parents]
    ready = [(level[task], task) for task, waits in enumerate(waiting_for) if not waits]
    heapify(ready)
    order: list[int] = []
    while ready:
        _, task = heappop(ready)
        order.append(task)
        for child in children[task]:
            waiting_for[child] -= 1
            if not waiting_for[child]:
                heappush(ready, (level[child], child))
    return order


def place_in_order(state: State, order: Sequence[int], prefer: Prefer) -> None:
    """Place the tasks one by one, each where `prefer` finds it best."""
    for task in order:
        starts, costs, kinds = state.offers(task)
        offer = least(prefer(task, starts, costs, kinds))
        state.place(task, offer, starts[offer])


class Best(NamedTuple):
    """The best offer of a ready task, as it stood when it was last looked at."""

    urgency: float
    offer: int
    second: int
    start: float


def place_by_urgency(
    state: State,
    parents: Families,
    children: Families,
    prefer: Prefer,
    urgency: Urgency,
    level: Sequence[int] | None = None,
) -> None:
    """Of all ready tasks place the most urgent on its best offer, again and again.

    Urgencies that tie go by `level`, the lowest first, then by task number. Placing a task on a processor changes,
    and only for the worse, what that processor offers to others: so only those that had it in view look again.
    """
    waiting_for = [len(row) for row in parents]
    ready = {task: best_offer(state, task, prefer, urgency) for task, waits in enumerate(waiting_for) if not waits}
    while ready:
        task = _most_urgent(ready, level)
        taken = ready.pop(task)
        state.place(task, taken.offer, taken.start)
        for other, best in ready.items():
            if taken.offer in (best.offer, best.second):
                ready[other] = best_offer(state, other, prefer, urgency)
        for child in children[task]:
            waiting_for[child] -= 1
            if not waiting_for[child]:
                ready[child] = best_offer(state, child, prefer, urgency)


def best_offer(state: State, task: int, prefer: Prefer, urgency: Urgency) -> Best:
    """What is best for a task now, and how urgent that makes it."""
    starts, costs, kinds = state.offers(task)
    worth = prefer(task, starts, costs, kinds)
    first = least(worth)
    others = [each for each in range(len(worth)) if each != first]
    second = min(others, key=worth.__getitem__, default=first)
    return Best(urgency(task, worth[first], worth[second]), first, second, starts[first])


def _most_urgent(ready: dict[int, Best], level: Sequence[int] | None) -> int:
    most = min(best.urgency for best in ready.values())
    limit = most + TOLERANCE * abs(most)
    equal = [task for task, best in ready.items() if best.urgency <= limit]
    return min(equal) if level is None else min(equal, key=lambda task: (level[task], task))
