"""StepConf's planner: configurations step by step against the remaining deadline, as far as a plan can say it.

Wen, Wang, Liu, StepConf, INFOCOM 2022. There, when a step is about to run, its memory and its parallelism between and
inside functions are decided, so that the critical path's remaining steps fit what is left of the deadline at least
cost; the next configuration is predicted and warmed up. What is done otherwise here:

* A plan is decided before the run, and no worker changes it. So what happens at run time there is carried out on
  simulated runs: once a step is configured, all is simulated, and the next ones are planned against what is left after
  the step's *observed* end, at the percentile judged (`sla`), not after its expected one. What this cannot give is a
  reaction to one run's own luck: a run that is late by then gets the configuration of the typical run.
* Times and costs of a step under each configuration are read off simulated runs of uniform plans, start-up and
  transfers included, instead of a fitted model.
* Sub-deadlines are those of the levels of the graph, whose last ends are the critical path's.
* It is paced for a few deadlines between the fastest and the cheapest uniform plan, never for the very figure asked
  for; the goal then takes the best of what was tried. So a looser deadline or a larger budget is never worse.
* Warming up is the optimization `prewarm`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec
import numpy as np

from planners.estimate import Estimate
from planners.evaluator import Evaluator
from planners.fixed import critical_first
from planners.plan import Plan
from planners.planner import Judging
from planners.sizing import Ladder, size_ladder
from planners.stepconf.pacing import Floats, paced
from planners.stepconf.steps import Configuration, Steps
from planners.trials import EFFORT, Effort, Trials
from platforms import Platform
from workloads import Workflow
from workloads.parameters import Figure


@dataclass(frozen=True)
class StepConf(Judging):
    """Memory and parallelism step by step, each against what simulated runs leave of the deadline."""

    name: ClassVar[str] = "stepconf"

    sizes: Ladder = ""
    paces: Annotated[int, Figure("deadlines it is paced for", "", least=1, most=100)] = 5
    tolerance: Annotated[
        float,
        Figure("without deadline and budget: how much longer a run may become to save money", "", least=0, most=1),
    ] = 0.01
    effort: Effort = EFFORT

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        """Uniform plans first, then one for each pace; the goal chooses."""
        trials = Trials(workflow, platform, self.evaluator_needed(evaluator), self.goal, self.effort)
        ladder = size_ladder(workflow, platform, self.sizes)
        steps = Steps(workflow, platform, str(self), critical_first(Estimate(workflow, platform, ladder[-1])))
        pace = _Pace(steps, trials, platform, steps.configurations(ladder))
        for deadline_s in pace.deadlines_s(self.paces):
            pace.plan_for(deadline_s)
        plan = trials.chosen(self.tolerance) or steps.plan([Configuration(ladder[-1], 1)] * steps.n)
        return msgspec.structs.replace(plan, notes=(f"{steps.n} steps; {trials.told()}",))


class _Pace:
    """What is known of the steps, and plans that keep a pace."""

    def __init__(
        self, steps: Steps, trials: Trials, platform: Platform, configurations: Sequence[Configuration]
    ) -> None:
        self._steps, self._trials, self._platform = steps, trials, platform
        known = [(each, *found) for each in reversed(configurations) if (found := self._profile(each)) is not None]
        self._configurations = [each for each, _, _ in known]
        self._times_s: Floats = np.array([times_s for _, times_s, _ in known]).reshape(len(known), steps.n).T
        self._costs_usd: Floats = np.array([costs for _, _, costs in known]).reshape(len(known), steps.n).T

    def deadlines_s(self, n: int) -> list[float]:
        """From the fastest mixture of configurations there might be to the slowest uniform one, by equal factors."""
        if not self._configurations:
            return []
        fastest_s, slowest_s = self._times_s.min(axis=1).sum(), self._times_s.sum(axis=0).max()
        return list(np.geomspace(max(fastest_s, 1e-3), max(slowest_s, 1e-3), n + 1)[:-1].tolist())

    def plan_for(self, deadline_s: float) -> None:
        """Configure the steps one by one, the simulated end of each deciding what is left for the next ones."""
        fixed: list[int] = []
        left_s = deadline_s
        while len(fixed) < self._steps.n:
            rest = slice(len(fixed), None)
            ahead = paced(self._times_s[rest], self._costs_usd[rest], left_s)
            plan = self._steps.plan([self._configurations[each] for each in (*fixed, *ahead)])
            observation = self._trials.observe(plan)
            if observation is None or observation.evaluation.n_failed:
                return
            ends_s = self._steps.ends_s(observation)
            fixed.append(ahead[0])
            left_s = deadline_s - self._trials.goal.of(ends_s[:, len(fixed) - 1])

    def _profile(self, configuration: Configuration) -> tuple[Floats, Floats] | None:
        """Per step its time at the percentile judged and its mean cost, under one configuration for all."""
        plan = self._steps.plan([configuration] * self._steps.n)
        observation = self._trials.observe(plan)
        if observation is None or observation.evaluation.n_failed:
            return None
        lasts_s = np.diff(self._steps.ends_s(observation), axis=1, prepend=0.0)
        times_s = np.array([self._trials.goal.of(lasts_s[:, step]) for step in range(self._steps.n)])
        return times_s, self._steps.costs_usd(plan, observation, self._platform)
