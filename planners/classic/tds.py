"""TDS, Task Duplication based Scheduling: Darbha, Agrawal, TPDS 1998."""

from __future__ import annotations

from collections.abc import Sequence

from planners.classic.copies import homes_of, place_copies
from planners.classic.cost_graph import CostGraph, Edges
from planners.classic.list_scheduling import by_rank
from planners.classic.ranks import mean_costs
from planners.classic.schedule import Schedule


def tds(graph: CostGraph) -> Schedule:
    """Chains of favourite parents, repeated where they are critical, then the chains on the processors there are.

    O(v²) at worst for the chains. Clusters are made on mean costs and unbounded processors, as in the paper; where
    there are fewer processors, they are shared out by their work. Copies that turn out to be of no use are left out.
    """
    chains = FavouriteChains(mean_costs(graph), graph.inbound, graph.outbound, graph.topological_order)
    order = by_rank(graph.parents, graph.children, [-start for start in chains.start])
    return place_copies(graph, homes_of(chains.chains(), graph), order)


class FavouriteChains:
    """Earliest and latest times on unbounded processors, and the linear clusters that follow from them."""

    def __init__(self, costs: Sequence[float], inbound: Edges, outbound: Edges, order: Sequence[int]) -> None:
        n_tasks = len(costs)
        self.start = [0.0] * n_tasks
        """Per task, its earliest start with its favourite parent on its processor."""
        self.favourite = [-1] * n_tasks
        """Per task, the parent whose data would come last; -1 without parents."""
        self._costs, self._inbound, self._outbound, self._order = costs, inbound, outbound, order
        self._finish = [0.0] * n_tasks
        for task in order:
            self._begin(task)
        self._latest_finish = [0.0] * n_tasks
        for task in reversed(order):
            self._latest_finish[task] = self._latest(task)

    def chains(self) -> list[list[int]]:
        """Every task in some chain, parents first, each chain begun by the deepest task in none."""
        done: set[int] = set()
        return [self._chain(task, done, repeat=True) for task in self._deepest_first() if task not in done]

    def separate_chains(self) -> list[list[int]]:
        """The same with every task in one chain: where a parent would be repeated, another goes on, if there is one."""
        done: set[int] = set()
        return [self._chain(task, done, repeat=False) for task in self._deepest_first() if task not in done]

    def is_critical(self, task: int) -> bool:
        """Whether to fetch what its favourite parent made elsewhere would delay `task` for good."""
        favourite = self.favourite[task]
        edge = next((edge for parent, edge in self._inbound[task] if parent == favourite), 0.0)
        return favourite >= 0 and self._latest_start(task) - self._latest_finish[favourite] < edge

    def _deepest_first(self) -> list[int]:
        """The lowest level first; of equal ones, which no time tells apart, children before their parents."""
        levels = [0.0] * len(self._costs)
        for task in reversed(self._order):
            levels[task] = self._costs[task] + max((levels[child] for child, _ in self._outbound[task]), default=0.0)
        place = {task: at for at, task in enumerate(self._order)}
        return sorted(self._order, key=lambda task: (levels[task], -place[task]))

    def _begin(self, task: int) -> None:
        arrivals = sorted(((self._finish[p] + edge, -p) for p, edge in self._inbound[task]), reverse=True)
        if arrivals:
            self.favourite[task] = -arrivals[0][1]
            elsewhere = arrivals[1][0] if len(arrivals) > 1 else 0.0
            self.start[task] = max(self._finish[self.favourite[task]], elsewhere)
        self._finish[task] = self.start[task] + self._costs[task]

    def _latest(self, task: int) -> float:
        """The latest finish that delays no child."""
        starts = (
            self._latest_start(child) - (0.0 if self.favourite[child] == task else edge)
            for child, edge in self._outbound[task]
        )
        return min(starts, default=self._finish[task])

    def _latest_start(self, task: int) -> float:
        return self._latest_finish[task] - self._costs[task]

    def _chain(self, last: int, done: set[int], *, repeat: bool) -> list[int]:
        chain, task = [last], last
        done.add(last)
        while (parent := self._next(task, done, repeat=repeat)) >= 0:
            done.add(parent)
            chain.append(parent)
            task = parent
        return chain[::-1]

    def _next(self, task: int, done: set[int], *, repeat: bool) -> int:
        """The parent to run before `task`: the favourite, repeated if fetching from its other run would delay.

        If it would not, another parent that is in no chain yet, the last to arrive, or none.
        """
        favourite = self.favourite[task]
        if favourite not in done or (repeat and self.is_critical(task)):
            return favourite
        others = [(self._finish[p] + edge, -p) for p, edge in self._inbound[task] if p not in done]
        return -max(others)[1] if others else -1
