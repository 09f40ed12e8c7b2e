"""octoflows' non-uniform planner: uniform's groups at the best size, then less memory where nothing depends on it.

There: every worker gets the largest size of a list; the critical path is found on predicted times; of each worker
without a task on it, memory is lowered step by step while the predicted end stays *exactly* equal, until a first
failure. What is done otherwise here:

* the size to begin with is the one of the ladder that is fastest when simulated, start-up included;
* what is critical is read off simulated runs (`planners.criticality`), and so is what a smaller size does;
* "not worse" is a stated tolerance and a paired test under common luck, not two equal floats: on simulated times
  equality means nothing, and a free downgrade would be refused for a nanosecond;
* a downgrade has to save money, for that is what it is for;
* workers are tried together and then by halves, so that a few evaluations do for many of them;
* what was chosen is confirmed under other luck, and the last downgrades are taken back where it does not hold;
* under a deadline or a budget the critical workers are lowered, too, from the least critical on, and the goal chooses
  among all that was tried. The figures of the goal do not steer the search, so a looser one is never worse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec

from planners.criticality import critical_workers
from planners.edits import resized
from planners.estimate import Estimate
from planners.evaluator import Evaluator
from planners.fixed import fixed_plan
from planners.halving import by_halves
from planners.no_worse import no_worse
from planners.one_per_task import OnePerTask
from planners.plan import Plan
from planners.planner import Judging
from planners.sizing import Ladder, one_size_mb, size_ladder
from planners.trials import EFFORT, Effort, Trials
from planners.uniform import grouped
from platforms import Platform
from workloads import Workflow
from workloads.parameters import Figure

_SHARES = (0.25, 0.5, 0.75, 1.0)
"""Of the workers, from the least critical on, how many are lowered together where a deadline or budget is given."""
_SHARE_FOR_LOWERING = 0.9
"""Of the effort; the rest is for confirming."""


@dataclass(frozen=True)
class NonUniform(Judging):
    """octoflows' groups at the fastest size, and less memory where simulated runs do not suffer from it."""

    name: ClassVar[str] = "non-uniform"

    sizes: Ladder = ""
    group: Annotated[int, Figure("most siblings of a fan-out on one worker", "tasks", least=1)] = 3
    tolerance: Annotated[float, Figure("how much longer a run may become by smaller workers", "", least=0, most=1)] = (
        0.01
    )
    effort: Effort = EFFORT // 2  # with all optimizations, which ask as much again, it is to be quick on 300 tasks

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """The best size of the ladder for all, then smaller ones for some."""
        trials = Trials(workflow, platform, self.evaluator_needed(evaluator), self.goal, self.effort)
        ladder = size_ladder(workflow, platform, self.sizes)
        descent = _Descent(workflow, trials, ladder, self.tolerance)
        start = _fastest(trials, self._of_one_size(workflow, platform, ladder))
        if start is None:
            return self._fallback(workflow, platform)
        plan = descent.down_from(start)
        if self.deadline_s is not None or self.budget_usd is not None:
            trials.try_all(descent.all_the_way_from(plan))
            plan = trials.best() or plan
        told = f"{descent.n_lowered(plan)} of {len(plan.workers)} workers below {max(ladder)} MB; {trials.told()}"
        return msgspec.structs.replace(plan, notes=(*plan.notes, told))

    def _of_one_size(self, workflow: Workflow, platform: Platform, ladder: Sequence[int]) -> Iterator[Plan]:
        """The largest size first, for the first is tried whatever the effort."""
        floor_mb = float(workflow.memory_mb.max())
        for size_mb in reversed([size_mb for size_mb in ladder if size_mb >= floor_mb]):
            estimate = Estimate(workflow, platform, size_mb)
            yield fixed_plan(self, estimate, grouped(estimate, self.group))

    def _fallback(self, workflow: Workflow, platform: Platform) -> Plan:
        """Groups that keep each other from starting cannot be run at any size; single tasks can."""
        size_mb, notes = one_size_mb(workflow, platform, None)
        plan = OnePerTask(size_mb=size_mb).plan(workflow, platform)
        why = "one task a worker, for no size of the ladder gives a plan in groups that can be run"
        return msgspec.structs.replace(plan, planner=str(self), notes=(*notes, why))


class _Descent:
    """Smaller sizes, step by step."""

    def __init__(self, workflow: Workflow, trials: Trials, ladder: Sequence[int], tolerance: float) -> None:
        self._workflow, self._trials, self._tolerance = workflow, trials, tolerance
        self._below = dict(zip(ladder[1:], ladder[:-1], strict=True))
        self._top = max(ladder)

    def n_lowered(self, plan: Plan) -> int:
        """How many workers do not have the largest size."""
        return sum(worker.memory_mb < self._top for worker in plan.workers)

    def down_from(self, start: Plan) -> Plan:
        """Lower whatever no critical path needs, as long as it costs no time to speak of."""
        steps = [start]

        def lowers(workers: Sequence[int]) -> bool:
            candidate = self._lowered(steps[-1], workers)
            accepted = candidate is not None and self._saves(start, steps[-1], candidate)
            if accepted and candidate is not None:
                steps.append(candidate)
            return accepted

        left = self._off_the_path(start)
        with self._trials.limited_to(_SHARE_FOR_LOWERING):
            while left:
                left = by_halves(left, lowers)
        return self._confirmed(steps)

    def all_the_way_from(self, plan: Plan) -> Iterator[Plan]:
        """More and more of the workers at smaller sizes, whatever time it takes."""
        observation = self._trials.observe(plan)
        if observation is None:
            return
        critical = critical_workers(self._workflow, plan, observation)
        order = sorted(range(len(plan.workers)), key=lambda worker: (critical[worker], worker))
        for _ in self._below:
            before = plan
            for share in _SHARES:
                lower = self._lowered(before, order[: max(1, round(share * len(order)))])
                if lower is not None and lower != plan:
                    plan = lower
                    yield plan

    def _off_the_path(self, plan: Plan) -> list[int]:
        observation = self._trials.observe(plan)
        if observation is None:
            return []
        critical = critical_workers(self._workflow, plan, observation)
        return [worker for worker, share in enumerate(critical) if not share]

    def _lowered(self, plan: Plan, workers: Sequence[int]) -> Plan | None:
        """The workers a step down, None if not one of them has a step below."""
        below = {worker: self._below.get(plan.workers[worker].memory_mb) for worker in workers}
        sizes_mb = {worker: size_mb for worker, size_mb in below.items() if size_mb is not None}
        return resized(plan, sizes_mb) if len(sizes_mb) == len(workers) else None

    def _saves(self, start: Plan, before: Plan, after: Plan) -> bool:
        first, last, found = (self._trials.evaluate(plan) for plan in (start, before, after))
        if first is None or last is None or found is None or found.mean_cost_usd >= last.mean_cost_usd:
            return False
        return no_worse(first, found, self._trials.goal, self._tolerance)

    def _confirmed(self, steps: list[Plan]) -> Plan:
        """The last step that costs no time under other luck either; by halves, for that is asked of few.

        The last of all is asked about though no effort be left, or all that was found would be taken back unasked.
        """
        kept, refused = 0, len(steps)
        candidate = len(steps) - 1
        while kept < candidate < refused and (refused == len(steps) or not self._trials.is_over):
            first, found = self._trials.confirm([steps[0], steps[candidate]])
            if no_worse(first, found, self._trials.goal, self._tolerance):
                kept = candidate
            else:
                refused = candidate
            candidate = (kept + refused) // 2
        return steps[kept]


def _fastest(trials: Trials, plans: Iterator[Plan]) -> Plan | None:
    """The one with the shortest makespan judged; of equals the larger size, which stands first."""
    found = [(plan, evaluation) for plan in plans if (evaluation := trials.evaluate(plan)) is not None]
    return min(found, key=lambda each: trials.goal.time_s(each[1]), default=(None,))[0]
