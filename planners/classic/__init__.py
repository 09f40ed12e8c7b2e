"""List schedulers of the literature, on cost matrices as their papers state them.

They know processors, not platforms: no start-up, no store, no size. They are here to be trusted (their published
schedules are tests) and because `planners.list_planners` carries them over to platforms, from the same parts:

* *priority*: a rank known beforehand (`ranks`, `by_rank`), or the most urgent of what is ready (`place_by_urgency`);
* *placement*: which of the offers for a task is taken (`choices`);
* *insertion*: whether a task may go into a gap (`partial`, `timeline`).

Clustering (`clusters`, `dsc`) and duplication (`copies`, `tds`) decide the processors beforehand instead.
"""

from planners.classic.batch import max_min, min_min, sufferage
from planners.classic.cost_graph import CostGraph
from planners.classic.cpop import cpop
from planners.classic.dls import dls
from planners.classic.dsc import dsc
from planners.classic.etf import etf
from planners.classic.first_come import first_come
from planners.classic.graham import list_schedule
from planners.classic.heft import heft
from planners.classic.immediate import mct, met, olb
from planners.classic.lookahead import lookahead
from planners.classic.mcp import mcp
from planners.classic.peft import peft
from planners.classic.registry import SCHEDULERS
from planners.classic.schedule import Placement, Schedule, faults
from planners.classic.tds import tds

__all__ = [
    "SCHEDULERS",
    "CostGraph",
    "Placement",
    "Schedule",
    "cpop",
    "dls",
    "dsc",
    "etf",
    "faults",
    "first_come",
    "heft",
    "list_schedule",
    "lookahead",
    "max_min",
    "mcp",
    "mct",
    "met",
    "min_min",
    "olb",
    "peft",
    "sufferage",
    "tds",
]
