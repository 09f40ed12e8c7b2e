"""Deadlocks foreseen against deadlocks met: what is refused never ends well, what is not even warned about never hangs.

Random workflows, plans and limits, each simulated whatever the check says of it. Drawn by a seed and not by hypothesis,
for only one case in ten is at the edge, and a case takes less time than its drawing would.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from planners.check import check_plan, plan_warnings
from planners.plan import Plan, PlannedWorker
from platforms import Platform, load_platform
from platforms.faults import Backoff
from platforms.sections import Limits, SizeConcurrency
from sim import simulate
from workloads import Workflow, WorkflowBuilder

SIZES_MB = (1024, 2048)
N_CASES = 1_200 if os.environ.get("FAASCAST_TESTS") != "deep" else 20_000
PATIENT = Backoff(initial_s=0.5, factor=1.5, maximum_s=5.0, attempts=200)
"""More than any of these workflows takes, were each to wait for all others."""
IDEAL = load_platform("ideal", {"call_s": 0.01, "keep_alive_s": 1.0, "ledger.request_s": 0.01, "notify_s": 0.01})

CALM = IDEAL.faults.rates
STORMY = CALM.model_copy(update={"crash_per_s": 0.05, "false_alarm_per_s": 0.2})

Dice = np.random.Generator
T = TypeVar("T")


def one_of(dice: Dice, choices: Sequence[T]) -> T:
    """A choice, all with equal chances."""
    return choices[int(dice.integers(len(choices)))]


def a_workflow(dice: Dice) -> Workflow:
    """Up to nine tasks of up to 2 s; some times are alike, so that some things happen at once."""
    builder = WorkflowBuilder("random")
    density = one_of(dice, (0.15, 0.3, 0.6))
    for task in range(one_of(dice, range(2, 10))):
        parents = [f"t{parent}" for parent in range(task) if dice.random() < density]
        builder.add_task(f"t{task}", cpu_s=one_of(dice, (0.0, 0.5, 1.0, 2 * dice.random())), after=parents)
    return builder.build()


def a_plan(dice: Dice, workflow: Workflow) -> Plan:
    """Most workers hold, a third of the plans have flexible tasks."""
    n, flexible, most = workflow.n_tasks, one_of(dice, (0.0, 0.0, 0.3)), one_of(dice, (2, 3, 4))
    chosen = [None if dice.random() < flexible else one_of(dice, range(most)) for _ in range(n)]
    used = sorted({worker for worker in chosen if worker is not None})
    holding, sizes_mb = one_of(dice, (1.0, 1.0, 0.6)), SIZES_MB[: one_of(dice, (1, 2))]
    return Plan(
        planner="random",
        workflow=workflow.fingerprint,
        workers=tuple(
            PlannedWorker(f"w{i}", one_of(dice, sizes_mb), dice.random() < holding) for i in range(len(used))
        ),
        assignment=tuple(None if worker is None else used.index(worker) for worker in chosen),
        flexible_mb=one_of(dice, sizes_mb) if None in chosen else None,
        priority=tuple(dice.permutation(n).tolist()),
    )


def a_platform(dice: Dice) -> Platform:
    """Room for one to four, in all, of each size, or both; in a quarter, instances die or are taken for dead."""
    sizes = [SizeConcurrency(memory_mb=mb, concurrency=one_of(dice, (None, 1, 1, 2))) for mb in SIZES_MB]
    ramp = one_of(dice, ((None, None), (None, None), (None, None), (2.0, 1)))
    limits = Limits(
        concurrency=one_of(dice, (None, 1, 1, 2, 2, 3, 4)),
        concurrency_per_size=one_of(dice, (None, None, 1, 2)),
        concurrency_of_sizes=tuple(sizes[: one_of(dice, (0, 0, 1, 2))]),
        ramp_per_s=ramp[0],
        ramp_burst=ramp[1],
        over_limit=one_of(dice, ("queue", "queue", "refuse")),
        backoff=PATIENT,
        max_duration_s=one_of(dice, (None, None, None, 8.0)),
        max_attempts=one_of(dice, (1, 2, 3)),
    )
    rates = one_of(dice, (CALM, CALM, CALM, STORMY))
    return IDEAL.model_copy(update={"limits": limits, "faults": IDEAL.faults.model_copy(update={"rates": rates})})


def is_stuck(failure: str | None) -> bool:
    """Whether a run failed because nobody could go on, or called in vain until all patience was gone."""
    return failure is not None and (failure.startswith("deadlock") or "over the platform's limit" in failure)


def test_what_is_refused_fails_and_what_is_not_warned_about_does_not_hang(
    record_property: Callable[[str, Any], None],
) -> None:
    met: Counter[str] = Counter()
    for case in range(N_CASES):
        dice = np.random.default_rng([2026, case])
        workflow, platform = a_workflow(dice), a_platform(dice)
        plan = a_plan(dice, workflow)
        refused = check_plan(plan, workflow, platform)
        warned = plan_warnings(plan, workflow, platform)
        run = simulate(workflow, plan, platform, seed=case)
        said = "refused" if refused else "warned" if warned else "nothing"
        met[f"{said}, {'stuck' if is_stuck(run.failure) else run.status}"] += 1
        if refused:
            assert run.status == "failed", f"case {case}: {refused[0]}"
        elif not warned:
            assert not is_stuck(run.failure), f"case {case}: {run.failure}"
    record_property("measured", f"deadlocks foreseen: {dict(sorted(met.items()))}")
    assert met["refused, stuck"] > N_CASES / 20
    assert met["warned, stuck"] > N_CASES / 20
    assert met["nothing, complete"] > N_CASES / 5
