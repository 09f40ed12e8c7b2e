"""StepConf: pacing by hand and against all there is, steps, and deadlines of every length."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from planners.goal import Goal
from planners.levels import depths
from planners.stepconf import StepConf
from planners.stepconf.pacing import paced
from planners.stepconf.planner import _Pace
from planners.stepconf.steps import MOST_STEPS, Configuration, Steps
from platforms import load_platform
from sim.evaluator import SimulatedEvaluator
from tests.planners.examples import chain, round_platform, star, workflows
from workloads import Workflow, WorkflowBuilder, load_workflow

AWS = load_platform("aws-lambda-s3", {"noise.sigma": 0.1})


def steps_of(workflow: Workflow) -> Steps:
    return Steps(workflow, round_platform(), "stepconf", tuple(range(workflow.n_tasks)))


class TestPacing:
    TIMES = np.array([[4.0, 2.0, 1.0]] * 2)
    COSTS = np.array([[1.0, 2.0, 5.0]] * 2)

    @pytest.mark.parametrize(
        ("left_s", "chosen"),
        [(9.0, [0, 0]), (8.0, [0, 0]), (6.0, [1, 0]), (4.0, [1, 1]), (3.0, [2, 1]), (2.0, [2, 2]), (1.0, [2, 2])],
    )
    def test_by_hand(self, left_s: float, chosen: list[int]) -> None:
        assert sorted(paced(self.TIMES, self.COSTS, left_s), reverse=True) == chosen

    def test_what_is_faster_for_nothing_is_taken_back_to_no_use(self) -> None:
        """The first step has to be fast; making the second one fast on the way was for nothing."""
        times_s, costs = np.array([[10.0, 1.0], [3.0, 1.0]]), np.array([[1.0, 9.0], [1.0, 1.5]])
        assert paced(times_s, costs, 4.0) == [1, 0]

    def test_most_time_for_the_money_first(self) -> None:
        """2 s for 1 dollar, or 1.5 s for half a dollar, and either is enough: the second; whichever stands first."""
        times_s, costs = np.array([[40.0, 38.0], [4.0, 2.5]]), np.array([[1.0, 2.0], [10.0, 10.5]])
        assert paced(times_s, costs, 42.5) == [0, 1]
        assert paced(times_s[::-1], costs[::-1], 42.5) == [1, 0]

    def test_times_that_differ_by_less_than_what_they_save_can_say(self) -> None:
        """4 s less either is 2 s, so that the lower number is taken first; from there the other costs nothing more."""
        least_s = float(np.nextafter(2.0, 0.0))
        assert paced(np.array([[4.0, 2.0, least_s]]), np.array([[1.0, 2.0, 2.0]]), least_s) == [2]

    figures = st.lists(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=3, max_size=3), max_size=4)

    @given(figures.filter(bool), st.integers(1, 40))
    def test_it_fits_wherever_something_fits(self, steps: list[list[tuple[int, int]]], left_s: int) -> None:
        times_s, costs = (np.array([[pair[i] for pair in step] for step in steps], dtype=float) for i in (0, 1))
        chosen = paced(times_s, costs, left_s)
        taken_s = sum(times_s[step, each] for step, each in enumerate(chosen))
        fits = [
            c for c in product(range(3), repeat=len(steps)) if sum(times_s[s, i] for s, i in enumerate(c)) <= left_s
        ]
        assert (taken_s <= left_s) == bool(fits)
        if not fits:
            assert taken_s == times_s.min(axis=1).sum()


class TestSteps:
    def test_levels(self) -> None:
        assert depths(star(1.0, 1.0)) == [0, 1, 1]
        assert depths(chain(1.0, 1.0, 1.0)) == [0, 1, 2]

    @given(workflows())
    def test_a_child_is_deeper_than_its_parents(self, workflow: Workflow) -> None:
        depth = depths(workflow)
        for task in range(workflow.n_tasks):
            parents = workflow.parents.row(task).tolist()
            assert depth[task] == max((depth[parent] + 1 for parent in parents), default=0)

    def test_many_levels_are_few_steps(self) -> None:
        steps = steps_of(chain(*[1.0] * 20))
        assert steps.n == MOST_STEPS
        assert steps.step_of == sorted(steps.step_of)
        assert set(steps.step_of) == set(range(MOST_STEPS))

    def test_parallelism_between_and_inside_workers(self) -> None:
        steps = steps_of(star(*[1.0] * 5))
        assert steps.configurations([1769, 3538, 17690]) == (
            Configuration(1769, 1),
            Configuration(3538, 1),
            Configuration(3538, 2),
            Configuration(17690, 1),
            Configuration(17690, 5),
        )
        plan = steps.plan([Configuration(512, 1), Configuration(3538, 2)])
        assert [worker.memory_mb for worker in plan.workers] == [512, 3538, 3538, 3538]
        assert plan.assignment == (0, 1, 1, 2, 2, 3)

    def test_ends_and_costs_are_those_of_the_run(self) -> None:
        workflow, platform = chain(2.0, 3.0), round_platform(**{"prices.usd_per_gb_s": 2e-5})
        steps = Steps(workflow, platform, "stepconf", (0, 1))
        plan = steps.plan([Configuration(1769, 1)] * 2)
        observation = SimulatedEvaluator(workflow, platform, seed=1, runs=1).observe(plan)
        assert steps.ends_s(observation)[0, -1] == pytest.approx(observation.evaluation.makespans_s[0])
        costs_usd = steps.costs_usd(plan, observation, platform)
        assert costs_usd.sum() == pytest.approx(observation.evaluation.mean_cost_usd, rel=0.05)
        lives_s = (observation.left_s - observation.up_s)[0]
        assert costs_usd[0] / costs_usd[1] == pytest.approx(lives_s[0] / lives_s[1], rel=0.05)

    def test_tasks_of_a_level_are_put_together_by_priority(self) -> None:
        steps = Steps(star(*[1.0] * 5), round_platform(), "stepconf", (0, 5, 1, 4, 2, 3))
        plan = steps.plan([Configuration(1769, 1), Configuration(3538, 2)])
        assert plan.assignment == (0, 3, 1, 2, 1, 2)


SMALL, LARGE = Configuration(1769, 1), Configuration(3538, 1)


class TwoSteps:
    """Steps and trials in one, of two steps: a plan is its configurations, and when its steps end is given."""

    n = 2
    goal = Goal()

    def __init__(self, ends_s: dict[tuple[Configuration, Configuration], tuple[float, float] | None]) -> None:
        self.known, self.failing = ends_s, set[tuple[Configuration, ...]]()
        self.observed: list[tuple[Configuration, ...]] = []

    def plan(self, chosen: Sequence[Configuration]) -> tuple[Configuration, ...]:
        return tuple(chosen)

    def observe(self, plan: tuple[Configuration, Configuration]) -> SimpleNamespace | None:
        self.observed.append(plan)
        found = self.known[plan]
        evaluation = SimpleNamespace(n_failed=int(plan in self.failing))
        return None if found is None else SimpleNamespace(evaluation=evaluation, plan=plan, ends_s=found)

    def ends_s(self, observation: SimpleNamespace) -> NDArray[np.float64]:
        return np.array([observation.ends_s])

    def costs_usd(self, plan: tuple[Configuration, ...], _: object, __: object) -> NDArray[np.float64]:
        return np.array([1.0 if each is SMALL else 3.0 for each in plan])

    def pace(self) -> Any:
        """A task takes 4 s small, for 1 dollar, or 2 s large, for 3."""
        return _Pace(self, self, AWS, (SMALL, LARGE))  # type: ignore[arg-type]


class TestPace:
    UNIFORM: ClassVar = {(SMALL, SMALL): (4.0, 8.0), (LARGE, LARGE): (2.0, 4.0)}

    def test_what_a_step_left_of_the_deadline_is_what_the_next_is_planned_for(self) -> None:
        """For 7 s one step has to be large. Is the first as late as 4 s all the same, the second has to be, too."""
        for first_s, then in ((2.0, (LARGE, SMALL)), (4.0, (LARGE, LARGE))):
            steps = TwoSteps(self.UNIFORM | {(LARGE, SMALL): (first_s, first_s + 4.0)})
            steps.pace().plan_for(7.0)
            assert steps.observed == [(LARGE, LARGE), (SMALL, SMALL), (LARGE, SMALL), then]

    def test_deadlines_from_the_fastest_to_the_slowest_by_equal_factors(self) -> None:
        pace = TwoSteps(self.UNIFORM).pace()
        assert pace.deadlines_s(3) == pytest.approx([4.0, 4.0 * 2 ** (1 / 3), 4.0 * 2 ** (2 / 3)])

    @pytest.mark.parametrize("how", ["refused", "failing"])
    def test_a_configuration_that_cannot_be_run_is_left_out(self, how: str) -> None:
        steps = TwoSteps(self.UNIFORM | ({(LARGE, LARGE): None} if how == "refused" else {}))
        steps.failing = {(LARGE, LARGE)} - {plan for plan in steps.known if steps.known[plan] is None}
        pace = steps.pace()
        assert pace.deadlines_s(1) == [8.0]
        pace.plan_for(1.0)
        assert steps.observed[2:] == [(SMALL, SMALL)] * 2

    @pytest.mark.parametrize("how", ["refused", "failing"])
    def test_a_mixture_that_cannot_be_run_is_not_followed(self, how: str) -> None:
        steps = TwoSteps(self.UNIFORM | {(LARGE, SMALL): None if how == "refused" else (2.0, 6.0)})
        steps.failing = {(LARGE, SMALL)}
        steps.pace().plan_for(7.0)
        assert steps.observed[2:] == [(LARGE, SMALL)]

    def test_where_nothing_can_be_run_there_are_no_deadlines(self) -> None:
        assert TwoSteps(dict.fromkeys(self.UNIFORM)).pace().deadlines_s(3) == []


class TestPlans:
    def test_where_nothing_can_be_tried_a_task_a_worker_of_the_largest_size(self) -> None:
        """A task that takes longer than an invocation may: who checks the plan will say so."""
        workflow = chain(5000.0, 1.0)
        platform = round_platform(**{"limits.max_duration_s": 900})
        plan = StepConf(sizes="885+1769").plan(workflow, platform, SimulatedEvaluator(workflow, platform, 1))
        assert plan.assignment == (0, 1)
        assert [worker.memory_mb for worker in plan.workers] == [1769, 1769]

    def test_a_slow_step_gets_the_memory(self) -> None:
        """1 s, and 20 s on up to four vCPUs: in 13 s it is done if the second step is large, and only then."""
        builder = WorkflowBuilder("two steps")
        builder.add_task("short", cpu_s=1.0)
        builder.add_task("long", cpu_s=20.0, parallelism=4, after=["short"])
        workflow = builder.build()
        platform = round_platform(**{"prices.usd_per_gb_s": 2e-5})
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
        plan = StepConf(deadline_s=13.0, sizes="885+1769+3538+7076", paces=12).plan(workflow, platform, evaluator)
        assert evaluator.evaluate(plan).makespans_s[0] <= 13.0
        assert plan.size_of(0) < plan.size_of(1)

    @pytest.mark.parametrize("sla", ["average", "p90"])
    def test_deadlines_are_kept_and_looser_ones_cost_no_more(self, sla: str) -> None:
        workflow = load_workflow("montage")
        luck = SimulatedEvaluator(workflow, AWS, seed=1)
        runs = 20 if sla != "average" else 10
        costs = []
        for deadline_s in (7.5, 15.0, 40.0):
            plan = StepConf(sla=sla, deadline_s=deadline_s, effort=8_000).plan(workflow, AWS, luck)
            found = luck.evaluate(plan, runs=runs)
            assert Goal(sla).time_s(found) <= deadline_s
            costs.append(found.mean_cost_usd)
        assert costs == sorted(costs, reverse=True)
        assert costs[-1] < 0.97 * costs[0]
