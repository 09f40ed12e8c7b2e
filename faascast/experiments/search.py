"""Searching for a plan: what `faascast search` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from faascast.experiments.evaluations import EvaluationFile, FiledEvaluator, Subject
from faascast.experiments.rows import Row, frame
from faascast.faults import Intake
from faascast.inputs import (
    DEFAULT_PLATFORM,
    DEFAULT_SEED,
    Report,
    WorkflowLike,
    as_workflow,
    number_faults,
)
from faascast.settings import PlannerLike, PlatformLike, Resolved, Settings, Use, resolve
from planners.bounds import lower_bound
from planners.check import plan_warnings
from planners.goal import Goal
from planners.knowledge.informed import parted
from planners.plan import Plan
from planners.planner import Planner
from planners.registry import make_planner, planner_class, planner_names
from planners.search.front import Front, Point, front_of, point_of
from planners.search.searching import Searching
from planners.switches import switched_on
from platforms import Platform
from sim.evaluator import USUAL_RUNS, SimulatedEvaluator
from workloads import FillRules, InvalidInput, Workflow
from workloads.fill import REFUSE

if TYPE_CHECKING:
    import pandas

DEFAULT_PLANNER = "nsga2"


@dataclass(frozen=True, eq=False)
class Search:
    """What a search found."""

    workflow: Workflow
    platform: Platform
    uses: tuple[Use, ...]
    planner: str
    goal: Goal
    seed: int
    best: Point
    """By the goal, with the optimizations that are shown to help: what the planner gives."""
    front: Front
    n_evaluations: int
    """Plans tried."""
    n_simulations: int
    warnings: tuple[str, ...]
    """What may go wrong with the plan."""

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """A row for each plan of the front, by makespan."""
        return tuple(self.row_of(point) | {"plan": f"{i:02}"} for i, point in enumerate(self.front, 1))

    @property
    def table(self) -> pandas.DataFrame:
        """The front as a data frame."""
        return frame(self.rows)

    def row_of(self, point: Point) -> Row:
        """What is said of a plan that was tried."""
        plan, bound_s = point.plan, lower_bound(self.workflow, point.plan, self.platform).makespan_s
        mean_s = None if point.evaluation.n_failed else float(point.evaluation.makespans_s.mean())
        return {
            "plan": None,
            "origin": point.origin,
            "makespan_s": point.time_s,
            "mean_makespan_s": mean_s,
            "cost_usd": point.cost_usd,
            "is_met": point.is_met,
            "lower_bound_s": bound_s,
            "gap": mean_s / bound_s - 1 if mean_s is not None and bound_s else None,
            "n_failed": point.evaluation.n_failed,
            "n_workers": len(plan.workers),
            "n_flexible_tasks": plan.n_flexible,
            "sizes_mb": " ".join(map(str, sizes_mb(plan))),
            "optimizations": "+".join(switched_on(plan)),
        }


def sizes_mb(plan: Plan) -> list[int]:
    """The sizes that a plan asks for, ascending."""
    return sorted({worker.memory_mb for worker in plan.workers} | ({plan.flexible_mb} if plan.flexible_mb else set()))


def search(
    workflow: WorkflowLike,
    planner: PlannerLike = DEFAULT_PLANNER,
    platform: PlatformLike = DEFAULT_PLATFORM,
    *,
    seed: int = DEFAULT_SEED,
    settings: Settings | None = None,
    fill: FillRules = REFUSE,
    faults: tuple[str, ...] = (),
    store: Path | str | None = None,
    resume: bool = True,
    begins: Callable[[], None] = lambda: None,
    report: Report = lambda done, total: None,
) -> Search:
    """Search for plans of a workflow on a platform with a searching planner.

    With a `store`, a file, every evaluation is kept there as soon as it is made. What is there already is not simulated
    again, if it is to `resume`: a search that was stopped goes on where it was, and one with more `evaluations` where
    another ended. `seed` is that of the luck; BadInput tells all that is wrong, and the `faults` that the caller found.
    `begins` is called once nothing is wrong, before the first plan is tried.
    """
    found, resolved, searching = _taken_in(workflow, planner, platform, settings, fill, faults, seed)
    with ExitStack() as stack:
        file = None
        if store is not None:
            file = stack.enter_context(_file(Path(store), Subject.of(found, resolved.platform, seed), resume))
        begins()
        simulated = SimulatedEvaluator(found, resolved.platform, seed)
        evaluator = FiledEvaluator(simulated, file, USUAL_RUNS)
        tried = searching.search(found, resolved.platform, evaluator, report)
        plan = searching.finished(tried.best, found, resolved.platform, evaluator)
        front = front_of(tried, plan)
        best = point_of(plan, "best", tried.contest)
    return Search(
        workflow=found,
        platform=resolved.platform,
        uses=resolved.uses,
        planner=str(searching),
        goal=searching.goal,
        seed=seed,
        best=best,
        front=front,
        n_evaluations=tried.n_evaluations,
        n_simulations=evaluator.n_simulations,
        warnings=tuple(map(str, plan_warnings(plan, found, resolved.platform))),
    )


def _file(store: Path, subject: Subject, resume: bool) -> EvaluationFile:
    if not resume:
        store.unlink(missing_ok=True)
    return EvaluationFile(store, subject)


def _taken_in(
    workflow: WorkflowLike,
    planner: PlannerLike,
    platform: PlatformLike,
    settings: Settings | None,
    fill: FillRules,
    faults: tuple[str, ...],
    seed: int,
) -> tuple[Workflow, Resolved, Searching]:
    """The input; BadInput with all that is wrong with it."""
    intake = Intake()
    found = intake.take(lambda: as_workflow(workflow, fill))
    resolved = intake.take(lambda: resolve([planner], platform, settings))
    intake.refuse(*faults, *number_faults(reps=1, seed=seed, processes=1))
    asked = intake.take(lambda: make_planner(planner) if isinstance(planner, str) else planner)
    intake.refuse(*_no_searcher(asked) if asked else ())
    intake.close()
    assert found is not None
    assert resolved is not None
    searching = resolved.planners[0]
    assert isinstance(searching, Searching)
    return found, resolved, searching


def _no_searcher(planner: Planner) -> Iterator[str]:
    inner, knowledge = parted(planner)
    if not isinstance(inner, Searching):
        searching = [name for name in planner_names() if _searches(name)]
        yield f"--planner is {planner}; expected one that searches: {', '.join(searching)}"
    elif knowledge is not None:
        yield f"--planner is {planner}; expected {inner}, for plans are tried in the world that is described"


def _searches(name: str) -> bool:
    with suppress(InvalidInput):  # one that is registered and cannot be used
        return issubclass(planner_class(name), Searching)
    return False
