"""NIMBLE: launched early where it makes the job faster, late where it does not delay it."""

from __future__ import annotations

import pytest

from planners.moves import Ahead, Later
from planners.moves.move import Scene
from planners.nimble import Nimble
from planners.one_per_task import OnePerTask
from planners.plan import Plan, Prewarm
from planners.registry import make_planner
from planners.switches import all_switches
from platforms import Platform
from sim.evaluator import SimulatedEvaluator
from tests.planners.examples import chain, round_platform
from workloads import InvalidInput, Workflow, WorkflowBuilder

MB = 1_000_000


def slow_starts(**figures: object) -> Platform:
    """A call .1, a cold start 3.2, a warm one .05; idle instances live for .2 s."""
    priced = {"prices.usd_per_gb_s": 2e-5, "provisioning_s": 3.0, "warm_s": 0.05, "keep_alive_s": 0.2}
    return round_platform(**(priced | figures))


def scene_of(plan: Plan, workflow: Workflow, platform: Platform) -> Scene:
    observation = SimulatedEvaluator(workflow, platform, seed=1, runs=2).observe(plan)
    return Scene(plan, workflow, platform, observation, [1769])


class TestLaunches:
    def test_ahead_by_hand(self) -> None:
        """Its call is accepted .1 after t0 is visible, at 3.3 + 5 + 1.06; up by then if asked for 3.3 s earlier."""
        workflow, platform = chain(5.0, 5.0, size_bytes=MB), slow_starts()
        plan = OnePerTask().plan(workflow, platform)
        first = next(Ahead().proposals(scene_of(plan, workflow, platform)))
        assert first.prewarms == (Prewarm(1769, pytest.approx(9.46 - 3.3, abs=2e-3), 1),)  # type: ignore[arg-type]

    def test_what_is_warm_already_stays_so(self) -> None:
        """With the second worker's instance up in time, the third's is asked for besides."""
        workflow, platform = chain(5.0, 5.0, 5.0, size_bytes=MB), slow_starts()
        plan = OnePerTask().plan(workflow, platform)
        first = next(each for each in Ahead().proposals(scene_of(plan, workflow, platform)) if len(each.prewarms) == 1)
        scene = scene_of(first, workflow, platform)
        assert scene.observation.is_cold[0].tolist() == [True, False, True]
        assert all(set(first.prewarms) < set(each.prewarms) for each in Ahead().proposals(scene))

    def test_nothing_is_asked_for_before_the_run(self) -> None:
        workflow, platform = chain(0.5, 5.0), slow_starts()
        plan = OnePerTask().plan(workflow, platform)
        assert all(
            prewarm.at_s > 0
            for each in Ahead().proposals(scene_of(plan, workflow, platform))
            for prewarm in each.prewarms
        )

    def test_later_or_fewer(self) -> None:
        workflow, platform = chain(5.0, 5.0, 5.0, size_bytes=MB), slow_starts()
        plan = OnePerTask().plan(workflow, platform)
        early = Plan(
            **{name: getattr(plan, name) for name in plan.__struct_fields__}
            | {"prewarms": (Prewarm(1769, 1.0), Prewarm(1769, 9.0))}
        )
        proposals = list(Later().proposals(scene_of(early, workflow, platform)))
        assert proposals[0].prewarms == (Prewarm(1769, 2.6), Prewarm(1769, 10.6))
        assert [len(each.prewarms) for each in proposals] == [2, 2, 2, 1, 1, 1, 1]
        assert list(Later().proposals(scene_of(plan, workflow, platform))) == []


class TestPlans:
    def test_every_start_but_the_first_is_hidden(self) -> None:
        workflow, platform = chain(5.0, 5.0, 5.0, size_bytes=MB), slow_starts()
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
        base = evaluator.evaluate(OnePerTask(size_mb=1769).plan(workflow, platform))
        plan = Nimble(assignment="one-per-task", tolerance=0.0).plan(workflow, platform, evaluator)
        assert evaluator.evaluate(plan).makespans_s[0] <= base.makespans_s[0] - 2 * 3.1

    def test_an_instance_is_up_no_earlier_than_it_has_to_be(self) -> None:
        """Half a cold start later each of them would come too late: its worker would start cold."""
        workflow, platform = chain(5.0, 5.0, size_bytes=MB), slow_starts()
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
        plan = Nimble(assignment="one-per-task", tolerance=0.0).plan(workflow, platform, evaluator)
        [prewarm] = plan.prewarms
        late = Prewarm(prewarm.memory_mb, prewarm.at_s + 1.6)
        content = {name: getattr(plan, name) for name in plan.__struct_fields__}
        assert evaluator.observe(Plan(**content | {"prewarms": (late,)})).is_cold.tolist() == [[True, True]]

    def test_what_is_not_awaited_may_start_cold(self) -> None:
        """`short` may start cold: `join` waits for `long` anyway. The starts of these two are hidden."""
        builder = WorkflowBuilder("slack")
        builder.add_task("root", cpu_s=5.0)
        builder.add_task("long", cpu_s=30.0, after=["root"])
        builder.add_task("short", cpu_s=1.0, after=["root"])
        builder.add_task("join", cpu_s=1.0, after=["long", "short"])
        workflow, platform = builder.build(), slow_starts()
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
        plan = Nimble(assignment="one-per-task", tolerance=0.0).plan(workflow, platform, evaluator)
        base_s = evaluator.evaluate(OnePerTask(size_mb=1769).plan(workflow, platform)).makespans_s[0]
        found = evaluator.observe(plan)
        assert found.evaluation.makespans_s[0] <= base_s - 2 * 3.1
        assert found.is_cold[0, 2]

    def test_a_worker_that_would_wait_long_is_released(self) -> None:
        """`last` comes 60 s after `first` on its worker; a start of .6 s is cheaper than waiting for them."""
        builder = WorkflowBuilder("waits")
        builder.add_task("first", cpu_s=1.0)
        builder.add_task("middle", cpu_s=60.0, after=["first"])
        builder.add_task("last", cpu_s=1.0, after=["middle"])
        workflow = builder.build()
        platform = round_platform(
            **{"prices.usd_per_gb_s": 2e-5, "warm_s": 0.0, "provisioning_s": 0.01, "start.init_s": 0.0}
        )
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
        nimble = Nimble(assignment="heft", tolerance=0.05)
        start = make_planner("heft").plan(workflow, platform)
        plan = nimble.plan(workflow, platform, evaluator)
        assert evaluator.evaluate(plan).mean_cost_usd <= evaluator.evaluate(start).mean_cost_usd

    @pytest.mark.parametrize(("name", "field"), [("async-upload", "call_early"), ("stream", "stream")])
    def test_calls_and_edges_are_ahead_of_what_they_wait_for(
        self, name: str, field: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """4 MB take 4 s to upload. Instances die as soon as they are idle, so that no prewarm hides a start."""
        monkeypatch.setattr("planners.moves.switched.all_switches", lambda: {name: all_switches()[name]})
        workflow, platform = chain(5.0, 5.0, size_bytes=4 * MB), slow_starts(keep_alive_s=0.0)
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
        base = evaluator.evaluate(OnePerTask(size_mb=1769).plan(workflow, platform))
        plan = Nimble(assignment="one-per-task", tolerance=0.0).plan(workflow, platform, evaluator)
        assert getattr(plan.orders, field)
        assert evaluator.evaluate(plan).makespans_s[0] <= base.makespans_s[0] - 3.0

    def test_whose_assignment(self) -> None:
        workflow, platform = chain(1.0), round_platform()
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
        with pytest.raises(InvalidInput, match="a planner that asks no evaluator"):
            Nimble(assignment="nimble").plan(workflow, platform, evaluator)
        with pytest.raises(InvalidInput, match="'heft'"):
            Nimble(assignment="hefd").plan(workflow, platform, evaluator)
