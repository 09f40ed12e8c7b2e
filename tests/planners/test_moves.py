"""Moves: what each proposes, that it pays where it should, and that nothing is kept where it does not."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from planners.all_on_one import AllOnOne
from planners.check import check_plan
from planners.edits import holding
from planners.evaluator import Evaluation
from planners.goal import Goal
from planners.heft import Heft
from planners.moves import Ahead, CriticalFirst, Gather, HoldOrRelease, Later, Move, Smaller, Stronger, Switched
from planners.moves.climb import Climb
from planners.moves.hold_or_release import waiting_usd
from planners.moves.move import Scene
from planners.one_per_task import OnePerTask
from planners.plan import Plan, PlannedWorker
from planners.refined import Refined
from planners.registry import make_planner
from planners.trials import Trials
from planners.uniform import Uniform
from planners.wukong import Wukong
from platforms import Platform, load_platform
from sim.evaluator import SimulatedEvaluator
from tests.planners.examples import SIZE_MB, chain, round_platform, workflows
from workloads import Workflow, WorkflowBuilder, load_workflow

MB = 1_000_000
LADDER = (885, 1769, 3538, 7076)
MOVES = (Ahead(), CriticalFirst(), Gather(), HoldOrRelease(), Later(), Smaller(), Stronger(), Switched("prewarm"))


def priced(**figures: object) -> Platform:
    return round_platform(**({"prices.usd_per_gb_s": 2e-5} | figures))


def scene_of(plan: Plan, workflow: Workflow, platform: Platform) -> Scene:
    observation = SimulatedEvaluator(workflow, platform, seed=1, runs=2).observe(plan)
    return Scene(plan, workflow, platform, observation, LADDER)


def climbed(plan: Plan, workflow: Workflow, platform: Platform, *moves: Move) -> tuple[Plan, float, float]:
    """The plan after climbing for time alone, and its makespan and that of the start."""
    evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
    trials = Trials(workflow, platform, evaluator, Goal())
    found = Climb(workflow, platform, trials, LADDER).from_(
        plan, moves, lambda before, after: Goal().key(after) < Goal().key(before)
    )
    before, after = (evaluator.evaluate(each).makespans_s[0] for each in (plan, found))
    return found, float(before), float(after)


def hand_made(workflow: Workflow, sizes_mb: list[int], assignment: tuple[int, ...], hold: bool = True) -> Plan:
    workers = tuple(PlannedWorker(f"w{i}", size_mb, hold) for i, size_mb in enumerate(sizes_mb))
    return Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=workers,
        assignment=assignment,
        flexible_mb=None,
        priority=tuple(range(workflow.n_tasks)),
    )


class TestStronger:
    """A task of 1 s hands 1 MB to one that can use four vCPUs: it costs 2.7 s to move it."""

    @staticmethod
    def pair(second_s: float) -> Workflow:
        builder = WorkflowBuilder("pair")
        builder.add_object("between", MB)
        builder.add_task("first", cpu_s=1.0, outputs=["between"])
        builder.add_task("second", cpu_s=second_s, parallelism=4, inputs=["between"])
        return builder.build()

    def test_it_pays_for_a_long_task(self) -> None:
        """20 s on one vCPU, 5 s on four."""
        workflow, platform = self.pair(20.0), priced()
        plan, before_s, after_s = climbed(AllOnOne().plan(workflow, platform), workflow, platform, Stronger())
        assert [plan.size_of(task) for task in range(2)] == [1769, 7076]
        assert after_s == pytest.approx(before_s - 15 + 1.05 + 0.01 + 0.1 + 0.5 + 1.03, abs=1e-6)

    def test_it_does_not_pay_for_a_short_one(self) -> None:
        """3 s on one vCPU, .75 s on four."""
        workflow, platform = self.pair(3.0), priced()
        start = AllOnOne().plan(workflow, platform)
        assert climbed(start, workflow, platform, Stronger())[0] == start

    def test_of_flexible_workers_too(self) -> None:
        workflow, platform = self.pair(20.0), priced()
        plan, before_s, after_s = climbed(Wukong().plan(workflow, platform), workflow, platform, Stronger())
        assert plan.assignment == (None, 0)
        assert after_s < before_s - 10

    def test_the_chain_behind_goes_along(self) -> None:
        workflow, platform = chain(1.0, 9.0, 9.0, size_bytes=MB), priced()
        start = hand_made(workflow, [885], (0, 0, 0))
        first = next(Stronger().proposals(scene_of(start, workflow, platform)))
        assert first.assignment == (0, 1, 1)


class TestGather:
    @staticmethod
    def fan(size_bytes: int) -> Workflow:
        builder = WorkflowBuilder("fan")
        builder.add_task("root", cpu_s=1.0)
        for i in range(4):
            builder.add_object(f"d{i}", size_bytes + i)
            builder.add_task(f"t{i}", cpu_s=2.0, after=["root"], outputs=[f"d{i}"])
        builder.add_task("join", cpu_s=1.0, inputs=[f"d{i}" for i in range(4)])
        return builder.build()

    def test_the_largest_first_then_more(self) -> None:
        workflow, platform = self.fan(MB), priced()
        proposals = list(Gather().proposals(scene_of(OnePerTask().plan(workflow, platform), workflow, platform)))
        together = [
            {task for task, home in enumerate(each.assignment) if home == each.assignment[5]} for each in proposals
        ]
        assert together == [{4, 5}, {3, 4, 5}, {1, 2, 3, 4, 5}]

    def test_large_outputs_come_together(self) -> None:
        """20 MB each way at 1 MB/s cost more than doing everything one after the other."""
        workflow, platform = self.fan(20 * MB), priced()
        plan, before_s, after_s = climbed(OnePerTask().plan(workflow, platform), workflow, platform, Gather())
        assert len({plan.assignment[task] for task in (1, 2, 3, 4, 5)}) == 1
        assert after_s < 0.5 * before_s

    def test_small_ones_stay_apart(self) -> None:
        workflow, platform = self.fan(10), priced()
        start = OnePerTask().plan(workflow, platform)
        plan, before_s, after_s = climbed(start, workflow, platform, Gather())
        assert len({plan.assignment[task] for task in (1, 2, 3, 4)}) >= 3
        assert after_s <= before_s


class TestCriticalFirst:
    def test_others_leave_the_worker_of_the_path(self) -> None:
        """`side` stands before `b` in the queue of a worker of one slot, though nobody waits for it."""
        builder = WorkflowBuilder("disturbed")
        builder.add_task("a", cpu_s=1.0)
        builder.add_task("side", cpu_s=8.0)
        builder.add_task("b", cpu_s=5.0, after=["a"])
        builder.add_task("c", cpu_s=5.0, after=["b"])
        workflow, platform = builder.build(), priced()
        start = hand_made(workflow, [SIZE_MB], (0, 0, 0, 0))
        plan, before_s, after_s = climbed(start, workflow, platform, CriticalFirst())
        assert plan.assignment[0] == plan.assignment[2] == plan.assignment[3] != plan.assignment[1]
        assert before_s == pytest.approx(0.6 + 19 + 0.01)
        assert after_s == pytest.approx(0.6 + 11 + 0.01)

    def test_others_go_together_or_each_alone(self) -> None:
        builder = WorkflowBuilder("crowd")
        builder.add_task("long", cpu_s=9.0)
        for i in range(2):
            builder.add_task(f"side{i}", cpu_s=1.0)
        workflow, platform = builder.build(), priced()
        start = hand_made(workflow, [SIZE_MB], (0, 0, 0))
        start = replace(start, priority=(2, 0, 1))
        together, apart, *_ = CriticalFirst().proposals(scene_of(start, workflow, platform))
        assert together.assignment == (0, 1, 1)
        assert apart.assignment == (0, 1, 2)

    def test_a_larger_worker_where_it_can_be_used(self) -> None:
        builder = WorkflowBuilder("wide")
        builder.add_task("a", cpu_s=8.0, parallelism=4)
        workflow, platform = builder.build(), priced()
        plan, _, after_s = climbed(OnePerTask().plan(workflow, platform), workflow, platform, CriticalFirst())
        assert plan.size_of(0) == 7076
        assert after_s == pytest.approx(0.6 + 2 + 0.01)


class TestHoldOrRelease:
    @staticmethod
    def waiting(middle_s: float) -> Workflow:
        """`first` and `last` on one worker, `middle` between them on another."""
        builder = WorkflowBuilder("waiting")
        builder.add_task("first", cpu_s=1.0)
        builder.add_task("middle", cpu_s=middle_s, after=["first"])
        builder.add_task("last", cpu_s=1.0, after=["middle"])
        return builder.build()

    def test_what_waiting_costs(self) -> None:
        """From its commit until told: call and start .6, 30 s, commit .01, word .005."""
        workflow, platform = self.waiting(30.0), priced()
        start = hand_made(workflow, [SIZE_MB, SIZE_MB], (0, 1, 0))
        usd = waiting_usd(scene_of(start, workflow, platform))
        assert usd[0] == pytest.approx((30 + 0.6 + 0.01 + 0.005) * platform.prices.usd_per_s(SIZE_MB), rel=0.01)
        assert usd[1] == pytest.approx(0.0, abs=0.05 * platform.prices.usd_per_s(SIZE_MB))

    @pytest.mark.parametrize(("middle_s", "holds"), [(60.0, False), (0.5, True)])
    def test_whichever_costs_less_under_the_deadline(self, middle_s: float, holds: bool) -> None:
        """An invocation costs as much as 20 s: less than waiting for 60 s, more than for .5 s."""
        workflow = self.waiting(middle_s)
        platform = priced(**{"prices.usd_per_invocation": 20 * priced().prices.usd_per_s(SIZE_MB)})
        start = hand_made(workflow, [SIZE_MB, SIZE_MB], (0, 1, 0))
        evaluator = SimulatedEvaluator(workflow, platform, seed=1, runs=1)
        goal = Goal(deadline_s=100.0)
        trials = Trials(workflow, platform, evaluator, goal)
        plan = Climb(workflow, platform, trials, LADDER).from_(
            start, [HoldOrRelease()], lambda before, after: goal.key(after) < goal.key(before)
        )
        assert plan.workers[0].hold is holds
        # and back again, from the other side
        back = Climb(workflow, platform, trials, LADDER).from_(
            holding(start, [0], not holds), [HoldOrRelease()], lambda before, after: goal.key(after) < goal.key(before)
        )
        assert back.workers[0].hold is holds


class TestSmaller:
    def test_off_the_path_first(self) -> None:
        builder = WorkflowBuilder("slack")
        builder.add_task("long", cpu_s=9.0)
        builder.add_task("short", cpu_s=1.0)
        workflow, platform = builder.build(), priced()
        proposals = list(Smaller().proposals(scene_of(OnePerTask().plan(workflow, platform), workflow, platform)))
        assert [worker.memory_mb for worker in proposals[0].workers] == [1769, 885]
        assert [worker.memory_mb for worker in proposals[1].workers] == [885, 885]

    def test_flexible_ones(self) -> None:
        workflow, platform = chain(1.0), priced()
        [smaller] = Smaller().proposals(scene_of(Wukong().plan(workflow, platform), workflow, platform))
        assert smaller.flexible_mb == 885


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(workflows())
def test_proposals_change_something_and_have_the_shape_of_a_plan(workflow: Workflow) -> None:
    """Of any plan; what is wrong with them besides (a floor above a size) `check_plan` says, and they are not tried."""
    platform = priced()
    for planner in (Wukong(size_mb=3538), Heft(size_mb=3538), Uniform(size_mb=3538)):
        start = planner.plan(workflow, platform)
        scene = scene_of(start, workflow, platform)
        if scene.observation.evaluation.n_failed:
            continue
        for move in MOVES:
            for plan in list(move.proposals(scene))[:8]:
                faults = [fault for fault in check_plan(plan, workflow, platform) if "memory" not in fault.field]
                assert faults == []


class Asked(SimulatedEvaluator):
    """Remembers what it was asked about."""

    def __init__(self, workflow: Workflow, platform: Platform, seed: int, runs: int) -> None:
        super().__init__(workflow, platform, seed, runs)
        self.plans: list[Plan] = []

    def evaluate(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Evaluation:
        self.plans.append(plan)
        return super().evaluate(plan, runs=runs, draw=draw)


class TestRefined:
    AWS = load_platform("aws-lambda-s3")

    @pytest.mark.parametrize("spec", ["text_analysis", "gemm"])
    def test_it_is_no_slower_than_what_it_began_with(self, spec: str) -> None:
        workflow = load_workflow(spec)
        luck = SimulatedEvaluator(workflow, self.AWS, seed=1)
        plan = Refined(effort=8_000).plan(workflow, self.AWS, luck)
        found = luck.evaluate(plan)
        for name in ("heft", "uniform", "wukong", "one-per-task"):
            other = luck.evaluate(make_planner(name).plan(workflow, self.AWS))
            assert found.makespans_s.mean() <= 1.01 * other.makespans_s.mean()

    @pytest.mark.parametrize("kind", [CriticalFirst, Stronger, Gather, HoldOrRelease, Smaller])
    def test_every_move_has_its_turn(self, kind: type[Move], monkeypatch: pytest.MonkeyPatch) -> None:
        """What is tried of a move that proposes nothing but one plan of its own."""
        workflow, platform = chain(1.0, 2.0, 3.0, size_bytes=MB), priced()
        own = hand_made(workflow, [1234], (0, 0, 0))
        monkeypatch.setattr(kind, "proposals", lambda self, scene: iter([own]))
        asked = Asked(workflow, platform, seed=1, runs=1)
        Refined(effort=4_000).plan(workflow, platform, asked)
        assert own in asked.plans

    def test_nothing_asked_nothing_tried(self) -> None:
        """With the least effort one plan is tried, and it is that."""
        workflow = load_workflow("gemm")
        luck = SimulatedEvaluator(workflow, self.AWS, seed=1)
        plan = Refined(effort=1).plan(workflow, self.AWS, luck)
        start = OnePerTask(size_mb=7076).plan(workflow, self.AWS)
        assert replace(plan, planner="", notes=()) == replace(start, planner="", notes=())
        assert luck.n_simulations == 10
