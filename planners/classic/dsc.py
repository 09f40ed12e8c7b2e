"""DSC, Dominant Sequence Clustering: Yang, Gerasoulis, TPDS 1994."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from planners.classic.copies import homes_of, place_copies
from planners.classic.cost_graph import CostGraph, Edges
from planners.classic.list_scheduling import by_rank
from planners.classic.ranks import mean_costs, upward_ranks
from planners.classic.schedule import Schedule


def dsc(graph: CostGraph) -> Schedule:
    """Clusters on unbounded processors, their mean costs taken, then the clusters on those there are. O((v + e) log v).

    Clusters are the paper's; where there are fewer processors, they are shared out by their work. Within a
    processor the order is that of the starts in the clusters.
    """
    clusters = Dominant(mean_costs(graph), graph.inbound, graph.outbound, upward_ranks(graph), graph.topological_order)
    order = by_rank(graph.parents, graph.children, [-start for start in clusters.start])
    return place_copies(graph, homes_of(clusters.members(), graph), order)


class Dominant:
    """Clusters by the dominant sequence: of the free tasks the one on the longest path next.

    A task joins the cluster of parents that lets it start soonest, if that is sooner than on its own; parents that
    only it waits for, and that are alone, may be drawn into that cluster too (the paper's minimization procedure,
    which makes joins optimal). Left out is the paper's guard for partially free tasks (DSRW): this is its DSC-I.
    """

    def __init__(
        self, costs: Sequence[float], inbound: Edges, outbound: Edges, ranks: Sequence[float], order: Sequence[int]
    ) -> None:
        n_tasks = len(costs)
        self.start = [0.0] * n_tasks
        """Per task, its start within the clusters: its top level."""
        self._costs, self._inbound, self._outbound = costs, inbound, outbound
        self._finish = [0.0] * n_tasks
        self._cluster = [-1] * n_tasks
        self._members: list[list[int]] = []
        waiting_for = [len(row) for row in inbound]
        free = [(-ranks[task], task) for task in order if not waiting_for[task]]
        free.sort()
        while free:
            _, task = heappop(free)
            self._place(task)
            for child, _ in outbound[task]:
                waiting_for[child] -= 1
                if not waiting_for[child]:
                    heappush(free, (-(self._alone(child) + ranks[child]), child))

    def members(self) -> list[list[int]]:
        """The clusters, each by start; none is empty."""
        return [members for members in self._members if members]

    def _place(self, task: int) -> None:
        best, joined = self._alone(task), None
        parents = sorted(self._inbound[task], key=lambda edge: (-(self._finish[edge[0]] + edge[1]), edge[0]))
        # Only beside the parent whose data come last can it start sooner.
        if parents and (start := self._beside(parents)) <= best:
            best, joined = start, (self._cluster[parents[0][0]], 0)
        if parents and (drawn := self._drawing(task, parents)) and drawn[0] < best:
            best, joined = drawn[0], (self._cluster[parents[0][0]], drawn[1])
        if joined is None:
            joined = (len(self._members), 0)
            self._members.append([])
        cluster, n_drawn = joined
        if n_drawn:
            self._draw(cluster, [parent for parent, _ in parents[1 : 1 + n_drawn]])
        self.start[task], self._cluster[task] = best, cluster
        self._finish[task] = best + self._costs[task]
        self._members[cluster].append(task)

    def _alone(self, task: int) -> float:
        return max((self._finish[parent] + edge for parent, edge in self._inbound[task]), default=0.0)

    def _beside(self, parents: list[tuple[int, float]]) -> float:
        """The start at the end of the cluster of the first parent; the last to arrive come first."""
        cluster = self._cluster[parents[0][0]]
        others = (self._finish[parent] + edge for parent, edge in parents if self._cluster[parent] != cluster)
        return max(self._end(cluster), next(others, 0.0))

    def _end(self, cluster: int) -> float:
        return self._finish[self._members[cluster][-1]]

    def _drawing(self, task: int, parents: list[tuple[int, float]]) -> tuple[float, int] | None:
        """The start of `task` with so many further parents drawn into the cluster of the first, and how many."""
        most = 0
        for parent, _ in parents[1:]:
            alone = len(self._members[self._cluster[parent]]) == 1 and not self._inbound[parent]
            if not alone or len(self._outbound[parent]) != 1 or self._cluster[parent] == self._cluster[parents[0][0]]:
                break
            most += 1
        if not most:
            return None
        end = self._end(self._cluster[parents[0][0]])
        best: tuple[float, int] | None = None
        for drawn in range(1, most + 1):
            end += self._costs[parents[drawn][0]]
            left = max((self._finish[parent] + edge for parent, edge in parents[drawn + 1 : drawn + 2]), default=0.0)
            start = max(end, left)
            if best is None or start < best[0]:
                best = start, drawn
        return best

    def _draw(self, cluster: int, parents: list[int]) -> None:
        for parent in parents:
            self._members[self._cluster[parent]] = []
            self.start[parent] = self._end(cluster)
            self._finish[parent] = self.start[parent] + self._costs[parent]
            self._cluster[parent] = cluster
            self._members[cluster].append(parent)
