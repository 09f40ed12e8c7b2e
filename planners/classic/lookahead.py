"""HEFT that looks ahead: Bittencourt, Sakellariou, Madeira, PDP 2010."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from planners.classic.choices import Prefer, earliest_finish, least
from planners.classic.cost_graph import CostGraph
from planners.classic.list_scheduling import State, by_rank, place_in_order
from planners.classic.partial import Partial
from planners.classic.ranks import upward_ranks
from planners.classic.schedule import Schedule


class Trying(State, Protocol):
    """A state that can take back what was placed on trial."""

    def begin_trial(self) -> None:
        """From here on remember what is placed."""

    def end_trial(self) -> None:
        """Take it back."""


def lookahead(graph: CostGraph, *, to_the_end: bool = False) -> Schedule:
    """HEFT, but each task where, its children placed by HEFT too, the last of them finishes first. O(e·p²) offers.

    `to_the_end` looks at all tasks that are left instead, as DSLab does: O(v²·p²).
    """
    partial = Partial(graph)
    order = by_rank(graph.parents, graph.children, upward_ranks(graph))
    place = {task: at for at, task in enumerate(order)}
    ahead = [sorted(children, key=place.__getitem__) for children in graph.children]

    def followers(task: int) -> Sequence[int]:
        return order[place[task] + 1 :] if to_the_end else ahead[task]

    place_in_order(partial, order, looking_ahead(partial, followers))
    return partial.schedule()


def looking_ahead(state: Trying, followers: Callable[[int], Sequence[int]]) -> Prefer:
    """The last finish of a task and its `followers`, were they placed by HEFT next, at each offer for the task."""

    def last_finish(task: int, offer: int, start: float, cost: float, after: Sequence[int]) -> float:
        state.begin_trial()
        state.place(task, offer, start)
        last = start + cost
        for follower in after:
            starts, costs, kinds = state.offers(follower)
            finishes = earliest_finish(follower, starts, costs, kinds)
            best = least(finishes)
            state.place(follower, best, starts[best])
            last = max(last, finishes[best])
        state.end_trial()
        return last

    def prefer(task: int, starts: list[float], costs: list[float], kinds: Sequence[int]) -> list[float]:
        after = followers(task)
        if len(starts) == 1 or not after:
            return earliest_finish(task, starts, costs, kinds)
        return [
            last_finish(task, offer, start, cost, after)
            for offer, (start, cost) in enumerate(zip(starts, costs, strict=True))
        ]

    return prefer
