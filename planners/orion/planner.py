"""Orion's planner: right sizes, right bundles, right prewarms, one after the other.

Mahgoub, Yi, Shankar, Elnikety, Chaterji, Bagchi, ORION and the three rights, OSDI 2022; constants of its published
code. What is done otherwise here:

* Stage latencies follow from workflow and platform (`planners.orion.model`) instead of 300 profiled runs; the model
  proposes, and simulated runs, which know warm starts and shared networks, decide.
* The best-first search goes on beyond its target and is then chosen from, so a looser deadline is never worse.
* Bundles: `b` invocations of a stage get one worker of `b` times the stage's size (there 1,472 MB), for all stages
  together and for the widest one by one.
* Prewarms are for the cold starts that simulated runs show, by Orion's rule of delays; on a platform a late one serves
  nobody, so they are tried a little sooner, too. For a few of the plans that none of the others beats in both time
  and cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec

from planners.estimate import Estimate
from planners.evaluator import Evaluator
from planners.fixed import critical_first
from planners.orion.model import Model
from planners.orion.prewarming import prewarmed
from planners.orion.rightsizing import smallest, trail
from planners.orion.stages import Stages
from planners.plan import Plan
from planners.planner import Judging
from planners.sizing import one_size_mb
from planners.trials import EFFORT, Effort, Trials
from platforms import Platform
from workloads import Fault, InvalidInput, Workflow
from workloads.parameters import Figure

BUNDLES = (2, 5, 10)
_WIDEST = 3
"""Stages that are also bundled one by one."""
_POINTS = 10
"""Of the trail, how many are simulated."""
_PREWARMED = 3
"""Plans that get prewarms."""
_SOONER = (0.0, 0.15)
"""By what part of a cold start prewarms are ahead of the right delay."""


@dataclass(frozen=True)
class Orion(Judging):
    """Sizes best first by percentile latency, invocations bundled, instances prewarmed as late as possible."""

    name: ClassVar[str] = "orion"

    least_mb: Annotated[int | None, Figure("size to begin with; none = half the platform's default", "MB", least=1)] = (
        None
    )
    step_mb: Annotated[int, Figure("least increment of a size", "MB", least=1)] = 64
    tolerance: Annotated[
        float,
        Figure("without deadline and budget: how much longer a run may become to save money", "", least=0, most=1),
    ] = 0.01
    effort: Effort = EFFORT

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """Points of the trail, bundles of its ends, prewarms of what nothing beats; the goal chooses."""
        trials = Trials(workflow, platform, self.evaluator_needed(evaluator), self.goal, self.effort)
        default_mb, _ = one_size_mb(workflow, platform, None)  # refuses what no size holds
        stages = Stages(workflow, str(self), critical_first(Estimate(workflow, platform, default_mb)))
        found = self._trail(stages, platform)
        largest_mb = platform.sizes.max_mb
        trials.try_all(stages.plan(sizes_mb, {}, largest_mb) for sizes_mb in _spread(found))
        trials.try_all(_bundled(stages, (found[-1], found[len(found) // 2], found[0]), largest_mb))
        for plan in trials.unbeaten(_PREWARMED):
            trials.try_all(self._prewarmed(plan, stages, platform, trials))
        plan = trials.chosen(self.tolerance) or stages.plan(found[-1], {}, largest_mb)
        told = f"stages: {stages.n}, steps of their sizes: {len(found)}; {trials.told()}"
        return msgspec.structs.replace(plan, notes=(told,))

    def _trail(self, stages: Stages, platform: Platform) -> list[list[int]]:
        most_mb = platform.sizes.max_mb
        if (self.least_mb or 0) > most_mb:
            expected = f"at most {most_mb} MB, the largest size of {platform.name}"
            raise InvalidInput([Fault(f"planner {self.name}", "least_mb", self.least_mb, expected)])
        least_mb = self.least_mb or max(platform.sizes.min_mb, platform.sizes.default_mb // 2)
        model = Model(stages, platform, smallest(stages, platform, least_mb))
        return trail(stages, platform, model, least_mb, self.step_mb, self.goal)

    def _prewarmed(self, plan: Plan, stages: Stages, platform: Platform, trials: Trials) -> Iterator[Plan]:
        observation = trials.observe(plan)
        if observation is None or observation.evaluation.n_failed:
            return
        start_s = platform.start.provisioning_s.mean_s + platform.start.init_s.mean_s
        for share in _SOONER:
            yield prewarmed(plan, stages.depth, observation, platform, self.goal, share * start_s)


def _bundled(stages: Stages, ends: Sequence[list[int]], largest_mb: int) -> Iterator[Plan]:
    wide = sorted((s for s in range(stages.n) if len(stages.tasks[s]) > 1), key=lambda s: (-len(stages.tasks[s]), s))
    if not wide:
        return
    for sizes_mb in ends:
        for bundle in BUNDLES:
            yield stages.plan(sizes_mb, dict.fromkeys(wide, bundle), largest_mb)
    for stage in wide[:_WIDEST] if len(wide) > 1 else ():
        for bundle in BUNDLES:
            yield stages.plan(ends[0], {stage: bundle}, largest_mb)


def _spread(found: Sequence[list[int]]) -> list[list[int]]:
    """Points of the trail: its end, its beginning, then ever finer between them."""
    last = len(found) - 1
    order, parts = [last, 0], 2
    while len(set(order)) < min(_POINTS, len(found)):
        order += [last * k // parts for k in range(1, parts, 2)]
        parts *= 2
    return [found[i] for i in dict.fromkeys(order)][:_POINTS]
