"""NIMBLE's question, *when*: each worker is launched as late as it can be without delaying the job.

Zhang, Tang, Khandelwal, Chen, Stoica, Caerus: NIMBLE task scheduling for serverless analytics, NSDI 2021. There, each
edge is pipelineable or blocking, times are a model of rates, and a task is launched at the latest moment at which it
does not hold up those after it. What is done otherwise here:

* who runs what is another planner's decision (`assignment`), for NIMBLE makes none;
* launching is what this platform knows: a worker is called when its first task is ready; a prewarm ahead of that hides
  the start, a call that goes out while inputs are still uploaded (`async-upload`) a part of it, and a pipelined edge
  is one that is streamed (`stream`). The last two are tried where these optimizations are registered;
* *as late as possible* for a worker's next task is to release it and call it again;
* no model of rates says what delays the job: launches are tried as moves, first those that make the job faster, then
  later and fewer ones, and releases, that save money while it does not become slower by more than `tolerance`;
* NIMBLE's plans are Pareto-optimal in cost and time; which point is wanted is what `deadline_s` and `budget_usd` say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec

from planners.evaluator import Evaluation, Evaluator
from planners.goal import Goal
from planners.moves import Ahead, HoldOrRelease, Later, Switched
from planners.moves.climb import Climb
from planners.no_worse import no_worse
from planners.parameters import among, from_texts, parameters_of
from planners.plan import Plan
from planners.planner import Judging, Planner
from planners.registry import planner_class, planner_names
from planners.sizing import SizeMb, one_size_mb
from planners.trials import EFFORT, Effort, Trials
from platforms import Platform
from workloads import Fault, Workflow
from workloads.parameters import Figure

_EARLIER = (Ahead(), Switched("async-upload"), Switched("stream"))
_LATER = (HoldOrRelease(), Later())
_SHARE_FOR_TIME = 0.6


@dataclass(frozen=True)
class Nimble(Judging):
    """Another planner's assignment, each worker launched as late as does not delay the job."""

    name: ClassVar[str] = "nimble"

    size_mb: SizeMb = None
    assignment: Annotated[str, Figure("planner whose assignment is taken, one that asks no evaluator", "")] = "heft"
    tolerance: Annotated[float, Figure("how much longer a run may become to save money", "", least=0, most=1)] = 0.01
    effort: Effort = EFFORT

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """Launches that make it faster, then later ones that save money."""
        evaluator = self.evaluator_needed(evaluator)
        size_mb, notes = one_size_mb(workflow, platform, self.size_mb)
        trials = Trials(workflow, platform, evaluator, self.goal, self.effort)
        start = self._assigner(size_mb).plan(workflow, platform)
        plan = self._timed(start, Climb(workflow, platform, trials, [size_mb]), trials)
        told = f"assignment of {start.planner}; {trials.told()}"
        return msgspec.structs.replace(plan, planner=str(self), notes=(*notes, told), estimated_makespan_s=None)

    def _timed(self, start: Plan, climb: Climb, trials: Trials) -> Plan:
        goal = Goal(self.sla)

        def is_faster(before: Evaluation, after: Evaluation) -> bool:
            return goal.key(after) < goal.key(before)

        def is_cheaper(before: Evaluation, after: Evaluation) -> bool:
            return not after.n_failed and after.mean_cost_usd < before.mean_cost_usd and may_be(after)

        def may_be(after: Evaluation) -> bool:
            wants_all = self.deadline_s is not None or self.budget_usd is not None
            return wants_all or first is None or no_worse(first, after, goal, self.tolerance)

        trials.evaluate(start)
        with trials.limited_to(_SHARE_FOR_TIME):
            fast = climb.from_(start, _EARLIER, is_faster)
        first = trials.evaluate(fast)
        climb.from_(fast, _LATER, is_cheaper)
        return trials.chosen(self.tolerance) or start

    def parameter_faults(self) -> Iterator[Fault]:
        """Whose assignment is taken has to be a planner that does not judge itself."""
        yield from super().parameter_faults()
        names = dict.fromkeys(planner_names())
        if self.assignment not in names:
            yield Fault(f"planner {self.name}", "assignment", self.assignment, among(self.assignment, names))
        elif issubclass(planner_class(self.assignment), Judging):
            expected = "a planner that asks no evaluator, for when workers are launched is all that is decided here"
            yield Fault(f"planner {self.name}", "assignment", self.assignment, expected)

    def _assigner(self, size_mb: int) -> Planner:
        kind = planner_class(self.assignment)
        has_size = any(parameter.name == "size_mb" for parameter in parameters_of(kind))
        return from_texts(kind, {"size_mb": str(size_mb)} if has_size else {}, f"planner {self.assignment}")
