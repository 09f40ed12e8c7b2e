"""Every combination of optimizations: refused with a reason, or carried out with every task committed once.

Each optimization proposes orders for the plan alone; those of a combination are put together without asking whether
they go together. What is refused names two optimizations and a task; what is not runs, in calm and in storm, with all
machines examined after each step, and its log replays without a difference.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from itertools import chain, combinations

import msgspec
import numpy as np
import pytest

from executor.worker.replay import replay
from planners.bounds import lower_bound
from planners.check import check_plan
from planners.plan import Plan, PlannedWorker
from planners.switches import all_switches
from platforms import Platform, load_platform
from sim import simulate
from sim.evaluator import SimulatedEvaluator
from tests.support import is_deep
from workloads import Workflow, WorkflowBuilder

NAMES = tuple(all_switches())
SUBSETS = tuple(chain.from_iterable(combinations(NAMES, n) for n in range(len(NAMES) + 1)))
CHUNKS = 16
STORM = {
    "faults.rates.task_error": 0.05,
    "faults.rates.crash_per_s": 0.02,
    "faults.rates.request_loss": 0.03,
    "faults.rates.message_loss": 0.1,
    "faults.rates.message_duplication": 0.1,
    "faults.poll_s": 1.0,
    "faults.timeout_s": 0.5,
    "faults.retry.attempts": 12,
    "limits.max_attempts": 12,
}


@cache
def mixed() -> tuple[Workflow, Plan]:
    """Named and flexible workers, of two sizes; fan-outs and fan-ins of both kinds, large and small data.

    in ─ a ─── b ─┬─ d ── h      a, b on w0, d on w1, h on w3; c, on w2 behind k, is late for d,
    in ─ c ───────┘              for which w1, that runs l meanwhile, waits
    in ─ e ─┬─ f0…f3 ─── g ── h  e fans out to f0…f3 (flexible), which g joins
    """
    builder = WorkflowBuilder("mixed")
    builder.add_object("in", 1_000)

    def task(name: str, cpu_s: float, inputs: str, size_bytes: int) -> None:
        builder.add_object(name.upper(), size_bytes)
        builder.add_task(name, cpu_s=cpu_s, inputs=inputs.split(), outputs=[name.upper()])

    task("a", 0.5, "in", 30_000_000)
    task("b", 2.0, "A", 1_000_000)
    task("k", 6.0, "in", 1_000)
    task("l", 0.5, "in", 1_000)
    task("c", 0.3, "in", 1_000)
    task("d", 1.0, "B C", 40_000_000)
    task("e", 0.5, "in", 60_000_000)
    for i in range(4):
        task(f"f{i}", 0.5 + i, "E", 30_000_000)
    task("g", 1.0, "F0 F1 F2 F3", 1_000)
    task("h", 1.0, "D G", 1_000)
    workflow = builder.build()
    home = dict.fromkeys(("a", "b"), 0) | {"d": 1, "l": 1, "c": 2, "k": 2, "h": 3}
    plan = Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=tuple(PlannedWorker(f"w{i}", 1769 + 100 * i) for i in range(4)),
        assignment=tuple(home.get(name) for name in workflow.task_names),
        flexible_mb=1769,
        priority=tuple(range(workflow.n_tasks)),
    )
    return workflow, plan


@cache
def proposed() -> dict[str, Plan]:
    """The plan with each optimization alone, as it proposes first."""
    workflow, plan = mixed()
    platform = _platform()
    observation = SimulatedEvaluator(workflow, platform, 1).observe(plan, runs=4)
    plans = {
        name: next(iter(switch.proposals(plan, workflow, platform, observation)), None)
        for name, switch in all_switches().items()
    }
    return {name: each for name, each in plans.items() if each is not None}


@cache
def _platform(*, stormy: bool = False) -> Platform:
    settings = {"noise.straggler_probability": 0.2, "noise.straggler_factor": 6.0, "provisioning_s": 1.0}
    return load_platform("aws-lambda-redis", settings | (STORM if stormy else {}))


def together(names: tuple[str, ...]) -> Plan:
    """All that these ask for, put together."""
    _, plan = mixed()
    orders, prewarms = msgspec.structs.asdict(plan.orders), plan.prewarms
    for name in names:
        asked = msgspec.structs.asdict(proposed()[name].orders)
        for field, value in asked.items():
            if isinstance(value, tuple):
                orders[field] += value
            elif value is not None:
                orders[field] = value
        prewarms += proposed()[name].prewarms
    # Two may ask for the same call, one of them later: it is made once, and early enough for both.
    calls = sorted(orders["call_early"], key=lambda call: (call.task, call.worker, call.after_s or 0.0))
    orders["call_early"] = tuple({(call.task, call.worker): call for call in reversed(calls)}.values())
    return msgspec.structs.replace(plan, orders=type(plan.orders)(**orders), prewarms=prewarms)


def test_each_of_them_can_be_carried() -> None:
    assert proposed().keys() == set(NAMES)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_carried_out_or_refused(chunk: int) -> None:
    workflow, _ = mixed()
    for names in SUBSETS[chunk::CHUNKS]:
        plan = together(names)
        faults = check_plan(plan, workflow, _platform())
        if faults:
            _says_why(names, faults, workflow)
            continue
        for stormy, seeds in ((False, 1), (True, 5 if is_deep() else 1)):
            for seed in range(seeds):
                _runs(names, plan, workflow, _platform(stormy=stormy), hash_of(names) + seed)


def test_every_combination_has_a_bound_that_holds_where_nothing_is_left_to_luck() -> None:
    workflow, _ = mixed()
    platform = load_platform("ideal", {"start.provisioning_s": 1.0, "invocation.call_s": 0.05, "ledger.notify_s": 0.01})
    for names in SUBSETS[:: 1 if is_deep() else 7]:
        plan = together(names)
        if not check_plan(plan, workflow, platform):
            run = simulate(workflow, plan, platform, seed=1)
            assert run.makespan_s is not None
            assert 0 < lower_bound(workflow, plan, platform).makespan_s <= run.makespan_s + 1e-9, names


def hash_of(names: tuple[str, ...]) -> int:
    """A seed of its own for each combination."""
    return sum(1 << NAMES.index(name) for name in names)


def _says_why(names: tuple[str, ...], faults: tuple[object, ...], workflow: Workflow) -> None:
    for fault in map(str, faults):
        assert sum(name in fault for name in names) >= 2, (names, fault)
        assert any(repr(task) in fault for task in workflow.task_names), (names, fault)


def _runs(names: tuple[str, ...], plan: Plan, workflow: Workflow, platform: Platform, seed: int) -> None:
    log = BytesIO()
    run = simulate(workflow, plan, platform, seed=seed, event_log=log, check=True)
    assert run.status == "complete", (names, seed, run.failure)
    counted = run.tasks["task"][run.tasks["counts"]]
    assert sorted(counted.tolist()) == sorted(workflow.task_names), (names, seed)
    log.seek(0)
    assert replay(log) is None, (names, seed)
    assert np.isfinite(run.cost_usd)
