"""`ListPlanner`: a classical list scheduler as a planner of a platform."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from planners.evaluator import Evaluator
from planners.list_kinds import Kind, Sizes, kinds_of
from planners.list_state import ListState
from planners.orders import NO_ORDERS, Orders
from planners.plan import Plan, PlannedWorker
from planners.planner import Planner
from planners.ranks import priorities
from planners.sizing import SizeMb
from platforms import Platform
from workloads import Workflow


@dataclass(frozen=True)
class ListPlanner(Planner):
    """Places every task on a worker that is open or a new one; what a subclass decides is which, and in which order."""

    size_mb: SizeMb = None
    sizes: Sizes = ""

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """The schedule as a plan: its workers in the order of their opening, its starts as priorities."""
        kinds, notes = kinds_of(workflow, platform, self.size_mb, self.sizes)
        state = ListState(kinds, platform, insertion=self.insertion)
        orders, more = self.fill(state, workflow, kinds)
        sizes_mb = [kinds[kind].memory_mb for kind in state.worker_kinds]
        return Plan(
            planner=str(self),
            workflow=workflow.fingerprint,
            workers=tuple(PlannedWorker(f"w{worker}", size_mb) for worker, size_mb in enumerate(sizes_mb)),
            assignment=tuple(state.arrivals.worker),
            flexible_mb=None,
            priority=priorities(state.by_start(), workflow.n_tasks),
            orders=orders,
            notes=(*notes, *more),
            estimated_makespan_s=state.makespan_s(),
        )

    @property
    def insertion(self) -> bool:
        """Whether a task may go into a gap."""
        return True

    def fill(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> tuple[Orders, tuple[str, ...]]:
        """Place every task; returns what is asked of the workers beside, and notes."""
        self.schedule(state, workflow, kinds)
        return NO_ORDERS, self.notes(workflow)

    def notes(self, workflow: Workflow) -> tuple[str, ...]:
        """What a reader should know."""
        return ()

    @abstractmethod
    def schedule(self, state: ListState, workflow: Workflow, kinds: tuple[Kind, ...]) -> None:
        """Place every task."""
