"""DSC and TDS on a platform: clusters for as many processors as they like, which is what a platform has.

Their papers, and what is theirs, are in `planners.classic`. A cluster is a worker; what a start costs they do not ask,
so their workers are many. Where a concurrency limit allows fewer, clusters share workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from planners.classic.choices import earliest_finish
from planners.classic.dsc import Dominant
from planners.classic.list_scheduling import by_rank
from planners.classic.ranks import mean_costs, upward_ranks
from planners.classic.tds import FavouriteChains
from planners.list_homes import folded, place_at_home
from planners.list_kinds import Kind, as_cost_graph
from planners.list_planner import ListPlanner
from planners.list_state import ListState
from planners.memory import needed_at_once_mb
from planners.orders import NO_ORDERS, Duplicate, Orders
from workloads import Workflow


@dataclass(frozen=True)
class Dsc(ListPlanner):
    """Clusters along the dominant sequence, a worker each (Yang, Gerasoulis 1994)."""

    name: ClassVar[str] = "dsc"

    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """In the order of the starts in the clusters."""
        graph = as_cost_graph(workflow, kinds)
        costs = mean_costs(graph)
        found = Dominant(costs, graph.inbound, graph.outbound, upward_ranks(graph), graph.topological_order)
        order = by_rank(graph.parents, graph.children, [-start for start in found.start])
        place_at_home(state, order, folded(found.members(), costs, state.most_workers), earliest_finish)


@dataclass(frozen=True)
class Tds(ListPlanner):
    """Chains of favourite parents, a worker each, critical parents of several repeated (Darbha, Agrawal 1998)."""

    name: ClassVar[str] = "tds"

    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """As `fill`, which says more."""
        self.fill(state, workflow, kinds)

    def fill(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> tuple[Orders, tuple[str, ...]]:
        """Every task is in one chain; where TDS would repeat a parent, the orders may ask for a copy.

        A copy is of use here only if it is done before the first run is, for of two runs the first commit counts; and
        only a worker that has something to do before the child is up by then. So a chain goes on with another parent
        where TDS repeats one that is taken, and a copy is asked for where it is expected to be done sooner.
        """
        graph = as_cost_graph(workflow, kinds)
        costs = mean_costs(graph)
        found = FavouriteChains(costs, graph.inbound, graph.outbound, graph.topological_order)
        chains = found.separate_chains()
        order = by_rank(graph.parents, graph.children, [-start for start in found.start])
        place_at_home(state, order, folded(chains, costs, state.most_workers), earliest_finish)
        duplicates = tuple(each for each in _repeated(chains, found, state) if _fits(each, workflow, state))
        if not duplicates:
            return NO_ORDERS, ()
        note = f"{len(duplicates)} critical tasks may run twice; the estimate counts their first runs alone"
        return Orders(duplicate=duplicates), (note,)


def _repeated(chains: Sequence[Sequence[int]], found: FavouriteChains, state: ListState) -> Iterator[Duplicate]:
    """For tasks behind others in their chain the critical favourite parent, if it is late elsewhere."""
    workers = state.arrivals.worker
    for chain in chains:
        for before, child in pairwise(chain):
            favourite = found.favourite[child]
            elsewhere = workers[favourite] != workers[child] == workers[before]
            if elsewhere and found.is_critical(child) and _is_sooner(favourite, before, state):
                yield Duplicate(favourite, child)


def _is_sooner(task: int, before: int, state: ListState) -> bool:
    """Whether a copy of `task` behind `before` is expected to be done before the first run of it."""
    arrivals = state.arrivals
    arrival = arrivals.of(task)
    exec_s = state.kinds[state.worker_kinds[arrivals.worker[before]]].exec_s[task]
    begin_s = max(arrivals.finish_s[before], arrival.told_s) + arrival.fetch_s
    return begin_s + exec_s < arrivals.finish_s[task]


def _fits(order: Duplicate, workflow: Workflow, state: ListState) -> bool:
    """Whether the copy has room on the worker that is to run it."""
    size_mb = state.kinds[state.worker_kinds[state.arrivals.worker[order.consumer]]].memory_mb
    return needed_at_once_mb(order.task, workflow, state.platform) <= size_mb
