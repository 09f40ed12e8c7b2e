"""duplicate and backup as planners see them: what they propose, refuse, and what is kept of it."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from executor.worker.backups import Backups
from optimizations.backup import Backup as BackupSwitch
from optimizations.duplicate import Duplicate as DuplicateSwitch
from planners.check import check_plan
from planners.goal import Goal
from planners.improve import improve
from planners.orders import Backup, Duplicate, Orders, Stream
from planners.plan import Plan, PlannedWorker
from sim import simulate
from sim.evaluator import SimulatedEvaluator
from tests.sim.figures import figures
from tests.sim.small import plan_of
from tests.sim.test_copies import join_of, late
from workloads import Workflow, WorkflowBuilder

STRAGGLING = {"noise.straggler_probability": 0.1, "noise.straggler_factor": 6.0}


def ordering(plan: Plan, **orders: object) -> Plan:
    return msgspec.structs.replace(plan, orders=Orders(**orders))  # type: ignore[arg-type]


def duplicates(workflow: Workflow, plan: Plan, **overrides: object) -> list[tuple[Duplicate, ...]]:
    platform = figures(**overrides)
    observation = SimulatedEvaluator(workflow, platform, 1).observe(plan)
    proposed = list(DuplicateSwitch().proposals(plan, workflow, platform, observation))
    assert not any(check_plan(each, workflow, platform) for each in proposed)
    return [each.orders.duplicate for each in proposed]


def backups(workflow: Workflow, plan: Plan, **overrides: object) -> list[tuple[Backup, ...]]:
    platform = figures(**overrides)
    observation = SimulatedEvaluator(workflow, platform, 1).observe(plan)
    proposed = list(BackupSwitch().proposals(plan, workflow, platform, observation))
    assert not any(check_plan(each, workflow, platform) for each in proposed)
    return [each.orders.backup for each in proposed]


# duplicate ------------------------------------------------------------------------------------------------


def test_a_short_task_that_is_waited_for_alone_is_proposed() -> None:
    """Task u of w0 is behind 5 s of another one; c on w1 has all else after 1 s. Nothing varies: no patience."""
    workflow = late()
    first, *_ = duplicates(workflow, plan_of(workflow, [0, 0, 1, 1]))
    assert first == (Duplicate(1, 3, 0.0),)


@pytest.mark.parametrize(
    ("long_s", "short_s", "assignment", "hold"),
    [
        (0.2, 1.0, [0, 0, 1, 1], True),  # the owner is in time
        (1.0, 9.0, [0, 0, 1, 1], True),  # a copy takes as long as the rest of the task
        (5.0, 1.0, [0, 0, 0, 0], True),  # nobody waits elsewhere
        (5.0, 1.0, [0, 0, 1, 1], False),  # nobody waits at all
        (5.0, 1.0, [0, 0, 1, None], True),
        (5.0, 1.0, [0, 0, 1, 2], True),  # the consumer's worker is called when all is there
    ],
)
def test_a_copy_that_gains_nothing_is_not_proposed(
    long_s: float, short_s: float, assignment: list[int | None], hold: bool
) -> None:
    workflow = late(long_s, short_s)
    assert not duplicates(workflow, plan_of(workflow, assignment, hold=hold))


def test_large_inputs_are_not_fetched_twice() -> None:
    """Reading 9 MB takes 9 s at 1 MB/s: longer than the wait for who has them."""
    builder = WorkflowBuilder("large")
    builder.add_object("in", 9_000_000)
    for name in ("u", "b", "c"):
        builder.add_object(name, 0)
    builder.add_task("u", cpu_s=1.0, inputs=["in"], outputs=["u"])
    builder.add_task("b", cpu_s=1.0, outputs=["b"])
    builder.add_task("c", cpu_s=1.0, inputs=["u", "b"], outputs=["c"])
    workflow = builder.build()
    assert not duplicates(workflow, plan_of(workflow, [0, 1, 1]))


def test_patience_waits_for_what_usually_comes() -> None:
    """The owner is nearly always in time; one in five times it straggles, for 20 s: only then a copy is worth it."""
    workflow = late(long_s=0.1, short_s=2.0)
    plan = plan_of(workflow, [0, 0, 1, 1])
    first, *_ = duplicates(workflow, plan, **{"noise.straggler_probability": 0.2, "noise.straggler_factor": 10.0})
    assert first[0].task == 1
    assert 0.5 < first[0].patience_s < 3


def test_all_are_proposed_with_patience_then_the_best_alone_then_all_without() -> None:
    """Both c wait for u, which straggles now and then; c2 has its other input earlier, so its copy gains more.

    ::

        w0   long  u ──────┬────┐
        w1   b1 ───────────┴ c1 │
        w2   b2 ────────────────┴ c2
    """
    builder = WorkflowBuilder("two consumers")
    builder.add_object("in", 0)
    for name in ("long", "u", "b1", "b2", "c1", "c2"):
        builder.add_object(f"{name}.out", 0)
    for name, cpu_s, inputs in (
        ("long", 0.1, []), ("u", 2.0, ["in"]), ("b1", 1.0, []), ("b2", 0.5, []),
        ("c1", 1.0, ["b1.out", "u.out"]), ("c2", 1.0, ["b2.out", "u.out"]),
    ):  # fmt: skip
        builder.add_task(name, cpu_s=cpu_s, inputs=inputs, outputs=[f"{name}.out"])
    workflow = builder.build()
    stragglers = {"noise.straggler_probability": 0.2, "noise.straggler_factor": 10.0}
    every, best, at_once = duplicates(workflow, plan_of(workflow, [0, 0, 1, 2, 1, 2]), **stragglers)
    assert [(order.task, order.consumer) for order in every] == [(1, 5), (1, 4)]
    assert every[0].patience_s > every[1].patience_s > 0.5  # who waits from earlier on is more patient
    assert best == every[:1]
    assert at_once == (Duplicate(1, 5, 0.0), Duplicate(1, 4, 0.0))


def test_it_is_kept_where_it_helps_and_nowhere_else() -> None:
    for long_s, is_kept in ((5.0, True), (0.2, False)):
        workflow, platform = late(long_s), figures()
        plan = plan_of(workflow, [0, 0, 1, 1])
        evaluator = SimulatedEvaluator(workflow, platform, 1)
        improved = improve(plan, workflow, platform, evaluator, (DuplicateSwitch(),), Goal())
        assert DuplicateSwitch().is_on(improved) == is_kept
        assert DuplicateSwitch().off(improved).orders == Orders()


def test_what_cannot_be_duplicated() -> None:
    workflow = late()
    plan = plan_of(workflow, [0, 0, 1, 1])
    wrong = ordering(
        plan, duplicate=(Duplicate(0, 3), Duplicate(2, 3), Duplicate(1, 3, -1.0), Duplicate(1, 3, float("nan")))
    )
    told = [str(fault) for fault in check_plan(wrong, workflow, figures())]
    assert told == [
        "plan: orders.duplicate['long', 'c'] is 'long'; expected a parent of 'c'",
        "plan: orders.duplicate['b', 'c'] is 'w1'; expected a task of another worker than the consumer's",
        "plan: orders.duplicate['u', 'c'].patience_s is -1.0; expected seconds from 0 to 1e+09",
        "plan: orders.duplicate['u', 'c'] is 2; expected one order",
        "plan: orders.duplicate['u', 'c'].patience_s is nan; expected seconds from 0 to 1e+09",
        "plan: orders.duplicate['u', 'c'] is 2; expected one order",
    ]
    for assignment, hold, why in (([0, 0, 1, None], True, "a named worker"), ([0, 0, 1, 1], False, "worker holds")):
        plan = ordering(plan_of(workflow, assignment, hold=hold), duplicate=(Duplicate(1, 3),))
        assert why in str(check_plan(plan, workflow, figures())[0])


def test_a_task_too_large_for_the_consumer_s_worker() -> None:
    builder = WorkflowBuilder("large")
    for name in ("u", "b", "c"):
        builder.add_object(name, 0)
    builder.add_task("u", cpu_s=1.0, memory_mb=1024, outputs=["u"])
    builder.add_task("b", cpu_s=0.1, outputs=["b"])
    builder.add_task("c", cpu_s=1.0, inputs=["u", "b"], outputs=["c"])
    workflow = builder.build()
    plan = plan_of(workflow, [0, 1, 1])
    sizes = msgspec.structs.replace(plan, workers=(plan.workers[0], PlannedWorker("w1", 512)))
    told = check_plan(ordering(sizes, duplicate=(Duplicate(0, 2),)), workflow, figures())
    assert [str(fault) for fault in told] == [
        "plan: orders.duplicate['u', 'c'] is 1024.0; expected at most 512 MB, the size of the consumer's worker"
    ]
    assert not duplicates(workflow, sizes, **{"noise.straggler_probability": 0.5, "noise.straggler_factor": 10.0})


def test_conflicts_name_both_and_the_task() -> None:
    workflow = late()
    plan = plan_of(workflow, [0, 0, 1, 1])
    both = ordering(plan, duplicate=(Duplicate(1, 3),), backup=(Backup(1, 1.0),))
    (told,) = check_plan(both, workflow, figures())
    assert (told.field, told.value) == ("orders.backup['u']", "backup and duplicate")
    assert told.expected == "optimization backup or duplicate for 'u', not both"
    for orders in ({"duplicate": (Duplicate(1, 3),)}, {"backup": (Backup(1, 1.0),)}):
        streaming = ordering(plan, stream=(Stream(1, 3, 4),), **orders)
        faults = [str(fault) for fault in check_plan(streaming, workflow, figures())]
        (name,) = orders
        assert any(name in each and "stream" in each and "'u'" in each for each in faults), faults


# backup ---------------------------------------------------------------------------------------------------


def test_stragglers_are_backed_up_after_what_a_run_usually_takes() -> None:
    """Six times as long as a second, one time in ten: a copy after a second, and a bit, is there after 2.6 s or so."""
    workflow = join_of(4)
    first, most, later = backups(workflow, plan_of(workflow, [0, 1, 2, 3, 4]), **STRAGGLING)
    assert {order.task for order in first} == {0, 1, 2, 3, 4}
    assert all(1.0 < order.after_s < 1.01 for order in first)
    assert len(most) == 2
    assert all(1.5 * one.after_s - two.after_s < 0.001 for one, two in zip(first, later, strict=True))


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"noise.sigma": 0.1},
        {"noise.straggler_probability": 0.1, "noise.straggler_factor": 1.4},
        {**STRAGGLING, "provisioning_s": 60.0},
    ],
)
def test_what_hardly_varies_or_starts_slowly_is_not_backed_up(overrides: dict[str, object]) -> None:
    workflow = join_of(4)
    assert not backups(workflow, plan_of(workflow, [0, 1, 2, 3, 4]), **overrides)


def test_who_waits_for_the_straggler_s_slot_anyway_gains_nothing() -> None:
    """Of a chain on one worker of one slot, the end alone is worth a copy: the client waits for that."""
    builder = WorkflowBuilder("chain")
    for i in range(3):
        builder.add_object(f"o{i}", 0)
        builder.add_task(f"t{i}", cpu_s=1.0, inputs=[f"o{i - 1}"] if i else [], outputs=[f"o{i}"])
    workflow = builder.build()
    first, *_ = backups(workflow, plan_of(workflow, [0, 0, 0]), **STRAGGLING)
    assert [order.task for order in first] == [2]


def test_the_percentile_judged_is_shortened() -> None:
    workflow, platform = join_of(4), figures(**STRAGGLING)
    plan = plan_of(workflow, [0, 1, 2, 3, 4])
    evaluator = SimulatedEvaluator(workflow, platform, 1)
    improved = improve(plan, workflow, platform, evaluator, (BackupSwitch(),), Goal("p95"))
    assert BackupSwitch().is_on(improved)
    assert BackupSwitch().off(improved).orders == Orders()
    before, after = (evaluator.evaluate(each, runs=100, draw=7).makespans_s for each in (plan, improved))
    assert np.quantile(after, 0.95) < 0.85 * np.quantile(before, 0.95)


def test_what_cannot_be_backed_up() -> None:
    workflow = join_of(2)
    wrong = ordering(plan_of(workflow, [0, 1, 1]), backup=(Backup(0, -1.0), Backup(0, 1.0)))
    told = [str(fault) for fault in check_plan(wrong, workflow, figures())]
    assert told == [
        "plan: orders.backup['t0'].after_s is -1.0; expected seconds from 0.001 to 1e+09",
        "plan: orders.backup['t0'] is 2; expected one order",
        "plan: orders.backup['t0'] is 2; expected one order",
    ]
    for after_s in (0.0, 1e-6, 0.000_999, 1.1e9, float("nan")):
        plan = ordering(plan_of(workflow, [0, 1, 1]), backup=(Backup(0, after_s),))
        (fault,) = check_plan(plan, workflow, figures())
        assert str(fault) == f"plan: orders.backup['t0'].after_s is {after_s}; expected seconds from 0.001 to 1e+09"
    least = ordering(plan_of(workflow, [0, 1, 1]), backup=(Backup(0, 0.001),))
    assert not check_plan(least, workflow, figures())


def test_who_is_late_before_its_parent_is_committed_asks_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """A runs 1 s and B at once after it, in the memory of A, whose output takes 5 s to be there for others.

    However short the pauses asked for: they double from 10 ms on, so that 9 of them end before that.
    """
    builder = WorkflowBuilder("slow")
    builder.add_object("x", 5_000_000)
    builder.add_task("a", cpu_s=1.0, outputs=["x"])
    builder.add_task("b", cpu_s=10.0, inputs=["x"])
    builder.add_task("c", cpu_s=1.0, inputs=["x"])
    workflow, looks, look = builder.build(), [0], Backups._is_late

    def counting(self: Backups, task: int, op: int, pause_ns: int) -> None:
        looks[-1] += 1
        assert looks[-1] < 100, "it never ends"
        look(self, task, op, pause_ns)

    monkeypatch.setattr(Backups, "_is_late", counting)
    for after_s in (0.0, 1e-6, 0.001):
        plan = ordering(plan_of(workflow, [0, 0, 1]), backup=(Backup(1, after_s),))
        looks.append(0)
        run = simulate(workflow, plan, figures(), seed=1)
        assert run.status == "complete"
        assert 5 <= looks[-1] <= 12
