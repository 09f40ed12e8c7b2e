"""Searching planners: nested, elitist, never worse than what they begin with, and never with a plan that cannot run."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.check import check_plan
from planners.evaluator import Evaluation
from planners.goal import Goal
from planners.plan import Plan
from planners.registry import make_planner
from planners.search.contest import CONFIRMING, CONFIRMING_DRAW, Contest, is_shown_better, looks_no_worse, usual_runs
from planners.search.draft import Draft
from planners.search.focus import focus_on
from planners.search.front import front_of, undominated
from planners.search.ladder import ladder, rung_from
from planners.search.local_search import LocalSearch
from planners.search.mixing import mixed
from planners.search.moves import MOVES
from planners.search.neighbours import neighbour
from planners.search.nsga2 import Nsga2
from planners.search.searching import Searching, usual_evaluations
from planners.search.space import Space
from planners.switches import make_switches
from planners.verdict import is_infeasible
from platforms import Platform, load_platform
from sim.evaluator import SimulatedEvaluator
from tests.planners.examples import chain, platforms, roots, round_platform, star, workflows
from tests.support import ROOT
from workloads import InvalidInput, Workflow, load_workflow

SEARCHERS: tuple[type[Searching], ...] = (LocalSearch, Nsga2)
each_searcher = pytest.mark.parametrize("kind", SEARCHERS, ids=lambda kind: kind.name)
noisy = load_platform("aws-lambda-s3")


def evaluator_of(workflow: Workflow, platform: Platform) -> SimulatedEvaluator:
    return SimulatedEvaluator(workflow, platform, 1)


def space_of(workflow: Workflow, platform: Platform, optimizations: str = "") -> Space:
    return Space(workflow, platform, Goal(), make_switches(optimizations), None)


def evaluation(*makespans_s: float, usd: float = 1.0) -> Evaluation:
    return Evaluation(np.array(makespans_s), np.full(len(makespans_s), usd), (None,) * len(makespans_s))


class TestMoves:
    @settings(max_examples=40)
    @given(workflows(), platforms(), st.integers(0, 2**32), st.sampled_from(["heft", "wukong", "uniform"]))
    def test_where_they_lead_can_be_run(self, workflow: Workflow, platform: Platform, seed: int, name: str) -> None:
        space, rng = space_of(workflow, platform), np.random.default_rng(seed)
        start = make_planner(name).plan(workflow, platform)
        if check_plan(start, workflow, platform):
            return
        plan = start
        for _ in range(12):
            draft = Draft(space, plan)
            moved = MOVES[int(rng.integers(len(MOVES)))](draft, int(rng.integers(workflow.n_tasks)), rng)
            found = draft.plan()
            assert found is None or check_plan(found, workflow, platform) == ()
            assert moved or found == Draft(space, plan).plan()
            plan = found or plan
        assert sorted(plan.priority) == sorted(start.priority)
        assert {worker.memory_mb for worker in plan.workers} <= {
            *space.rungs,
            *map(start.size_of, range(start.n_tasks)),
        }

    @settings(max_examples=15)
    @given(workflows(), st.integers(0, 2**32))
    def test_mixes_and_neighbours_can_be_run(self, workflow: Workflow, seed: int) -> None:
        platform = round_platform()
        space, rng = space_of(workflow, platform, "preload+prewarm"), np.random.default_rng(seed)
        plans = [make_planner(name).plan(workflow, platform) for name in ("one-per-task", "all-on-one", "wukong")]
        focus = focus_on(plans[0], space.parents, evaluator_of(workflow, platform))
        found = [mixed(space, one, other, rng) for one in plans for other in plans]
        found += [neighbour(space, plans[0], focus, rng) for _ in range(10)]
        assert all(check_plan(plan, workflow, platform) == () for plan in found if plan is not None)
        assert any(found)

    def test_a_worker_grows_to_the_floor_of_what_it_gets(self) -> None:
        workflow = load_workflow("gen:chain,depth=2")
        space = space_of(workflow, noisy)
        object.__setattr__(space, "floors_mb", (100.0, 3000.0))
        draft = Draft(space, make_planner("one-per-task").plan(workflow, noisy))
        draft.assignment = [0, 0]
        plan = draft.plan()
        assert plan is not None
        assert [worker.memory_mb for worker in plan.workers] == [3538]

    def test_the_chain_is_what_the_makespan_hangs_on(self) -> None:
        """Root 1 s → t0 1 s, t1 5 s, t2 3 s, each on its own worker: the last is t1, and before it the root."""
        workflow, platform = star(1.0, 5.0, 3.0), round_platform()
        plan = make_planner("one-per-task").plan(workflow, platform)
        focus = focus_on(plan, workflow.parents.tuples(), evaluator_of(workflow, platform))
        assert [workflow.task_names[task] for task in focus.critical] == ["t1", "root"]

    def test_the_chain_goes_through_the_worker(self) -> None:
        """Three roots one after the other on one worker: each waits for the one before it."""
        workflow, platform = roots(1.0, 2.0, 3.0), round_platform()
        plan = make_planner("all-on-one").plan(workflow, platform)
        focus = focus_on(plan, workflow.parents.tuples(), evaluator_of(workflow, platform))
        assert sorted(focus.critical) == [0, 1, 2]


class TestLadder:
    def test_rungs_are_legal(self) -> None:
        for name in ("aws-lambda-s3", "octoflows-docker", "local", "ideal"):
            platform = load_platform(name)
            rungs = ladder(platform)
            assert all(map(platform.sizes.allows, rungs))
            assert {platform.sizes.min_mb, platform.sizes.default_mb} <= set(rungs)
            assert list(rungs) == sorted(set(rungs))

    def test_steps_end_at_the_ends_and_at_the_floor(self) -> None:
        assert rung_from((1, 2, 4, 8), 2, 0, 1) == 4
        assert rung_from((1, 2, 4, 8), 2, 0, 9) == 8
        assert rung_from((1, 2, 4, 8), 2, 0, -9) == 1
        assert rung_from((1, 2, 4, 8), 8, 3, -9) == 4
        assert rung_from((1, 2, 4, 8), 3, 0, 0) == 4


class TestSearch:
    @each_searcher
    @settings(max_examples=4, deadline=None)
    @given(
        workflow=workflows(max_tasks=6),
        budgets=st.tuples(st.integers(1, 12), st.integers(1, 12)),
        seed=st.integers(0, 9),
    )
    def test_more_evaluations_are_never_worse(
        self, kind: type[Searching], workflow: Workflow, budgets: tuple[int, int], seed: int
    ) -> None:
        few, many = sorted(budgets)
        evaluator = evaluator_of(workflow, noisy)
        less, more = (kind(evaluations=n, seed=seed).search(workflow, noisy, evaluator) for n in (few, many))
        assert [tried.plan for tried in more.contest.tried][: less.n_evaluations] == [
            t.plan for t in less.contest.tried
        ]
        assert _judged(more.best, evaluator) <= _judged(less.best, evaluator)
        assert less.n_evaluations <= few

    @each_searcher
    def test_more_evaluations_are_never_worse_and_at_last_better(self, kind: type[Searching]) -> None:
        workflow = load_workflow("gen:forkjoin,width=3,seed=2")
        evaluator = evaluator_of(workflow, noisy)
        found = [kind(evaluations=n, starts="uniform").search(workflow, noisy, evaluator) for n in (1, 5, 20, 60)]
        tried = [[tried.plan for tried in each.contest.tried] for each in found]
        assert [len(plans) for plans in tried] == [1, 5, 20, 60]
        assert all(plans == tried[-1][: len(plans)] for plans in tried)
        judged = [_judged(each.best, evaluator) for each in found]
        assert judged == sorted(judged, reverse=True)
        assert judged[-1] < judged[0]

    @each_searcher
    @pytest.mark.parametrize(
        "workflow", [roots(1.0), chain(0.0, 0.0), star(0.0, 0.0, root_s=0.0)], ids=["1", "free", "star"]
    )
    def test_small_and_free_ones(self, kind: type[Searching], workflow: Workflow) -> None:
        platform = round_platform()
        plan = kind(evaluations=40).plan(workflow, platform, evaluator_of(workflow, platform))
        assert check_plan(plan, workflow, platform) == ()
        assert plan.planner == f"{kind.name}[evaluations=40]"

    @each_searcher
    def test_it_finds_what_is_best(self, kind: type[Searching]) -> None:
        """A chain of two with 5 MB between them: one worker saves a start and 10 s of transfer, which nobody tells."""
        workflow, platform = chain(1.0, 1.0, size_bytes=5_000_000), round_platform()
        evaluator = evaluator_of(workflow, platform)
        plan = kind(evaluations=40, starts="one-per-task", size_mb=1769).plan(workflow, platform, evaluator)
        best = make_planner("all-on-one").plan(workflow, platform)
        assert _seconds(plan, evaluator) == _seconds(best, evaluator)

    @each_searcher
    def test_a_deadline_saves_money(self, kind: type[Searching]) -> None:
        workflow, platform = load_workflow("gemm"), noisy
        evaluator = evaluator_of(workflow, platform)
        fast, slow = (kind(evaluations=20, deadline_s=at).plan(workflow, platform, evaluator) for at in (None, 20.0))
        assert _usd(slow, evaluator) < _usd(fast, evaluator)
        assert _seconds(slow, evaluator) <= 20.0
        assert is_infeasible(slow.notes) is False
        assert is_infeasible(fast.notes) is None

    def test_what_cannot_be_kept_is_told(self) -> None:
        workflow = load_workflow("gemm")
        plan = LocalSearch(evaluations=8, deadline_s=0.5).plan(workflow, noisy, evaluator_of(workflow, noisy))
        assert is_infeasible(plan.notes)

    @each_searcher
    def test_switches_are_part_of_it(self, kind: type[Searching]) -> None:
        workflow = load_workflow("gemm")
        evaluator = evaluator_of(workflow, noisy)
        found = kind(evaluations=30, starts="one-per-task", optimizations="preload").search(workflow, noisy, evaluator)
        assert any(tried.plan.orders.preload for tried in found.contest.tried)
        none = kind(evaluations=30, starts="one-per-task").search(workflow, noisy, evaluator)
        assert all(tried.plan.orders.is_empty for tried in none.contest.tried)

    def test_the_hash_seed_decides_nothing(self) -> None:
        script = (
            "import sys, msgspec\n"
            "from planners.search.local_search import LocalSearch\n"
            "from planners.search.nsga2 import Nsga2\n"
            "from platforms import load_platform\n"
            "from sim.evaluator import SimulatedEvaluator\n"
            "from workloads import load_workflow\n"
            "workflow, platform = load_workflow('gemm'), load_platform('aws-lambda-s3')\n"
            "evaluator = SimulatedEvaluator(workflow, platform, 1)\n"
            "plans = [kind(evaluations=12, optimizations='prewarm').plan(workflow, platform, evaluator)\n"
            "         for kind in (LocalSearch, Nsga2)]\n"
            "sys.stdout.buffer.write(msgspec.json.encode(plans))\n"
        )
        written = {
            subprocess.run(
                [sys.executable, "-c", script], cwd=ROOT, env={"PYTHONHASHSEED": seed}, check=True, capture_output=True
            ).stdout
            for seed in ("0", "7")
        }
        assert len(written) == 1

    @each_searcher
    def test_progress_is_told(self, kind: type[Searching]) -> None:
        workflow, told = load_workflow("gemm"), list[tuple[int, int]]()
        kind(evaluations=12).search(
            workflow, noisy, evaluator_of(workflow, noisy), lambda done, total: told.append((done, total))
        )
        assert told == [(i, 12) for i in range(1, 13)]

    def test_without_pymoo_it_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def absent(name: str) -> object:
            if name.startswith("pymoo"):
                raise ImportError(name)
            return import_module(name)

        monkeypatch.setattr("planners.search.nsga2.import_module", absent)
        workflow = load_workflow("gemm")
        with pytest.raises(InvalidInput, match="the extra 'search'"):
            Nsga2(evaluations=10).plan(workflow, noisy, evaluator_of(workflow, noisy))

    def test_nobody_to_begin_with(self) -> None:
        workflow = chain(1.0)
        with pytest.raises(InvalidInput, match="at least one planner"):
            LocalSearch(starts=" + ").plan(workflow, noisy, evaluator_of(workflow, noisy))
        with pytest.raises(InvalidInput, match="needle"):
            LocalSearch(starts="needle").plan(workflow, noisy, evaluator_of(workflow, noisy))

    def test_who_has_no_plan_is_told(self) -> None:
        workflow = load_workflow("gen:chain,depth=20,cpu_s=60")
        platform = load_platform("aws-lambda-s3", {"max_duration_s": 600})
        plan = LocalSearch(evaluations=4).plan(workflow, platform, evaluator_of(workflow, platform))
        assert any(note.startswith("all-on-one has no plan to begin with: ") for note in plan.notes)


class TestFront:
    @given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
    def test_nobody_in_it_is_beaten_and_everybody_else_is(self, figures: list[tuple[int, int]]) -> None:
        pairs = [(float(a), float(b)) for a, b in figures]
        kept = undominated(pairs)
        best = [pairs[i] for i in kept]
        assert best == sorted(set(best))
        for pair in pairs:
            assert any(each[0] <= pair[0] and each[1] <= pair[1] for each in best)
        assert not any(a != b and a[0] <= b[0] and a[1] <= b[1] for a in best for b in best)

    def test_a_front_is_of_fresh_runs(self) -> None:
        workflow = load_workflow("gemm")
        evaluator = evaluator_of(workflow, noisy)
        found = Nsga2(evaluations=40).search(workflow, noisy, evaluator)
        front = front_of(found)
        assert len(front) > 2
        for point in front:
            assert point.evaluation.makespans_s.tolist() == _fresh(point.plan, evaluator).makespans_s.tolist()
        assert [point.time_s for point in front] == sorted(point.time_s for point in front)
        assert [point.cost_usd for point in front] == sorted((point.cost_usd for point in front), reverse=True)
        assert {point.origin for point in front.starts} == {"all-on-one", "heft", "one-per-task", "uniform", "wukong"}


class Scripted:
    """An evaluator that says of each size what its makespan is under each draw of luck, with a little noise."""

    n_simulations = 0

    def __init__(self, makespans_s: dict[int, tuple[float, float]]) -> None:
        self._makespans_s = makespans_s

    def evaluate(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Evaluation:
        assert runs is not None
        noise = np.random.default_rng(draw).normal(0, 0.01, runs)
        return evaluation(*(self._makespans_s[plan.workers[0].memory_mb][min(draw, 1)] + noise))


class TestChampion:
    @pytest.mark.parametrize(
        ("usual_s", "other_s", "is_crowned"),
        [(9.0, 9.0, True), (9.0, 10.0, False), (9.0, 11.0, False), (10.5, 9.0, False)],
    )
    def test_it_is_better_by_both_draws_of_luck(self, usual_s: float, other_s: float, is_crowned: bool) -> None:
        workflow = chain(1.0)
        evaluator = Scripted({1769: (10.0, 10.0), 3538: (usual_s, other_s)})
        contest = Contest(space_of(workflow, noisy), evaluator, 9, lambda done, total: None)  # type: ignore[arg-type]
        old, new = (make_planner(f"heft[size_mb={size_mb}]").plan(workflow, noisy) for size_mb in (1769, 3538))
        contest.begin_with(old, "heft")
        contest.try_out(new, lambda few: True)
        assert contest.champion is not None
        assert (contest.champion.plan == new) is is_crowned

    def test_of_those_to_begin_with_the_best_by_other_luck(self) -> None:
        workflow = chain(1.0)
        evaluator = Scripted({1769: (9.0, 10.0), 3538: (9.5, 9.5)})
        contest = Contest(space_of(workflow, noisy), evaluator, 9, lambda done, total: None)  # type: ignore[arg-type]
        for size_mb in (1769, 3538):
            contest.begin_with(make_planner(f"heft[size_mb={size_mb}]").plan(workflow, noisy), str(size_mb))
        assert contest.champion is not None
        assert contest.champion.origin == "3538"


class TestContest:
    def test_runs_grow_with_the_percentile_and_shrink_with_the_tasks(self) -> None:
        assert [usual_runs(Goal(sla), 10) for sla in ("average", "p50", "p90", "p95", "p99")] == [10, 10, 20, 40, 60]
        assert [usual_runs(Goal(), n) for n in (2_000, 4_000, 10_000, 10**6)] == [10, 5, 2, 2]
        assert [usual_evaluations(n) for n in (1, 150, 300, 10_000)] == [400, 400, 200, 8]

    def test_faster_is_better_at_any_price(self) -> None:
        slow, fast = evaluation(*[10.0] * 10), evaluation(*[9.0] * 10, usd=100.0)
        assert is_shown_better(slow, fast, Goal())
        assert not is_shown_better(fast, slow, Goal())
        assert not is_shown_better(slow, fast, Goal(budget_usd=50.0))
        assert is_shown_better(fast, slow, Goal(deadline_s=20.0))
        assert is_shown_better(slow, fast, Goal(deadline_s=9.5))

    def test_a_little_worse_is_promising(self) -> None:
        assert looks_no_worse(evaluation(10.1), evaluation(10.0), Goal())
        assert not looks_no_worse(evaluation(10.3), evaluation(10.0), Goal())
        failed = Evaluation(np.array([np.nan]), np.array([1.0]), ("why",))
        assert looks_no_worse(evaluation(10.3), failed, Goal())
        assert not looks_no_worse(failed, evaluation(10.3), Goal())


def _judged(plan: Plan, evaluator: SimulatedEvaluator) -> tuple[float, float]:
    """By the draw that decides who is champion."""
    runs = CONFIRMING * usual_runs(Goal(), plan.n_tasks)
    return Goal().key(evaluator.evaluate(plan, runs=runs, draw=CONFIRMING_DRAW))


def _fresh(plan: Plan, evaluator: SimulatedEvaluator) -> Evaluation:
    return evaluator.evaluate(plan, runs=30, draw=2)


def _seconds(plan: Plan, evaluator: SimulatedEvaluator) -> float:
    return float(_fresh(plan, evaluator).makespans_s.mean())


def _usd(plan: Plan, evaluator: SimulatedEvaluator) -> float:
    return _fresh(plan, evaluator).mean_cost_usd


@pytest.mark.parametrize("name", ["local-search", "nsga2"])
def test_a_search_within_a_search_is_refused(name: str) -> None:
    workflow, platform = load_workflow("gen:chain,depth=2"), load_platform("ideal")
    with pytest.raises(InvalidInput, match="do not search themselves"):
        make_planner(f"local-search[starts=heft+{name},evaluations=4]")
    planner = LocalSearch(starts=f"heft+{name}", evaluations=4)
    with pytest.raises(InvalidInput, match="do not search themselves"):
        planner.plan(workflow, platform, SimulatedEvaluator(workflow, platform, seed=1, runs=2))
