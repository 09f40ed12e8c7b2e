"""DLS, ETF, min-min, max-min and sufferage on a platform: the offers decide which ready task is next.

Their papers, and what is theirs, are in `planners.classic`; how its terms are read here in `planners.list_state`.
None of them uses gaps. To look at all that is ready before every step would take quadratic time, and thousands can
be ready; so only the `LOOKS` that were most urgent when they were last looked at are looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import ClassVar

from planners.classic.batch import latest, least_loss, soonest
from planners.classic.choices import Prefer, by_dynamic_level, earliest_finish, earliest_start
from planners.classic.list_scheduling import Urgency, best_offer
from planners.classic.ranks import median_costs, static_levels
from planners.list_kinds import Kind, as_cost_graph
from planners.list_planner import ListPlanner
from planners.list_state import ListState
from planners.ties import TOLERANCE, levels
from workloads import Workflow

LOOKS = 4


def place_most_urgent(
    state: ListState, workflow: Workflow, prefer: Prefer, urgency: Urgency, level: Sequence[int] | None = None
) -> None:
    """Of the ready tasks looked at place the most urgent on its best offer; ties by `level`, then by task number."""
    level = level or [0] * workflow.n_tasks
    children = workflow.children.tuples()
    waiting_for: list[int] = workflow.parents.counts.tolist()
    ready = [(best_offer(state, task, prefer, urgency).urgency, level[task], task) for task in workflow.roots.tolist()]
    heapify(ready)
    while ready:
        looked = [heappop(ready)[2] for _ in range(min(LOOKS, len(ready)))]
        best = {task: best_offer(state, task, prefer, urgency) for task in looked}
        most = min(each.urgency for each in best.values())
        equal = [task for task in looked if best[task].urgency <= most + TOLERANCE * abs(most)]
        chosen = min(equal, key=lambda task: (level[task], task))
        state.place(chosen, best[chosen].offer, best[chosen].start)
        for task in looked:
            if task != chosen:
                heappush(ready, (best[task].urgency, level[task], task))
        for child in children[chosen]:
            waiting_for[child] -= 1
            if not waiting_for[child]:
                heappush(ready, (best_offer(state, child, prefer, urgency).urgency, level[child], child))


def _levels(workflow: Workflow, kinds: tuple[Kind, ...]) -> list[int]:
    """Per task its place by static level, on mean times, the highest first."""
    return levels(static_levels(as_cost_graph(workflow, kinds)))


@dataclass(frozen=True)
class _Urgent(ListPlanner):
    """What the five share."""

    @property
    def insertion(self) -> bool:
        """Tasks go to the end of what a slot has to do."""
        return False


@dataclass(frozen=True)
class Dls(_Urgent):
    """Of the ready tasks that of highest dynamic level: what follows it, less its start (Sih, Lee 1993)."""

    name: ClassVar[str] = "dls"

    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """Levels on median times, edges left out."""
        graph = as_cost_graph(workflow, kinds)
        usual = median_costs(graph)
        level = static_levels(graph, usual)
        place_most_urgent(state, workflow, by_dynamic_level(usual), lambda task, best, _: best - level[task])


@dataclass(frozen=True)
class Etf(_Urgent):
    """Of the ready tasks that which can start first, where it can (Hwang, Chow, Anger, Lee 1989)."""

    name: ClassVar[str] = "etf"

    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """Ties by the higher static level."""
        place_most_urgent(state, workflow, earliest_start, soonest, _levels(workflow, kinds))


@dataclass(frozen=True)
class MinMin(_Urgent):
    """Of the ready tasks that which can end first, where it does (Ibarra, Kim 1977)."""

    name: ClassVar[str] = "min-min"

    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """By the earliest finish, ties by the higher static level."""
        place_most_urgent(state, workflow, earliest_finish, soonest, _levels(workflow, kinds))


@dataclass(frozen=True)
class MaxMin(_Urgent):
    """Of the ready tasks that whose earliest end is latest, where it has that (Ibarra, Kim 1977)."""

    name: ClassVar[str] = "max-min"

    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """By the latest of the earliest finishes, ties by the higher static level."""
        place_most_urgent(state, workflow, earliest_finish, latest, _levels(workflow, kinds))


@dataclass(frozen=True)
class Sufferage(_Urgent):
    """Of the ready tasks that which would lose most by its second-best place (Maheswaran et al. 1999)."""

    name: ClassVar[str] = "sufferage"

    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """The second best of the offers of all sizes; losses often tie: then by the higher static level."""
        place_most_urgent(state, workflow, earliest_finish, least_loss, _levels(workflow, kinds))
