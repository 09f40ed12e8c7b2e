"""Invocations that are killed at the maximum duration, and delivered again.

The platform is that of `figures`: call .1 s, cold start .5, a ledger request .01, a notification .005.
"""

from __future__ import annotations

import pytest

from executor.records.critical_path import WaitCause
from executor.records.run import Run
from planners.plan import Plan
from sim import simulate
from tests.sim.figures import CALL, COLD, COMMIT, MS, READ, RUN, figures
from tests.sim.small import chain, independent_tasks, plan_of
from workloads import Workflow, WorkflowBuilder


def limited(workflow: Workflow, plan: Plan, seed: int = 0, **overrides: object) -> Run:
    return simulate(workflow, plan, figures(**overrides), seed=seed)


def test_what_was_committed_is_not_done_again() -> None:
    """Two tasks of 1 s on a worker that is killed after 1.5 s: a is committed, b begins again.

    ::

        call cold a commit b··X                     killed 1.5 s after the start
                               cold read b commit   read: what is left to do
    """
    workflow = independent_tasks([(0.0, 1.0, 1.0)] * 2)
    run = limited(workflow, plan_of(workflow, [0, 0]), limits={"max_duration_s": 1.5, "max_attempts": 2})
    assert run.makespan_ns == (CALL + COLD + 1500 + COLD + READ + RUN + COMMIT) * MS == 3620 * MS
    assert run.invocations["status"].tolist() == ["killed", "done"]
    assert run.invocations["epoch"].tolist() == [1, 2]
    lost = [segment for segment in run.critical_path() if segment.cause == WaitCause.RETRY]
    assert [segment.length_ns for segment in lost] == [1500 * MS]


def test_a_task_that_never_fits_is_given_up() -> None:
    workflow = independent_tasks([(0.0, 2.0, 1.0)])
    run = limited(workflow, plan_of(workflow, [0]), limits={"max_duration_s": 1.5, "max_attempts": 3})
    assert run.status == "failed"
    assert run.failure == "worker w0 (invoked for task t0), attempt 3 of 3: killed at the maximum duration of 1.5 s"
    assert run.invocations["status"].tolist() == ["killed"] * 3
    assert run.makespan_s is None
    assert run.cost_usd == 0


def test_an_instance_that_was_killed_serves_nobody() -> None:
    """The second delivery starts cold although instances are never reclaimed."""
    workflow = independent_tasks([(0.0, 1.0, 1.0)] * 2)
    limits = {"max_duration_s": 1.5, "max_attempts": 2}
    run = limited(workflow, plan_of(workflow, [0, 0]), limits=limits, keep_alive_s=float("inf"))
    assert run.invocations["start"].tolist() == ["cold", "cold"]
    assert run.instances["ended_s"].tolist() == [2.1, float("inf")]


def test_what_a_dead_worker_had_under_way_ended_with_it() -> None:
    """B was running for half a second when its worker was killed: that was in vain, as was what starting again took."""
    workflow = independent_tasks([(0.0, 1.0, 1.0)] * 2)
    run = limited(workflow, plan_of(workflow, [0, 0]), limits={"max_duration_s": 1.5, "max_attempts": 2})
    assert run.tasks["task"].tolist() == ["t0", "t1", "t1"]
    assert run.tasks["epoch"].tolist() == [1, 1, 2]
    assert run.tasks["outcome"].tolist() == ["done", "killed", "done"]
    assert run.tasks["counts"].tolist() == [True, False, True]
    assert (run.waste.runs_s, run.waste.starts_s) == pytest.approx((0.5, COLD / 1000))
    assert (run.waste.n_runs, run.waste.n_redeliveries) == (1, 1)


def there_and_back(b_s: float) -> Workflow:
    """A (.1 s) → b → c (.1 s), with objects of no bytes."""
    builder = WorkflowBuilder("there and back")
    for name, cpu_s, inputs in (("a", 0.1, []), ("b", b_s, ["a.out"]), ("c", 0.1, ["b.out"])):
        builder.add_object(f"{name}.out", 0)
        builder.add_task(name, cpu_s=cpu_s, inputs=inputs, outputs=[f"{name}.out"])
    return builder.build()


@pytest.mark.parametrize("slots", [1, 2])
def test_a_message_to_a_worker_that_is_being_started_again(slots: int) -> None:
    """Worker w0 has a and c, which holds, is killed while it waits, and is told of b while its second delivery starts.

    ::

        ms   0   100   600  700  760  860  1360   1390            3740  3800 3805
        w0     call  cold  a  up+commit · · · · · · · · killed at 3600,  cold until 4100, read, c …
        w1                       call  cold  get           b        up+commit notify

    Nobody listens at 3805; the second delivery reads at 4100 that c is ready.
    """
    workflow = there_and_back(b_s=2.35)
    limits = {"max_duration_s": 3.0, "max_attempts": 2}
    run = limited(workflow, plan_of(workflow, [0, 1, 0]), limits=limits, cpu={"slots": slots})
    assert run.status == "complete"
    assert run.tasks["task"].tolist() == ["a", "b", "c"]
    assert run.tasks["start_s"][2] == pytest.approx(4.1 + 0.01 + 0.03)


# epochs that are no deaths --------------------------------------------------------------------------------


def test_being_called_again_after_a_release_is_no_attempt() -> None:
    """w0 is called for a, leaves, is called for c, and dies there for the first time: it may try once more.

    Stragglers take 4 s; c straggles at its first attempt with this seed. The limit is 3.9 s, two attempts.
    """
    workflow = chain(3)
    run = limited(
        workflow,
        plan_of(workflow, [0, 1, 0], hold=False),
        seed=2,
        noise={"straggler_probability": 0.4, "straggler_factor": 4.0},
        limits={"max_duration_s": 3.9, "max_attempts": 2},
    )
    assert "attempt 2 of 2" not in (run.failure or "") or run.invocations["status"].tolist().count("killed") == 2


def test_a_worker_may_be_called_again_hundreds_of_times() -> None:
    """600 tasks in a row, dealt to two workers that leave after each."""
    builder = WorkflowBuilder("long")
    for i in range(600):
        builder.add_task(f"t{i}", cpu_s=0.1, after=[f"t{i - 1}"] if i else [])
    workflow = builder.build()
    run = limited(workflow, plan_of(workflow, [i % 2 for i in range(600)], hold=False))
    assert (run.status, run.failure) == ("complete", None)
    assert run.invocations["epoch"].max() == 300


def test_hold_and_release_share_their_luck() -> None:
    """Common random numbers: c takes as long whether w0 held or was called again for it."""
    workflow = chain(3)
    held, released = (
        limited(workflow, plan_of(workflow, [0, 1, 0], hold=hold), seed=3, noise={"sigma": 0.3})
        for hold in (True, False)
    )
    assert held.tasks["alone_s"].tolist() == released.tasks["alone_s"].tolist()
