"""Non-uniform: downgrades where nothing suffers, within a tolerance; and the parts it is made of."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from planners.check import check_plan
from planners.criticality import critical_tasks, critical_workers
from planners.edits import holding, moved, resized
from planners.evaluator import Evaluation
from planners.goal import Goal
from planners.halving import by_halves
from planners.no_worse import no_worse
from planners.non_uniform import NonUniform
from planners.one_per_task import OnePerTask
from planners.orders import EarlyCall, Orders
from planners.plan import Plan
from planners.registry import make_planner
from planners.sizing import size_ladder
from planners.trials import Trials
from planners.uniform import Uniform
from planners.verdict import INFEASIBLE, verdict, with_verdict
from platforms import load_platform
from sim.evaluator import SimulatedEvaluator
from tests.planners.examples import chain, round_platform, star
from workloads import InvalidInput, Workflow, WorkflowBuilder, load_workflow

AWS = load_platform("aws-lambda-s3", {"noise.sigma": 0.1})


def evaluation(*makespans_s: float, cost_usd: float = 1.0) -> Evaluation:
    failures = tuple("failed" if math.isnan(each) else None for each in makespans_s)
    return Evaluation(np.array(makespans_s), np.full(len(makespans_s), cost_usd), failures)


def two_branches(shorts: int = 1) -> Workflow:
    """`root` → `long` (9 s) and `short`, `short 1`, … (1 s) → `join`, without data."""
    names = ["short", *(f"short {i}" for i in range(1, shorts))]
    builder = WorkflowBuilder("two branches")
    builder.add_task("root", cpu_s=1.0)
    builder.add_task("long", cpu_s=9.0, after=["root"])
    for name in names:
        builder.add_task(name, cpu_s=1.0, after=["root"])
    builder.add_task("join", cpu_s=1.0, after=["long", *names])
    return builder.build()


class Doubting(SimulatedEvaluator):
    """Of smaller workers it thinks ill at the second look."""

    def evaluate(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Evaluation:
        found = super().evaluate(plan, runs=runs, draw=draw)
        is_ill = draw and min(worker.memory_mb for worker in plan.workers) < 1769
        return dataclasses.replace(found, makespans_s=2 * found.makespans_s) if is_ill else found


class TestPlans:
    @pytest.mark.parametrize("tolerance", [0.01, 1.0])
    def test_the_worker_off_the_path_is_lowered(self, tolerance: float) -> None:
        """One short task stays with the root, one is alone: its worker may be small, at any tolerance no other one."""
        workflow = two_branches(shorts=2)
        platform = round_platform(**{"prices.usd_per_gb_s": 2e-5})
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=2)
        plan = NonUniform(sizes="442+884+1769", group=1, tolerance=tolerance).plan(workflow, platform, evaluator)
        sizes = {workflow.task_names[task]: plan.size_of(task) for task in range(workflow.n_tasks)}
        best = Uniform(size_mb=1769, group=1).plan(workflow, platform)
        assert replace(plan, workers=(), planner="", notes=(), estimated_makespan_s=None) == replace(
            best, workers=(), planner="", notes=(), estimated_makespan_s=None
        )
        off_path = {name for name, size_mb in sizes.items() if size_mb < 1769}
        critical = critical_workers(workflow, best, evaluator.observe(best))
        assert off_path == {"short 1"}
        assert sizes["short 1"] == 442
        critical = critical_workers(workflow, best, evaluator.observe(best))
        assert [share == 0 for share in critical] == [worker.memory_mb < 1769 for worker in plan.workers]
        before, after = evaluator.evaluate(best), evaluator.evaluate(plan)
        assert after.makespans_s.mean() <= before.makespans_s.mean() * (1 + tolerance)

    def test_what_saves_nothing_is_left_as_it_is(self) -> None:
        """Where memory costs nothing, there is no reason for less of it."""
        workflow, platform = two_branches(shorts=2), round_platform()
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
        plan = NonUniform(sizes="442+884+1769", group=1).plan(workflow, platform, evaluator)
        assert {worker.memory_mb for worker in plan.workers} == {1769}

    def test_what_other_luck_does_not_confirm_is_taken_back(self) -> None:
        """By the luck for confirming every run with less memory takes twice as long; by that for choosing none does."""
        workflow, platform = two_branches(shorts=2), round_platform(**{"prices.usd_per_gb_s": 2e-5})
        planner = NonUniform(sizes="442+884+1769", group=1)
        plans = [
            planner.plan(workflow, platform, evaluator(workflow, platform, seed=1, runs=2))
            for evaluator in (SimulatedEvaluator, Doubting)
        ]
        assert [min(worker.memory_mb for worker in plan.workers) for plan in plans] == [442, 1769]

    @pytest.mark.parametrize("effort", range(600, 750, 50))
    def test_what_was_lowered_stays_so_where_the_effort_is_at_its_end(self, effort: int) -> None:
        """Four workers can be lowered, and it takes a while to find out which; nothing is left to confirm it with."""
        builder = WorkflowBuilder("slack and none")
        builder.add_task("root", cpu_s=1.0)
        for i, cpu_s in enumerate((9.0, *(1.0, 8.95) * 4)):
            builder.add_task(f"t{i}", cpu_s=cpu_s, after=["root"])
        workflow, platform = builder.build(), round_platform(**{"prices.usd_per_gb_s": 2e-5})
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=2)
        plan = NonUniform(sizes="884+1769", group=1, effort=effort).plan(workflow, platform, evaluator)
        assert "all its effort allows" in plan.notes[-1]
        assert 1 <= sum(worker.memory_mb < 1769 for worker in plan.workers) <= 4

    @pytest.mark.parametrize("sla", ["average", "p95"])
    def test_downgrades_happen_and_hurt_nobody(self, sla: str) -> None:
        """Octoflows' own example: chains of 5, 4, 3, 2 and 1 tasks into a sink; judged by luck it has not seen."""
        workflow = load_workflow("fixed_times")
        planner = NonUniform(sla=sla, tolerance=0.01, sizes="1769+3538+7076")
        plan = planner.plan(workflow, AWS, SimulatedEvaluator(workflow, AWS, seed=1))
        fresh = SimulatedEvaluator(workflow, AWS, seed=99)
        best = fresh.evaluate(Uniform(size_mb=7076).plan(workflow, AWS), runs=100)
        found = fresh.evaluate(plan, runs=100)
        assert min(worker.memory_mb for worker in plan.workers) < 7076 == max(w.memory_mb for w in plan.workers)
        assert found.mean_cost_usd < 0.9 * best.mean_cost_usd
        assert Goal(sla).time_s(found) <= 1.01 * Goal(sla).time_s(best)

    @pytest.mark.parametrize("spec", ["montage", "gen:layered,width=6,depth=5,seed=2"])
    def test_the_tolerance_holds_for_other_luck(self, spec: str) -> None:
        """Within the tolerance and what 60 fresh runs can tell (three standard errors) of uniform's best size."""
        workflow = load_workflow(spec)
        plan = NonUniform(tolerance=0.02).plan(workflow, AWS, SimulatedEvaluator(workflow, AWS, seed=3))
        fresh = SimulatedEvaluator(workflow, AWS, seed=77)
        sizes = size_ladder(workflow, AWS, "")
        best_s = min(
            (fresh.evaluate(Uniform(size_mb=size).plan(workflow, AWS), runs=60).makespans_s for size in sizes),
            key=lambda each: float(each.mean()),
        )
        excess_s = fresh.evaluate(plan, runs=60).makespans_s - 1.02 * best_s
        assert excess_s.mean() <= 3 * excess_s.std(ddof=1) / math.sqrt(60)

    @pytest.mark.parametrize("name", ["non-uniform", "orion", "nimble", "stepconf", "refined"])
    def test_looser_goals_are_never_worse_under_luck(self, name: str) -> None:
        """By the planner's own luck, exactly: the figures of the goal do not steer the search."""
        workflow = load_workflow("gemm")
        luck = SimulatedEvaluator(workflow, AWS, seed=5, runs=4)
        for field, values in (("deadline_s", (1.5, 2.5, 4.0, 9.0)), ("budget_usd", (0.0004, 0.0006, 0.001))):
            before = None
            for value in values:
                planner = make_planner(f"{name}[{field}={value},effort=3000]")
                found = luck.evaluate(planner.plan(workflow, AWS, luck))
                assert before is None or planner.goal.key(found) <= planner.goal.key(before)
                before = found

    def test_what_it_asked_is_reported_and_bounded(self) -> None:
        workflow = load_workflow("gen:layered,width=20,depth=15,seed=3")
        evaluator = SimulatedEvaluator(workflow, AWS, seed=1)
        plan = NonUniform(effort=10_000).plan(workflow, AWS, evaluator)
        assert f"by {evaluator.n_simulations:,} simulations" in plan.notes[-1]
        assert evaluator.n_simulations <= 10_000 / 320 + 2 * 10  # the last that is begun is finished

    def test_an_infeasible_goal_is_told(self) -> None:
        workflow = chain(5.0)
        evaluator = SimulatedEvaluator(workflow, AWS, seed=1, runs=2)
        plan = NonUniform(deadline_s=1.0, sla="p95").plan(workflow, AWS, evaluator)
        assert plan.notes[-1].startswith(f"{INFEASIBLE} p95 makespan ")
        assert " s for a deadline of 1 s (30 fresh runs when planned" in plan.notes[-1]
        feasible = NonUniform(deadline_s=100.0, budget_usd=1.0).plan(workflow, AWS, evaluator)
        assert feasible.notes[-1].startswith("average makespan ")
        assert " USD for a budget of 1 USD" in feasible.notes[-1]

    def test_groups_that_cannot_be_run(self) -> None:
        """Two workers that hold and wait for each other, where one instance may be busy at a time."""
        workflow = star(1.0, 1.0, 1.0, 1.0, 1.0)
        builder = WorkflowBuilder("joined")
        builder.add_task("root", cpu_s=1.0)
        for i in range(8):
            builder.add_task(f"t{i}", cpu_s=1.0, after=["root"])
        builder.add_task("join", cpu_s=1.0, after=[f"t{i}" for i in range(8)])
        workflow = builder.build()
        platform = round_platform(concurrency=1)
        assert check_plan(Uniform().plan(workflow, platform), workflow, platform)
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=2)
        plan = NonUniform().plan(workflow, platform, evaluator)
        assert check_plan(plan, workflow, platform) == ()
        assert "no size of the ladder gives a plan in groups that can be run" in plan.notes[-1]

    def test_an_evaluator_is_needed(self) -> None:
        with pytest.raises(InvalidInput, match="planner non-uniform: evaluator is None; expected one"):
            NonUniform().plan(chain(1.0), AWS)


class TestLadder:
    def test_around_the_default(self) -> None:
        assert size_ladder(chain(1.0), AWS, "") == (885, 1769, 3538, 7076)
        coarse = round_platform(step_mb=100, default_mb=128, min_mb=128, max_mb=328)
        assert size_ladder(chain(1.0), coarse, "") == (128, 328)

    def test_a_floor_above_all_of_it(self) -> None:
        builder = WorkflowBuilder("large")
        builder.add_task("a", cpu_s=1.0, memory_mb=9000.5)
        assert size_ladder(builder.build(), AWS, "") == (885, 1769, 3538, 7076, 9001)
        with pytest.raises(InvalidInput, match=r"a size of at least 9000\.5 MB, the memory floor of task 'a'"):
            size_ladder(builder.build(), AWS, "512+8192")

    def test_asked_for(self) -> None:
        assert size_ladder(chain(1.0), AWS, "4096+2048 + 2048") == (2048, 4096)
        with pytest.raises(InvalidInput) as refused:
            size_ladder(chain(1.0), AWS, "64+99999")
        assert len(refused.value.faults) == 2
        with pytest.raises(InvalidInput, match="whole numbers of MB"):
            size_ladder(chain(1.0), AWS, "2048+many")


class TestNoWorse:
    GOAL = Goal()

    @pytest.mark.parametrize(
        ("before", "after", "tolerance", "expected"),
        [
            ((10.0, 12.0), (10.0, 12.0), 0.0, True),
            ((10.0, 12.0), (10.001, 12.0), 0.0, False),
            ((10.0, 12.0), (10.05, 12.05), 0.01, True),
            ((10.0, 12.0), (10.2, 12.2), 0.01, False),
            ((10.0, 10.0, 10.0), (9.0, 10.0, 11.3), 0.05, False),  # by the mean within it, but not surely
            ((10.0, 10.0), (math.nan, 1.0), 1.0, False),
            ((math.nan, 10.0), (20.0, 20.0), 0.0, True),
        ],
    )
    def test_pairs(self, before: Sequence[float], after: Sequence[float], tolerance: float, expected: bool) -> None:
        assert no_worse(evaluation(*before), evaluation(*after), self.GOAL, tolerance) is expected

    def test_the_percentile_counts_too(self) -> None:
        before, after = (10.0,) * 20, (9.0,) * 18 + (15.0,) * 2
        assert no_worse(evaluation(*before), evaluation(*after), Goal(), 0.05)
        assert not no_worse(evaluation(*before), evaluation(*after), Goal("p95"), 0.05)


class TestVerdict:
    def test_words(self) -> None:
        goal = Goal("p50", deadline_s=10.0, budget_usd=2.0)
        assert verdict(goal, evaluation(8.0, 8.0)) == (
            "p50 makespan 8.000 s for a deadline of 10 s, mean cost 1 USD for a budget of 2 USD "
            "(2 fresh runs when planned, p50 needs 6 runs)"
        )
        late = verdict(goal, evaluation(12.0, 12.0))
        assert late.startswith("infeasible, the best found is p50 makespan 12.000 s for a deadline of 10 s")
        assert verdict(goal, evaluation(1.0, math.nan)).startswith(f"{INFEASIBLE} 1 failed runs")


def test_a_verdict_is_by_luck_that_chose_nothing() -> None:
    """Neither that for choosing nor that for confirming: whatever was chosen by these is flattered by them."""
    workflow, platform = chain(1.0), round_platform()
    plan = OnePerTask().plan(workflow, platform)
    draws = list[int]()

    class Asked(SimulatedEvaluator):
        def evaluate(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Evaluation:
            draws.append(draw)
            return super().evaluate(plan, runs=runs, draw=draw)

    with_verdict(plan, workflow, platform, Asked(workflow, platform, seed=1, runs=1), Goal(deadline_s=9.0))
    assert draws
    assert not {0, 1} & set(draws)


class TestHalving:
    @given(st.integers(0, 40), st.sets(st.integers(0, 39)))
    def test_all_but_the_bad_ones_are_found(self, n: int, bad: set[int]) -> None:
        asked = []

        def accepts(group: Sequence[int]) -> bool:
            asked.append(group)
            return not bad.intersection(group)

        assert by_halves(range(n), accepts) == [item for item in range(n) if item not in bad]
        k = len(bad.intersection(range(n)))
        assert len(asked) <= max(1, k) * (2 * max(1, n).bit_length() + 1)


class TestEdits:
    PLAN = OnePerTask().plan(chain(1.0, 2.0, 3.0), round_platform())

    def test_sizes_and_holds(self) -> None:
        assert [worker.memory_mb for worker in resized(self.PLAN, {1: 512}).workers] == [1769, 512, 1769]
        assert [worker.hold for worker in holding(self.PLAN, [0, 2], False).workers] == [False, True, False]

    def test_a_worker_without_tasks_is_gone_and_orders_follow(self) -> None:
        ordered = replace(self.PLAN, orders=Orders(call_early=(EarlyCall(0, 1), EarlyCall(1, 2))))
        plan = moved(ordered, {1: 0})
        assert plan.assignment == (0, 0, 1)
        assert [worker.name for worker in plan.workers] == ["w0", "w2"]
        assert plan.orders.call_early == (EarlyCall(1, 1),)

    def test_new_workers(self) -> None:
        plan = moved(self.PLAN, {0: 3, 2: 4}, [512, 1024])
        assert plan.assignment == (1, 0, 2)
        assert [(worker.name, worker.memory_mb) for worker in plan.workers] == [("w1", 1769), ("w3", 512), ("w4", 1024)]
        assert check_plan(plan, chain(1.0, 2.0, 3.0), round_platform()) == ()


class TestCriticality:
    def test_the_longer_branch(self) -> None:
        workflow, platform = two_branches(), round_platform()
        plan = OnePerTask().plan(workflow, platform)
        observation = SimulatedEvaluator(workflow, platform, seed=1, runs=2).observe(plan)
        assert critical_tasks(workflow, plan, observation).tolist() == [1.0, 1.0, 0.0, 1.0]
        assert critical_workers(workflow, plan, observation) == [1.0, 1.0, 0.0, 1.0]

    def test_a_queue_on_a_worker(self) -> None:
        """Three roots on one worker of one slot: each waits for the one before."""
        builder = WorkflowBuilder("queue")
        for name in "abc":
            builder.add_task(name, cpu_s=1.0)
        workflow, platform = builder.build(), round_platform()
        plan = make_planner("all-on-one").plan(workflow, platform)
        observation = SimulatedEvaluator(workflow, platform, seed=1, runs=1).observe(plan)
        assert critical_tasks(workflow, plan, observation).tolist() == [1.0, 1.0, 1.0]

    def test_tasks_of_no_time_end(self) -> None:
        workflow, platform = chain(0.0, 0.0, 0.0), round_platform()
        plan = make_planner("all-on-one").plan(workflow, platform)
        observation = SimulatedEvaluator(workflow, platform, seed=1, runs=1).observe(plan)
        assert critical_tasks(workflow, plan, observation)[2] == 1.0


class TestTrials:
    def test_the_best_and_the_cheapest_that_is_as_good(self) -> None:
        workflow, platform = chain(4.0), round_platform(**{"prices.usd_per_gb_s": 2e-5})
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=2)
        trials = Trials(workflow, platform, evaluator, Goal())
        plans = {size_mb: OnePerTask(size_mb=size_mb).plan(workflow, platform) for size_mb in (885, 1769, 3538)}
        trials.try_all(plans.values())
        assert trials.best() == plans[1769]  # as fast as twice the size, for one vCPU is all it can use, and cheaper
        assert trials.chosen(tolerance=2.0) == plans[885]
        assert trials.unbeaten(9) == [plans[1769], plans[885]] or trials.unbeaten(9) == [plans[1769]]

    def test_nothing_is_asked_beyond_the_effort(self) -> None:
        workflow, platform = chain(4.0), round_platform()
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=2)
        trials = Trials(workflow, platform, evaluator, Goal(), effort=50)
        trials.try_all(OnePerTask(size_mb=size_mb).plan(workflow, platform) for size_mb in range(500, 900, 10))
        more = OnePerTask(size_mb=2000).plan(workflow, platform)
        assert trials.evaluate(more) is None
        assert trials.observe(more) is None
        assert (trials.n_tried, evaluator.n_simulations, trials.is_over) == (2, 4, True)
