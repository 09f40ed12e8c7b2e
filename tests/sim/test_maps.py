"""Map nodes simulated: as many lanes run as the luck of the run says, whatever the plan; the rest is never there."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace as changed
from random import Random

import pytest
from msgspec.structs import replace

from executor.records.run import Run
from executor.worker.replay import replay
from planners.bounds import lower_bound
from planners.check import check_plan
from planners.plan import Plan
from planners.registry import make_planner
from platforms import Platform, load_platform
from sim import simulate
from sim.luck import Luck, widths_of
from tests.executor.cases import random_orders, random_plan
from tests.executor.copied import with_copies
from tests.executor.lanes import RandomMaps, without_conflicts
from tests.sim import accounts, invariants
from workloads import Between, Counts, Width, Workflow, WorkflowBuilder, load_workflow

PLANNERS = ("one-per-task", "all-on-one", "wukong", "uniform", "heft")
LAMBDA = load_platform("aws-lambda-s3")
STORM = load_platform(
    "aws-lambda-s3",
    {
        "faults.rates.crash_per_s": 0.2,
        "faults.rates.message_loss": 0.2,
        "faults.rates.message_duplication": 0.2,
        "faults.rates.request_loss": 0.05,
        "faults.rates.task_error": 0.05,
        "faults.poll_s": 0.5,
        "limits.max_attempts": 50,
    },
)
RULES: tuple[invariants.Rule, ...] = (
    invariants.an_instance_serves_one_at_a_time,
    invariants.instances_are_accounted_for,
    invariants.invocations_go_through_life_in_order,
    accounts.the_bill_adds_up,
    accounts.no_run_beats_its_bound,
    accounts.operations_begin_when_their_cause_ends,
    accounts.the_critical_path_explains_the_makespan,
)


def void_of(run: Run) -> set[str]:
    """The tasks that the run's widths make void."""
    names = run.workflow.task_names
    lanes = [lane for node in run.workflow.maps for lane in node.lanes[run.widths[node.name] :]]
    return {names[task] for lane in lanes for task in lane}


def check_run(run: Run, *, once: bool = True) -> None:
    """Each task outside the void lanes counts once, no other ran at all; and what holds of every run."""
    assert run.status == "complete", run.failure
    ran = run.tasks["task"].tolist()
    counting = run.tasks["task"][run.tasks["counts"]].tolist()
    assert sorted(counting) == sorted(set(run.workflow.task_names) - void_of(run))
    assert not void_of(run).intersection(ran)
    assert not once or sorted(ran) == sorted(counting)
    for rule in RULES:
        if rule is not accounts.the_bill_adds_up or not run.plan.orders.stream:  # whose requests it does not know
            rule(run)


def recorded(workflow: Workflow, plan: Plan, platform: Platform, seed: int) -> Run:
    """A run whose machines are examined after each step, and whose log goes through fresh ones."""
    file = io.BytesIO()
    run = simulate(workflow, plan, platform, seed=seed, event_log=file, check=True)
    file.seek(0)
    assert replay(file) is None
    return run


@pytest.mark.parametrize("planner", PLANNERS)
@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("width", [0, 1, 5])
def test_as_many_lanes_run_as_the_list_is_long(width: int, steps: int, planner: str) -> None:
    workflow = load_workflow(f"gen:map,width={width},most=5,steps={steps}")
    plan = make_planner(planner).plan(workflow, LAMBDA)
    run = recorded(workflow, plan, LAMBDA, 1)
    check_run(run)
    assert run.widths == {"map": width}
    assert run.tasks.n_rows == 2 + width * steps


@pytest.mark.parametrize("first", range(0, 100, 25))
@pytest.mark.parametrize("platform", [LAMBDA, STORM], ids=["calm", "storm"])
def test_random_plans_with_all_that_is_allowed(platform: Platform, first: int) -> None:
    for seed in range(first, first + 25):
        rng = Random(f"maps {seed}")
        workflow = RandomMaps(rng).workflow()
        plan = random_plan(rng, workflow)
        plan = replace(plan, orders=random_orders(rng, plan, workflow))
        plan = without_conflicts(workflow, with_copies(rng, workflow, plan) if seed % 2 else plan)
        check_run(recorded(workflow, plan, platform, seed), once=False)


# the luck of it -------------------------------------------------------------------------------------------


def test_a_width_is_luck_of_the_run_and_no_plans() -> None:
    workflow = load_workflow("gen:map,width=0..3")
    seen: Counter[int] = Counter()
    for seed in range(80):
        [width] = {
            simulate(workflow, make_planner(planner).plan(workflow, LAMBDA), LAMBDA, seed=seed).widths["map"]
            for planner in ("all-on-one", "wukong", "heft")
        }
        seen[width] += 1
    assert sorted(seen) == [0, 1, 2, 3]
    assert min(seen.values()) > 8


def with_width(width: Width | None, n: int = 3) -> Workflow:
    """A splitter, lanes and a join; without a width no map node."""
    builder = WorkflowBuilder("maybe mapped")
    items = [builder.add_object(f"item{i}", 1000) for i in range(n)]
    builder.add_task("split", outputs=items, cpu_s=1.0)
    for i in range(n):
        builder.add_object(f"made{i}", 1000)
        builder.add_task(f"lane{i}", inputs=[items[i]], outputs=[f"made{i}"], cpu_s=1.0)
    builder.add_task("join", inputs=[f"made{i}" for i in range(n)], cpu_s=1.0, after=["split"])
    if width is not None:
        builder.add_map("map", splitter="split", lanes=[[f"lane{i}"] for i in range(n)], width=width)
    return builder.build()


def test_a_map_node_changes_no_other_luck() -> None:
    """If all lanes run, the run is that of the workflow without the node; of fewer, each takes what it takes there."""
    noisy = load_platform("aws-lambda-s3", {"noise.sigma": 0.3})
    usual, full, less = with_width(None), with_width(Counts([3])), with_width(Counts([2]))
    for seed in range(5):
        runs = [simulate(w, make_planner("one-per-task").plan(w, noisy), noisy, seed=seed) for w in (usual, full, less)]
        times = [dict(zip(run.tasks["task"], run.tasks["alone_s"], strict=True)) for run in runs]
        assert runs[0].makespan_ns == runs[1].makespan_ns
        assert times[0] == times[1]
        assert times[2] == {name: alone_s for name, alone_s in times[0].items() if name != "lane2"}


def test_runs_drawn_together_have_widths_of_their_own() -> None:
    workflow = load_workflow("gen:map,width=0..1000")
    luck = Luck((7,), workflow, LAMBDA, copies=3)
    drawn = [luck.part(number, workflow).widths(workflow) for number in range(3)]
    assert drawn == [widths_of((7, number), workflow) for number in range(3)]
    assert len({tuple(widths.values()) for widths in drawn}) == 3


# too wide, and what is expected ---------------------------------------------------------------------------


def test_a_list_that_is_too_long_fails_its_task_and_says_so() -> None:
    workflow = load_workflow("gen:map,width=6~0.5,most=2")
    seed = next(seed for seed in range(100) if widths_of((seed,), workflow)[0] == 7)
    run = simulate(workflow, make_planner("heft").plan(workflow, LAMBDA), LAMBDA, seed=seed)
    assert run.status == "failed"
    assert run.failure is not None
    assert "its list has 7 items, 2 at most fit its map node, whose most can be raised" in run.failure
    assert "split" in run.failure
    assert run.widths == {}
    assert set(run.tasks["task"]) == {"split"}


@pytest.mark.parametrize("planner", PLANNERS)
@pytest.mark.parametrize("steps", [1, 2])
def test_no_mean_makespan_undercuts_the_bound_of_its_plan(planner: str, steps: int) -> None:
    """Without noise the mean over all widths, each equally likely, is exact."""
    platform = load_platform(
        "ideal", {"sizes.mb_per_vcpu": 1024, "invocation.call_s": 0.1, "start.provisioning_s": 0.5}
    )
    workflow = load_workflow(f"gen:map,width=0..4,steps={steps}")
    plan = make_planner(planner).plan(workflow, platform)
    makespans_s = []
    for width in range(5):
        known = load_workflow(f"gen:map,width={width},most=4,steps={steps}")
        run = simulate(known, replace(plan, workflow=known.fingerprint), platform, seed=1)
        assert run.makespan_s is not None
        makespans_s.append(run.makespan_s)
    assert lower_bound(workflow, plan, platform).makespan_s <= sum(makespans_s) / 5 + 1e-6


def test_workers_of_void_lanes_make_no_deadlock_certain() -> None:
    """Two workers that need one another, but only if the lane runs: where one instance may run, it may do without."""
    builder = WorkflowBuilder("by hand")
    items = [builder.add_object(f"item{i}", 1) for i in range(2)]
    builder.add_task("split", outputs=items, cpu_s=1.0)
    builder.add_task("lane0", inputs=[items[0]], cpu_s=1.0)
    builder.add_task("lane1", inputs=[items[1]], cpu_s=1.0)
    builder.add_task("join", after=["lane0", "lane1"], cpu_s=1.0)
    builder.add_map("map", splitter="split", lanes=[["lane0"], ["lane1"]], width=Between(0, 2))
    workflow = builder.build()
    platform = load_platform("ideal", {"sizes.mb_per_vcpu": 1024, "limits.concurrency": 1})
    plan = make_planner("all-on-one").plan(workflow, platform)
    apart = replace(plan, assignment=(0, 1, 1, 0), workers=(plan.workers[0], replace(plan.workers[0], name="w1")))
    assert check_plan(apart, workflow, platform) == ()
    for width, status in ((0, "complete"), (1, "failed")):
        known = known_width(workflow, width)
        run = simulate(known, replace(apart, workflow=known.fingerprint), platform, seed=1)
        assert run.status == status
        assert status == "complete" or "deadlock" in str(run.failure)


def known_width(workflow: Workflow, width: int) -> Workflow:
    """The same workflow, its one list of this length."""
    return changed(workflow, maps=tuple(changed(node, width=Counts([width])) for node in workflow.maps))
