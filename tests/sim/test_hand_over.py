"""For a third of the maximum duration a worker goes on with flexible tasks, then others do: long chains kill nobody."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from executor.records.run import Run
from executor.worker.replay import replay
from sim import simulate
from tests.sim.figures import CALL, COLD, COMMIT, DOWN, RUN, UP, figures
from tests.sim.small import chain, fork_join, in_tree, plan_of
from tests.sim.test_invariants import check
from workloads import Workflow


def flexible(workflow: Workflow, longest_s: float | None, **overrides: object) -> Run:
    """A run whose tasks all go to whoever makes them ready."""
    plan = plan_of(workflow, [None] * workflow.n_tasks)
    platform = figures(**{"limits.max_duration_s": "none" if longest_s is None else longest_s} | overrides)
    log = io.BytesIO()
    run = simulate(workflow, plan, platform, seed=1, event_log=log, check=True)
    check(run)
    log.seek(0)
    assert replay(log) is None
    return run


def n_tasks_each(run: Run) -> list[int]:
    """Tasks that each worker ran, in the order in which they were called."""
    workers = run.tasks["worker"].tolist()
    return [workers.count(name) for name in run.invocations["worker"].tolist()]


def test_a_chain_is_handed_over_when_a_third_of_the_time_is_over() -> None:
    """At most 9 s, so three to go on: `in` comes after 1.03 s, a ends at 2.03, b at 3.03, when c is another one's.

    ::

        in ──▶ a ──▶ b ──▶ c ──▶ d ──▶ out
        └── worker 1 ──┘   └── worker 2 ──┘
    """
    run = flexible(chain(4), 9.0)
    worker = CALL + COLD + DOWN + 2 * RUN + UP + COMMIT
    assert run.makespan_s == 2 * worker / 1000
    assert n_tasks_each(run) == [2, 2]


def test_who_has_a_nanosecond_left_goes_on() -> None:
    """The second task ends after 3.03 s: a third of 9.09."""
    assert n_tasks_each(flexible(chain(4), 9.09)) == [2, 2]
    assert n_tasks_each(flexible(chain(4), 9.090_000_003)) == [3, 1]


def test_without_a_maximum_one_worker_does_it_all() -> None:
    assert n_tasks_each(flexible(chain(6), None)) == [6]


def test_who_hands_over_does_not_stand_in_the_way() -> None:
    """Where one instance is allowed at a time: the next is called while its caller still runs, and waits for it."""
    run = flexible(chain(6), 9.0, **{"limits.concurrency": 1})
    assert run.status == "complete"
    assert n_tasks_each(run) == [2, 2, 2]


@given(st.sampled_from([chain(12), fork_join(5), in_tree(8)]), st.floats(6.5, 60.0))
def test_nobody_is_killed_whose_tasks_take_two_thirds(workflow: Workflow, longest_s: float) -> None:
    """A join fetches up to eight megabytes in 2.06 s, a task runs for 1, what it makes is put in 1.05."""
    run = flexible(workflow, longest_s)
    assert run.status == "complete"
    assert set(run.invocations["epoch"].tolist()) == {1}
