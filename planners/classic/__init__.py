"""List schedulers of the literature, on cost matrices as their papers state them.

They know processors, not platforms: no start-up, no store, no size. They are here to be trusted (their
published schedules are tests) and because `planners.heft` is the first of them carried over to a platform.
"""

from planners.classic.cost_graph import CostGraph
from planners.classic.cpop import cpop
from planners.classic.graham import list_schedule
from planners.classic.heft import heft
from planners.classic.peft import peft
from planners.classic.ranks import downward_ranks, optimistic_costs, upward_ranks
from planners.classic.schedule import Placement, Schedule

__all__ = [
    "CostGraph",
    "Placement",
    "Schedule",
    "cpop",
    "downward_ranks",
    "heft",
    "list_schedule",
    "optimistic_costs",
    "peft",
    "upward_ranks",
]
