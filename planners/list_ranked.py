"""CPOP, PEFT, Lookahead-HEFT and MCP on a platform: a rank known beforehand decides which task is next.

Their papers, and what is theirs, are in `planners.classic`; how its terms are read here in `planners.list_state`.
Priorities are by `planners.list_kinds.as_cost_graph`: uploads of results are left out of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import add
from typing import ClassVar

from planners.classic.choices import earliest_finish, earliest_start, with_tail
from planners.classic.cpop import critical_path
from planners.classic.list_scheduling import by_rank, place_in_order
from planners.classic.lookahead import looking_ahead
from planners.classic.mcp import urgency_ranks
from planners.classic.ranks import downward_ranks, latest_starts, mean_costs, optimistic_costs, upward_ranks
from planners.heft import heft_order
from planners.list_homes import place_at_home
from planners.list_kinds import Kind, as_cost_graph
from planners.list_planner import ListPlanner
from planners.list_state import ListState
from workloads import Workflow

MOST_PARENTS = 64
"""A join of more is not looked ahead to: it waits for the others anyway, and trials would take quadratic time."""


@dataclass(frozen=True)
class Cpop(ListPlanner):
    """The critical path all on one worker, the longest path through a task first (Topcuoglu et al. 2002)."""

    name: ClassVar[str] = "cpop"

    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """The path's worker has the size that runs it fastest; another follows it when its life is over."""
        graph = as_cost_graph(workflow, kinds)
        upward = upward_ranks(graph)
        path = critical_path(graph.inbound, graph.outbound, upward)
        order = by_rank(graph.parents, graph.children, list(map(add, upward, downward_ranks(graph))))
        place_at_home(state, order, [path], earliest_finish)


@dataclass(frozen=True)
class Peft(ListPlanner):
    """Earliest finish with what follows at best on that size counted in (Arabnejad, Barbosa 2014)."""

    name: ClassVar[str] = "peft"

    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """The optimistic cost table has a column for each size: to go on with the same costs no edge.

        What is left after a task ties for all parents of a join, and for all tasks at the end: the longest goes first.
        """
        graph = as_cost_graph(workflow, kinds)
        table = optimistic_costs(graph)
        order = by_rank(graph.parents, graph.children, [sum(row) / len(row) for row in table], mean_costs(graph))
        place_in_order(state, order, with_tail(table))


@dataclass(frozen=True)
class Lookahead(ListPlanner):
    """HEFT, each task where the last of its children, placed on trial, ends first (Bittencourt et al. 2010)."""

    name: ClassVar[str] = "lookahead"

    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """Trials place all children: a fan-out of n costs n placements for each offer to its root."""
        order = heft_order(workflow, kinds)
        place = {task: at for at, task in enumerate(order)}
        wide = _wide(workflow)
        ahead = [
            sorted((child for child in children if child not in wide), key=place.__getitem__)
            for children in workflow.children.tuples()
        ]
        place_in_order(state, order, looking_ahead(state, ahead.__getitem__))

    def notes(self, workflow: Workflow) -> tuple[str, ...]:
        """What was not looked at: for each of its parents a wide join would be placed on trial, after all of them."""
        n_wide = len(_wide(workflow))
        return (f"{n_wide} joins of more than {MOST_PARENTS} tasks were not looked ahead to",) if n_wide else ()


def _wide(workflow: Workflow) -> frozenset[int]:
    counts = workflow.parents.counts
    return frozenset(task for task, count in enumerate(counts.tolist()) if count > MOST_PARENTS)


@dataclass(frozen=True)
class Mcp(ListPlanner):
    """What must start soonest first, each where it starts earliest (Wu, Gajski 1990)."""

    name: ClassVar[str] = "mcp"

    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """Where it starts, not where it ends: sizes are not told apart by their speed."""
        graph = as_cost_graph(workflow, kinds)
        order = by_rank(graph.parents, graph.children, urgency_ranks(graph.children, latest_starts(graph)))
        place_in_order(state, order, earliest_start)
