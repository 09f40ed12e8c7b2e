"""StepConf: pacing by hand and against all there is, steps, and deadlines of every length."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.goal import Goal
from planners.levels import depths
from planners.plan import Plan
from planners.stepconf import StepConf
from planners.stepconf.pacing import paced
from planners.stepconf.steps import MOST_STEPS, Configuration, Steps
from platforms import load_platform
from sim.evaluator import SimulatedEvaluator
from tests.planners.examples import chain, round_platform, star, workflows
from workloads import MemoryTable, Workflow, WorkflowBuilder, load_workflow

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

        times_s, costs = np.array([[40.0, 39.0], [4.0, 1.0]]), np.array([[1.0, 2.0], [1.0, 2.0]])
        assert paced(times_s, costs, 43.0) == [0, 1]

    def test_what_ties_goes_by_number_and_is_no_faster_than_it_has_to_be(self) -> None:
        """A second is a dollar throughout: 8 s, 7, 6, 5."""
        times_s, costs = np.array([[4.0, 3.0, 2.0]] * 2), np.array([[1.0, 2.0, 3.0]] * 2)
        assert [paced(times_s, costs, left_s) for left_s in (7.0, 6.0, 5.0)] == [[1, 0], [2, 0], [2, 1]]

    def test_what_is_to_spare_is_spent_once(self) -> None:
        """Before 9 s were saved the first two became a second faster: of 4 s one of them has it back, of 5 both."""
        times_s = np.array([[2.0, 1.0], [2.0, 1.0], [10.0, 1.0]])
        costs = np.array([[1.0, 1.5], [1.0, 1.5], [1.0, 100.0]])
        assert [paced(times_s, costs, left_s) for left_s in (3.0, 4.0, 5.0)] == [[1, 1, 1], [0, 1, 1], [0, 0, 1]]

    def test_for_the_same_money_the_fastest(self) -> None:
        assert paced(np.array([[3.0, 2.0, 4.0]]), np.array([[1.0, 1.0, 1.0]]), 12.0) == [1]

    def test_what_only_rounding_makes_too_late_stays(self) -> None:
        """The first may take .8 s of 1.3, .4 and .1 s being needed after it; added up that is 1.3000000000000003 s."""
        times_s = np.array([[0.8, 0.5, 0.7], [0.7, 0.7, 0.4], [0.1, 0.4, 0.5]])
        costs = np.array([[2.0, 3.0, 4.0], [2.0, 1.0, 1.0], [3.0, 4.0, 3.0]])
        assert paced(times_s, costs, 1.3) == [0, 2, 0]

    def test_what_fits_exactly_fits_however_its_sum_is_rounded(self) -> None:
        """.1, .2 and .3 s are .6000000000000001 s."""
        times_s, costs = np.array([[0.1, 0.05], [0.2, 0.05], [0.3, 0.05]]), np.array([[1.0, 2.0]] * 3)
        assert paced(times_s, costs, 0.6) == [0, 0, 0]
        assert paced(times_s, costs, 0.599) != [0, 0, 0]

    def test_of_what_costs_as_much_the_fastest_however_it_is_rounded(self) -> None:
        assert paced(np.array([[3.0, 2.0]]), np.array([[np.nextafter(1.0, 0.0), 1.0]]), 12.0) == [1]

    def test_what_costs_more_by_rounding_alone_costs_nothing(self) -> None:
        """So neither saves more for its money, and the first is made faster."""
        times_s, costs = np.array([[4.0, 3.0], [4.0, 1.0]]), np.array([[1.0, np.nextafter(1.0, 2.0)]] * 2)
        assert paced(times_s, costs, 7.0)[0] == 1

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

    def test_steps_are_of_levels_in_a_row_and_as_long_as_can_be(self) -> None:
        """20 levels in 6 steps: 3 or 4 each. A plan gives them what was chosen for them."""
        steps = steps_of(chain(*[1.0] * 20))
        assert {steps.step_of.count(step) for step in range(steps.n)} == {3, 4}
        plan = steps.plan([Configuration(512 + step, 1) for step in range(steps.n)])
        assert [plan.size_of(task) for task in range(20)] == [512 + step for step in steps.step_of]

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

    def test_a_step_ends_with_its_last_task_and_those_before_it(self) -> None:
        observation: Any = SimpleNamespace(committed_s=np.array([[5.0, 2.0, 3.0], [1.0, 4.0, 2.0]]))
        assert steps_of(star(1.0, 1.0)).ends_s(observation).tolist() == [[5.0, 5.0], [1.0, 4.0]]

    @pytest.mark.parametrize(("bill_init", "extra_usd"), [(False, [0.0, 0.0]), (True, [0.075, 0.45])])
    def test_a_step_costs_what_its_workers_do(self, bill_init: bool, extra_usd: list[float]) -> None:
        """A root on half a GB for 2 s, its children on 1 GB each for 4 and 1; .25 a call.

        In two runs, in one of which the second worker was not needed. To begin takes .3 s: the first worker began cold
        in one of the runs, the second in both, the third in one.
        """
        start = {"start.init_s": 0.2, "package_mb": 10, "init_s_per_package_mb": 0.01}
        prices = {"prices.usd_per_gb_s": 1.0, "prices.usd_per_invocation": 0.25, "prices.bill_init": bill_init}
        platform = round_platform(**start, **prices)
        steps = Steps(star(1.0, 1.0), platform, "stepconf", (0, 1, 2))
        observation: Any = SimpleNamespace(
            up_s=np.array([[1.0, 2.0, 2.0], [1.0, np.nan, 3.0]]),
            left_s=np.array([[2.5, 6.0, 3.0], [3.5, np.nan, 4.0]]),
            is_cold=np.array([[True, True, False], [False, True, True]]),
        )
        plan = steps.plan([Configuration(512, 1), Configuration(1024, 1)])
        costs_usd = steps.costs_usd(plan, observation, platform)
        assert costs_usd == pytest.approx([2 * 0.5 + 0.25 + extra_usd[0], 4 + 1 + 0.5 + extra_usd[1]])

    def test_tasks_of_a_level_are_put_together_by_priority(self) -> None:
        steps = Steps(star(*[1.0] * 5), round_platform(), "stepconf", (0, 5, 1, 4, 2, 3))
        plan = steps.plan([Configuration(1769, 1), Configuration(3538, 2)])
        assert plan.assignment == (0, 3, 1, 2, 1, 2)


def planned(planner: StepConf, workflow: Workflow) -> Plan:
    """Its plan by one run each, where time costs."""
    platform = round_platform(**{"prices.usd_per_gb_s": 2e-5})
    return planner.plan(workflow, platform, SimulatedEvaluator(workflow, platform, seed=1, runs=1))


class TestPlans:
    def test_where_nothing_can_be_tried_a_task_a_worker_of_the_largest_size(self) -> None:
        """A task that takes longer than an invocation may: who checks the plan will say so."""
        workflow = chain(5000.0, 1.0)
        platform = round_platform(**{"limits.max_duration_s": 900})
        plan = StepConf(sizes="885+1769").plan(workflow, platform, SimulatedEvaluator(workflow, platform, 1))
        assert plan.assignment == (0, 1)
        assert [worker.memory_mb for worker in plan.workers] == [1769, 1769]

    def test_sizes_that_do_not_hold_every_task_are_as_if_not_named(self) -> None:
        """Not even tried: as many plans are."""
        builder = WorkflowBuilder("floors")
        builder.add_task("small", cpu_s=1.0)
        builder.add_task("large", cpu_s=20.0, parallelism=4, after=["small"], memory_mb=1769)
        workflow = builder.build()
        for held in ("1769", "1769+3538"):
            named, plain = (planned(StepConf(sizes=sizes), workflow) for sizes in (f"885+{held}", held))
            assert named.workers == plain.workers
            assert named.notes == plain.notes

    def test_priorities_are_by_what_the_largest_size_leaves_to_do(self) -> None:
        """Both in one step: the first takes 1 s on the smaller size, but 9 s on the larger."""
        builder = WorkflowBuilder("turned")
        builder.add_task("even", cpu_s=5.0)
        builder.add_task("worse", curve=MemoryTable([(885, 1.0), (1769, 9.0)]))
        assert planned(StepConf(sizes="885+1769"), builder.build()).priority == (1, 0)

    @pytest.mark.parametrize(("tolerance", "size_mb"), [(0.0, 1769), (1.0, 885)])
    def test_without_a_deadline_the_cheapest_that_is_slower_by_no_more_than_allowed(
        self, tolerance: float, size_mb: int
    ) -> None:
        """1 s, or 1.5 s for three quarters of the money."""
        builder = WorkflowBuilder("one")
        builder.add_task("t", curve=MemoryTable([(885, 1.5), (1769, 1.0)]))
        plan = planned(StepConf(sizes="885+1769", tolerance=tolerance), builder.build())
        assert [worker.memory_mb for worker in plan.workers] == [size_mb]

    def test_more_paces_try_more(self) -> None:
        workflow = chain(4.0, 9.0, 2.0)
        notes = [planned(StepConf(sizes="885+1769+3538", paces=paces), workflow).notes[0] for paces in (1, 3, 12)]
        tried = [int(note.split(" plans")[0].split()[-1]) for note in notes]
        assert tried == sorted(set(tried))

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
