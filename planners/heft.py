"""HEFT on a serverless platform: the highest upward rank first, each task where it is expected to end first.

Topcuoglu, Hariri, Wu, TPDS 2002, with the readings of its terms that `planners.list_state` states. A new worker is
opened where it is worth its start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from planners.classic.choices import earliest_finish
from planners.classic.list_scheduling import place_in_order
from planners.list_kinds import Kind, mean_exec_s
from planners.list_planner import ListPlanner
from planners.list_state import ListState
from planners.ranks import order_by_rank, upward_ranks
from workloads import Workflow


@dataclass(frozen=True)
class Heft(ListPlanner):
    """Earliest expected finish, longest path first; a new worker is opened where it is worth its start."""

    name: ClassVar[str] = "heft"

    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """By upward rank, where it ends first."""
        place_in_order(state, heft_order(workflow, kinds), earliest_finish)


def heft_order(workflow: Workflow, kinds: tuple[Kind, ...]) -> list[int]:
    """The tasks by upward rank: mean times, starts left out, uploads of results counted."""
    estimate = kinds[0].estimate
    return order_by_rank(
        workflow, upward_ranks(workflow, np.array(mean_exec_s(kinds)), estimate.edges_s(), estimate.result_s)
    )
