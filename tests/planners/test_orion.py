"""Orion: its percentiles by hand and against many draws, its sizes, bundles and delays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.goal import Goal
from planners.orion import Orion
from planners.orion.latency import Latency
from planners.orion.model import Model
from planners.orion.prewarming import ends_s, right_delays, utilisation
from planners.orion.rightsizing import smallest, trail
from planners.orion.stages import Stages
from platforms import Platform, change_platform, load_platform
from sim.evaluator import SimulatedEvaluator
from tests.planners.examples import chain, round_platform
from workloads import InvalidInput, Workflow, WorkflowBuilder, load_workflow

GRID = 2048


def stages_of(workflow: Workflow) -> Stages:
    return Stages(workflow, "orion", tuple(range(workflow.n_tasks)))


def coin(*places: int) -> Latency:
    """One of some numbers of steps of .1 s, equally likely."""
    mass = np.zeros(10)
    np.add.at(mass, list(places), 1 / len(places))
    return Latency(0.1, mass)


class TestLatency:
    def test_one_after_the_other(self) -> None:
        """1 or 3 steps, then 2 or 4: 3 to 7 with 1, 2, 1 quarters."""
        assert coin(1, 3).then(coin(2, 4)).mass.tolist() == [0, 0, 0, 0.25, 0, 0.5, 0, 0.25, 0, 0]

    def test_side_by_side(self) -> None:
        """Of 1 or 3 and 2 or 2: 2 with a half, 3 with a half; of three alike, 1 only if all are: an eighth."""
        assert coin(1, 3).slower_of(coin(2, 2)).mass.tolist() == [0, 0, 0.5, 0.5, 0, 0, 0, 0, 0, 0]
        assert coin(1, 3).last_of(3).mass.tolist() == [0, 0.125, 0, 0.875, 0, 0, 0, 0, 0, 0]

    def test_beyond_the_grid_is_its_end(self) -> None:
        assert coin(9).then(coin(9)).mass[-1] == 1.0
        assert Latency.of(np.array([99.0]), 0.1, 10).mean_s == pytest.approx(0.9)

    def test_percentiles_lie_on_lines_between_grid_points(self) -> None:
        uniform = Latency(0.1, np.full(10, 0.1))
        assert uniform.percentile_s(10) == pytest.approx(0.0)
        assert uniform.percentile_s(95) == pytest.approx(0.85)
        assert coin(4).percentile_s(50) == pytest.approx(0.35)

    @given(st.lists(st.floats(0.0, 9.0), min_size=1, max_size=20))
    def test_means_stay(self, samples_s: list[float]) -> None:
        found = Latency.of(np.array(samples_s), 0.1, 100)
        assert found.mean_s == pytest.approx(np.mean(samples_s), abs=1e-9)
        assert found.mass.sum() == pytest.approx(1.0)

    @pytest.mark.parametrize("sigma", [0.06, 0.18, 0.4])
    @pytest.mark.parametrize("n", [1, 6, 22])
    def test_the_published_check(self, sigma: float, n: int) -> None:
        """Convolved, Orion's profiles gave P95 of a sum within -.8 to +2 %: so do three stages, the second n wide."""
        random = np.random.default_rng(1)
        draws = [np.exp(sigma * random.standard_normal((20_000, width))).max(axis=1) for width in (1, n, 1)]
        one = np.exp(sigma * random.standard_normal(20_000))
        alone = Latency.of(one, 10 / GRID, GRID)
        total = alone.then(alone.last_of(n)).then(alone)
        exact = float(np.quantile(sum(draws), 0.95))
        assert -0.008 < total.percentile_s(95) / exact - 1 < 0.02
        assert total.mean_s == pytest.approx(float(np.mean(sum(draws))), rel=0.01)


class TestModel:
    PLATFORM = load_platform("aws-lambda-s3", {"noise.sigma": 0.15})

    def test_a_chain_adds_up(self) -> None:
        """Call .1, start .5, 2 s, put 1.05, commit .01; then .1, .5, get 1.03, 3 s, put 1.05, commit .01."""
        workflow, platform = chain(2.0, 3.0, size_bytes=1_000_000), round_platform()
        model = Model(stages_of(workflow), platform, [1769, 1769])
        assert model.judged_s([1769, 1769], Goal()) == pytest.approx(3.66 + 5.69, rel=1e-6)

    def test_it_predicts_what_simulation_shows(self) -> None:
        """Within 10 % for single tasks on workers of their own, where no instance lives to be warm for the next."""
        workflow = load_workflow("text_analysis")
        platform = change_platform(self.PLATFORM, {"keep_alive_s": 0.01})
        stages = stages_of(workflow)
        sizes_mb = [1769] * stages.n
        plan = stages.plan(sizes_mb, {}, 10_240)
        found = SimulatedEvaluator(workflow, platform, seed=1).evaluate(plan, runs=40)
        for sla in ("average", "p50", "p95"):
            goal = Goal(sla)
            expected_s = Model(stages, platform, sizes_mb).judged_s(sizes_mb, goal)
            assert expected_s == pytest.approx(goal.time_s(found), rel=0.1)

    def test_a_higher_percentile_is_never_shorter(self) -> None:
        stages = stages_of(load_workflow("gemm"))
        model = Model(stages, self.PLATFORM, [1769] * stages.n)
        judged = [model.judged_s([1769] * stages.n, Goal(f"p{p}")) for p in (10, 50, 75, 90, 99)]
        assert judged == sorted(judged)


class TestRightSizes:
    def test_the_longest_stage_gets_its_memory_first(self) -> None:
        """9 s against 1 s of CPU below a vCPU: the same increment saves nine times as much."""
        workflow, platform = chain(1.0, 9.0), round_platform()
        found = self.trail_of(workflow, platform)
        assert found[0] == [500, 500]
        assert found[1] == [500, 564]
        [first] = [i for i, sizes in enumerate(found) if sizes[0] > 500][:1]
        assert found[first][1] > 1000

    def test_nothing_grows_beyond_its_use(self) -> None:
        """One vCPU is all that these tasks can use: an increment beyond 1,769 MB is the last."""
        last = self.trail_of(chain(1.0, 9.0), round_platform())[-1]
        assert all(1769 <= size_mb < 1769 + 64 for size_mb in last)

    def test_stages_that_hide_each_other_grow_together(self) -> None:
        """Two equal branches without luck: no increment of one helps."""
        builder = WorkflowBuilder("two")
        for name in ("a", "b"):
            builder.add_task(name, function=name, cpu_s=4.0)
        found = self.trail_of(builder.build(), round_platform())
        assert found[-1][0] == found[-1][1] > 1769

    def test_many_stages_cost_no_more(self) -> None:
        stages = stages_of(chain(*[1.0] * 300))
        assert stages.n == 300
        assert len(stages.groups(4)) == 4 or len(stages.groups(4)) == 300
        assert sorted(stage for group in stages.groups(4) for stage in group) == list(range(300))

    def test_floors_are_kept(self) -> None:
        builder = WorkflowBuilder("floor")
        builder.add_task("a", cpu_s=1.0, memory_mb=2000.5)
        assert smallest(stages_of(builder.build()), round_platform(), 500) == [2001]

    @pytest.mark.parametrize("cpu_s", [0.1, 0.3, 0.7, 1.0, 2.2])
    @pytest.mark.parametrize("n", [2, 3, 4, 5])
    def test_equals_take_turns_in_their_order(self, n: int, cpu_s: float) -> None:
        """What an increment gains is the same for all that have as much, though its sums are rounded otherwise."""
        builder = WorkflowBuilder("equals")
        for i in range(n):
            after = [f"t{i - 1}"] if i else []
            builder.add_task(f"t{i}", function=f"f{i}", cpu_s=cpu_s, parallelism=4.0, after=after)
        for sizes_mb in self.trail_of(builder.build(), round_platform()):
            assert sizes_mb == sorted(sizes_mb, reverse=True)

    @staticmethod
    def trail_of(workflow: Workflow, platform: Platform) -> list[list[int]]:
        stages = stages_of(workflow)
        model = Model(stages, platform, smallest(stages, platform, 500))
        return trail(stages, platform, model, 500, 64, Goal())


class TestBundles:
    def test_so_many_on_a_worker_so_much_larger(self) -> None:
        builder = WorkflowBuilder("fan-out")
        builder.add_task("root", cpu_s=1.0)
        for i in range(5):
            builder.add_task(f"t{i}", function="f", cpu_s=1.0, after=["root"])
        stages = stages_of(builder.build())
        plan = stages.plan([1000, 2000], {1: 2}, 3000)
        assert [worker.memory_mb for worker in plan.workers] == [1000, 3000, 3000, 3000]
        assert plan.assignment == (0, 1, 1, 2, 2, 3)

    def test_a_size_to_begin_with_that_there_is_not_is_refused(self) -> None:
        workflow, platform = chain(1.0), round_platform()
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
        with pytest.raises(InvalidInput, match="least_mb is 10241; expected at most 10240 MB, the largest size"):
            Orion(least_mb=10_241).plan(workflow, platform, evaluator)

    def test_skewed_siblings_share_their_cores(self) -> None:
        """One of five is long and can use five vCPUs: alone it has one of them, bundled all that others leave over.

        Five vCPUs with 1 s each for 1 s, then 11 s on all of them: 3.2 s, instead of 12.
        """
        builder = WorkflowBuilder("skewed")
        for i, cpu_s in enumerate((12.0, 1.0, 1.0, 1.0, 1.0)):
            builder.add_task(f"t{i}", function="f", cpu_s=cpu_s, parallelism=5)
        workflow, platform = builder.build(), round_platform(**{"prices.usd_per_gb_s": 2e-5})
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
        plan = Orion(least_mb=1769, step_mb=20_000, tolerance=0.0).plan(workflow, platform, evaluator)
        assert len(plan.workers) == 1
        assert plan.workers[0].memory_mb in (5 * 1769, 10_240)
        assert evaluator.evaluate(plan).makespans_s[0] == pytest.approx(0.6 + 3.2 + 0.01, rel=0.1)


class TestDelays:
    def test_ends_by_hand(self) -> None:
        runs_s, init_s = np.array([[1.0, 2.0, 3.0]]), np.full((1, 3), 0.5)
        assert ends_s(runs_s, init_s, np.array([0.0, 0.5, 0.0])).tolist() == [[1.5, 3.5, 6.5]]
        assert ends_s(runs_s, init_s, np.array([0.0, 2.0, 0.0])).tolist() == [[1.5, 4.0, 7.0]]

    def test_utilisation_by_hand(self) -> None:
        """Ready at 1.5 and 3.5, up at .5 and .5: idle 1 of 4 s busy, 3 of 7.5 s: 1 / (1 + .25 + .4)."""
        runs_s, init_s = np.array([[1.0, 2.0, 3.0]]), np.full((1, 3), 0.5)
        assert utilisation(runs_s, init_s, np.zeros(3)) == pytest.approx(1 / (1 + 1 / 4 + 3 / 7.5))

    def test_the_right_delay_is_the_latest_that_costs_nothing(self) -> None:
        """Up exactly when its input is ready: 1.5 − .5 and 3.5 − .5."""
        runs_s, init_s = np.array([[1.0, 2.0, 3.0]]), np.full((1, 3), 0.5)
        assert right_delays(runs_s, init_s, Goal()) == pytest.approx([0.0, 1.0, 3.0])

    def test_it_is_later_than_what_costs_no_run_anything(self) -> None:
        """The first of three runs is ready at 1.5, the others at 3.5: at the median the first may wait, to 3.5 − .5."""
        runs_s, init_s = np.array([[1.0, 1.0], [3.0, 1.0], [3.0, 1.0]]), np.full((3, 2), 0.5)
        assert right_delays(runs_s, init_s, Goal("p50")) == pytest.approx([0.0, 3.0])
        assert right_delays(runs_s, init_s, Goal()) == pytest.approx([0.0, 1.0])

    @given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=5))
    def test_no_delay_makes_it_longer(self, runs: list[tuple[float, float, float]]) -> None:
        runs_s, goal = np.array(runs), Goal("p95")
        init_s = np.full_like(runs_s, 0.7)
        found = right_delays(runs_s, init_s, goal)
        least_s = goal.of(ends_s(runs_s, init_s, np.zeros(3))[:, -1])
        assert goal.of(ends_s(runs_s, init_s, found)[:, -1]) <= least_s * (1 + 1e-6)
        assert utilisation(runs_s, init_s, found) >= utilisation(runs_s, init_s, np.zeros(3)) - 1e-9

    def test_cold_starts_are_met(self) -> None:
        """Three tasks of 5 s, starts of 3.2 s, instances that live for .2 s: two of three starts are hidden."""
        workflow = chain(5.0, 5.0, 5.0, size_bytes=1_000_000)
        figures = {"prices.usd_per_gb_s": 2e-5, "provisioning_s": 3.0, "warm_s": 0.05, "keep_alive_s": 0.2}
        platform = round_platform(**figures)
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
        plan = Orion().plan(workflow, platform, evaluator)
        observation = evaluator.observe(plan)
        assert observation.is_cold.tolist() == [[True, False, False]]
        assert len(plan.prewarms) == 2
        assert evaluator.evaluate(plan).makespans_s[0] == pytest.approx(30.14 - 2 * (3.2 - 0.05), abs=0.1)


def test_a_deadline_is_kept_at_its_percentile_at_least_cost() -> None:
    workflow, platform = load_workflow("text_analysis"), TestModel.PLATFORM
    luck = SimulatedEvaluator(workflow, platform, seed=1)
    found = {}
    for deadline_s in (8.0, 12.0, 30.0):
        plan = Orion(sla="p90", deadline_s=deadline_s, effort=8_000).plan(workflow, platform, luck)
        found[deadline_s] = luck.evaluate(plan, runs=20)
        assert np.quantile(found[deadline_s].makespans_s, 0.9) <= deadline_s
    assert found[30.0].mean_cost_usd <= found[12.0].mean_cost_usd <= found[8.0].mean_cost_usd
