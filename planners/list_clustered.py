"""DSC and TDS on a platform: clusters for as many processors as they like, which is what a platform has.

Their papers, and what is theirs, are in `planners.classic`. A cluster is a worker; what a start costs they do not ask,
so their workers are many. Where a concurrency limit allows fewer, clusters share workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from planners.orders import Duplicate, Orders
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
        """A task is placed with its first chain; where another chain repeats it, the orders ask for a duplicate.

        Of several parents repeated in a row only the last can be asked for: it reads what the first runs made.
        """
        graph = as_cost_graph(workflow, kinds)
        costs = mean_costs(graph)
        found = FavouriteChains(costs, graph.inbound, graph.outbound, graph.topological_order)
        chains = found.chains()
        order = by_rank(graph.parents, graph.children, [-start for start in found.start])
        place_at_home(state, order, folded(_first_runs(chains), costs, state.most_workers), earliest_finish)
        duplicates = tuple(_repeated(chains, state.arrivals.worker))
        if not duplicates:
            return Orders(), ()
        note = f"{len(duplicates)} critical tasks are to run twice; the estimate counts their first runs alone"
        return Orders(duplicate=duplicates), (note,)


def _first_runs(chains: Sequence[Sequence[int]]) -> list[list[int]]:
    """The chains without what an earlier chain has."""
    done: set[int] = set()
    first: list[list[int]] = []
    for chain in chains:
        first.append([task for task in chain if task not in done])
        done.update(chain)
    return first


def _repeated(chains: Sequence[Sequence[int]], workers: Sequence[int]) -> Iterator[Duplicate]:
    """Per chain that begins with what others run, the last of it, for the first task of its own."""
    for chain, own in zip(chains, _first_runs(chains), strict=True):
        at = chain.index(own[0])
        if at and workers[chain[at - 1]] != workers[own[0]]:
            yield Duplicate(chain[at - 1], own[0])
