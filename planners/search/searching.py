"""`Searching`: a planner that tries out many plans, and what all of these have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Annotated

import msgspec

from planners.evaluator import Evaluator
from planners.evidence import improvement
from planners.plan import Plan
from planners.planner import Judging
from planners.search.contest import TELLING_DRAW, Contest, Report, Tried
from planners.search.space import Space
from planners.search.starts import DEFAULT, Start, Starts, begin, left_out, starts_faults
from planners.sizing import SizeMb
from planners.switches import make_switches
from platforms import Platform
from workloads import Fault, Workflow
from workloads.parameters import Figure

USUAL_EVALUATIONS = 400
LEAST_EVALUATIONS = 8
_TASK_EVALUATIONS = 60_000
"""Plans times tasks, for large workflows, if nobody says how many plans."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a search came up with."""

    contest: Contest
    starts: tuple[Start, ...]
    best: Plan
    champion: Tried
    best_start: Tried

    @property
    def n_evaluations(self) -> int:
        """Plans tried."""
        return len(self.contest.tried)


@dataclass(frozen=True)
class Searching(Judging):
    """A planner that begins with the plans of others and changes them, judged by simulation.

    With more evaluations its result, as evaluated, is never worse (`planners.search.contest` says why). It may switch
    on the optimizations of parameter `optimizations`.
    """

    _: KW_ONLY
    evaluations: Annotated[
        int | None, Figure("plans that are tried; none = 400, fewer if there are many tasks", "plans", least=1)
    ] = None
    seed: Annotated[int, Figure("of what is tried, in which order", "", least=0, most=2**63 - 1)] = 1
    size_mb: SizeMb = None
    starts: Starts = DEFAULT

    def parameter_faults(self) -> Iterator[Fault]:
        """The plans to begin with have to be of planners."""
        yield from super().parameter_faults()
        yield from starts_faults(self.starts)

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """The best plan found."""
        return self.search(workflow, platform, self.evaluator_needed(evaluator)).best

    def search(
        self, workflow: Workflow, platform: Platform, evaluator: Evaluator, report: Report = lambda done, total: None
    ) -> Found:
        """Search, and tell all of it; `report` hears of the progress."""
        asked = evaluator.n_simulations
        space = Space(workflow, platform, self.goal, make_switches(self.optimizations), self.size_mb)
        starts = begin(self.starts, space, evaluator)
        contest = Contest(space, evaluator, self.evaluations or usual_evaluations(workflow.n_tasks), report)
        for start in starts:
            if start.plan is not None and contest.is_fresh(start.plan) and not contest.is_over:
                contest.begin_with(start.plan, start.name)
        best_start = contest.champion
        self.explore(contest)
        champion = contest.champion
        assert champion is not None and best_start is not None  # noqa: PT018 (`begin` gives at least one plan)
        notes = (*left_out(starts), *_told(contest, champion, best_start, evaluator, asked))
        best = msgspec.structs.replace(champion.plan, planner=str(self), notes=(*champion.plan.notes, *notes))
        return Found(contest, starts, best, champion, best_start)

    @abstractmethod
    def explore(self, contest: Contest) -> None:
        """Try out plans until that is over, or there is nothing left to try."""


def usual_evaluations(n_tasks: int) -> int:
    """How many plans are tried if nobody says."""
    return max(LEAST_EVALUATIONS, min(USUAL_EVALUATIONS, _TASK_EVALUATIONS // n_tasks))


def _told(contest: Contest, champion: Tried, start: Tried, evaluator: Evaluator, asked: int) -> Iterator[str]:
    """How it went, in figures that no plan was chosen by."""
    goal = contest.space.goal
    fresh, before = (contest.confirmed(each.plan, TELLING_DRAW) for each in (champion, start))
    unit = "USD" if goal.saves else "s"
    found = improvement(before, fresh, goal)
    n = len(contest.tried)
    told = f"of {n:,} plan{'' if n == 1 else 's'} tried, by {evaluator.n_simulations - asked:,} simulations"
    if champion is start:
        yield f"{told}, none was shown to be better than {start.origin}'s"
        return
    begun = f"{start.origin}'s, the best to begin with"
    if fresh.n_failed or before.n_failed:
        n_failed, n_before, n = fresh.n_failed, before.n_failed, len(fresh.failures)
        yield f"{told}, the best fails in {n_failed} of {n} fresh runs; {begun}, in {n_before}"
        return
    yield (
        f"{told}, the best takes {found.after:.4g} {unit} in {len(fresh.failures)} fresh runs; {begun}, "
        f"{found.before:.4g} {unit}: {found.in_shares()}"
    )
