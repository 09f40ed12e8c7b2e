"""The explanation of one run, against sums, hand computation and failures."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.records.critical_path import WaitCause
from faascast.explain import RunExplanation, explain_run
from faascast.explain.causes import CAUSES, MEANING
from faascast.explain.steps import CLIENT, Step, abridged
from planners.registry import make_planner
from platforms import Platform, load_platform
from sim import Setting, every, simulate_arrivals
from tests.faascast_explain.runs import run_of
from tests.planners.examples import chain, platforms, roots, round_platform, star, unaided_planners, workflows
from workloads import Workflow, WorkflowBuilder

MS = 1_000_000


def milliseconds(explained: RunExplanation) -> dict[str, float]:
    """Per cause what it takes, in ms."""
    return {str(total.cause): total.length_ns / MS for total in explained.causes}


def told(explained: RunExplanation) -> list[tuple[float, str, str]]:
    """The steps as (length in ms, worker, words)."""
    return [(step.length_ns / MS, step.worker, step.says) for step in explained.steps]


def test_every_cause_has_a_meaning() -> None:
    assert set(CAUSES) == set(WaitCause)
    assert len(set(MEANING.values())) == len(CAUSES)


def test_without_any_cost_only_computing_takes_time() -> None:
    """t0 (1 s) → t1 (2 s) → t2 (.5 s), each on a worker of its own, where all else is free: 3.5 s of CPU."""
    explained = explain_run(run_of(chain(1.0, 2.0, 0.5), "one-per-task", load_platform("ideal")))
    assert milliseconds(explained) == {"CPU": 3500}
    assert told(explained) == [(1000, "w0", "runs t0"), (2000, "w1", "runs t1"), (500, "w2", "runs t2")]
    assert explained.gap_s == 0


def test_a_chain_over_two_workers_by_hand() -> None:
    """t0 (1 s) hands 1 MB to t1 (2 s) on another worker.

    ```
    0     client calls w0              .1
    .1    w0 starts cold               .5   (.3 provisioning + .2 init)
    .6    t0 runs                      1
    1.6   t0 uploads d0                1.05 (.05 latency + 1 MB at 1 MB/s)
    2.65  t0 is committed              .01
    2.66  w0 calls w1                  .1
    2.76  w1 starts cold               .5   (w0's instance is still busy with the call)
    3.26  t1 fetches d0                1.03 (.03 latency + 1 MB at 1 MB/s)
    4.29  t1 runs                      2
    6.29  t1 uploads d1                1.05
    7.34  t1 is committed              .01
    7.35
    ```
    """
    explained = explain_run(run_of(chain(1.0, 2.0, size_bytes=1_000_000), "one-per-task", round_platform()))
    assert explained.makespan_ns == 7350 * MS
    assert milliseconds(explained) == {
        "invocation": 200,
        "start-up": 1000,
        "fetch": 1030,
        "CPU": 3000,
        "upload": 2100,
        "dependency": 20,
    }
    assert told(explained) == [
        (100, CLIENT, "calls for t0"),
        (500, "w0", "starts cold on instance 0"),
        (1000, "w0", "runs t0"),
        (1050, "w0", "uploads d0"),
        (10, "w0", "commits t0"),
        (100, "w0", "calls for t1"),
        (500, "w1", "starts cold on instance 1"),
        (1030, "w1", "fetches d0"),
        (2000, "w1", "runs t1"),
        (1050, "w1", "uploads d1"),
        (10, "w1", "commits t1"),
    ]


def test_tasks_that_share_a_vcpu_are_told_from_their_own_computing() -> None:
    """Two roots of 1 s share one vCPU in two slots: both end after 2 s, of which 1 s is the other's."""
    platform = load_platform("ideal", {"cpu.slots": 2})
    explained = explain_run(run_of(roots(1.0, 1.0), "all-on-one", platform))
    assert milliseconds(explained) == {"CPU": 1000, "CPU share": 1000}
    [step] = explained.steps
    assert step.parts == ((WaitCause.CPU, 1000 * MS), (WaitCause.CPU_SHARE, 1000 * MS))


def test_a_queued_invocation_waits_for_the_accounts_concurrency() -> None:
    """Two roots of 2 s and 1 s, called at once, where one instance may be busy.

    ```
    0     client calls w0 (t0) and w1 (t1)        .1
    .1    w0 starts cold; w1 is over the limit    .5
    .6    t0 runs                                 2
    2.6   t0 is committed, w0 exits               .01
    2.61  w1 is admitted and starts warm          .2
    2.81  t1 runs                                 1
    3.81  t1 is committed                         .01
    3.82
    ```
    The wait for the limit is a cause of its own; who held the instance meanwhile is not part of the path.
    """
    explained = explain_run(run_of(roots(2.0, 1.0), "one-per-task", round_platform(concurrency=1, client_callers=2)))
    assert explained.makespan_ns == 3820 * MS
    assert milliseconds(explained) == {
        "invocation": 100,
        "concurrency": 2510,
        "start-up": 200,
        "CPU": 1000,
        "dependency": 10,
    }
    assert told(explained)[1] == (2710, "w1", "starts warm on instance 0")


def test_each_limit_has_a_cause_of_its_own() -> None:
    """The same with other limits, .1 s being the call in each case, and the commit .01 s.

    One instance of a size: as above, under another name. One new instance each 2 s: w0 took a token at .1 s, so w1's
    comes at 2.1 s, before w0 is done: cold. Refused: w1 is called again 1 s after each refusal, at .1, 1.2 and 2.3 s,
    and has its fourth call through at 3.4 s; the calls in vain count as back-off.
    """
    backoff = {"initial_s": 1.0, "maximum_s": 1.0, "attempts": 10}
    expected: list[tuple[dict[str, object], dict[str, int]]] = [
        ({"concurrency_per_size": 1}, {"invocation": 100, "size concurrency": 2510, "start-up": 200}),
        ({"ramp_per_s": 0.5, "ramp_burst": 1}, {"invocation": 100, "ramp": 2000, "start-up": 500}),
        (
            {"concurrency": 1, "over_limit": "refuse", "backoff": backoff},
            {"invocation": 100, "throttle": 3300, "start-up": 200},
        ),
    ]
    for limits, causes in expected:
        platform = round_platform(client_callers=2, limits=limits)
        explained = explain_run(run_of(roots(2.0, 1.0), "one-per-task", platform))
        assert milliseconds(explained) == causes | {"CPU": 1000, "dependency": 10}


def test_runs_of_like_segments_are_one_step() -> None:
    """The client's five calls, one after the other, are one step; so are five tasks of a function in a row."""
    explained = explain_run(run_of(roots(1.0, 1.0, 1.0, 1.0, 1.0), "one-per-task", round_platform()))
    assert told(explained)[0] == (500, CLIENT, "makes 5 calls, the last for t4")
    assert explained.steps[0].n == 5
    together = explain_run(run_of(roots(1.0, 1.0, 1.0), "all-on-one", load_platform("ideal")))
    assert sum(step.n for step in together.steps) == 3


@given(workflows(), platforms(), st.sampled_from(unaided_planners()), st.integers(0, 2**32 - 1))
def test_causes_and_steps_add_up_to_the_makespan(
    workflow: Workflow, platform: Platform, planner: str, seed: int
) -> None:
    explained = explain_run(run_of(workflow, planner, platform, seed))
    makespan_ns = explained.makespan_ns or 0
    assert sum(total.length_ns for total in explained.causes) == makespan_ns
    assert sum(ns for step in explained.steps for _, ns in step.parts) == makespan_ns
    ends_ns = [0, *(step.end_ns for step in explained.steps)]
    assert [step.begin_ns for step in explained.steps] == ends_ns[:-1]
    assert ends_ns[-1] == makespan_ns
    assert all(step.length_ns == sum(ns for _, ns in step.parts) > 0 for step in explained.steps)
    json.dumps(explained.to_json(), allow_nan=False)
    assert explained.to_text().startswith(f"{workflow.name} · {planner}")


def test_a_failed_run_says_why_and_how_far_it_came() -> None:
    """t0 of 1 s is committed; t1 of 5 s is longer than an invocation may be, and is tried once."""
    workflow = chain(1.0, 5.0)
    # All-on-one is refused where this is certain; one worker per task fails in the run.
    explained = explain_run(run_of(workflow, "one-per-task", round_platform(max_duration_s=3.0)))
    assert explained.makespan_ns is None
    assert (explained.causes, explained.steps, explained.gap_s) == ((), (), None)
    assert (explained.progress.n_tasks, explained.progress.n_committed, explained.progress.n_killed) == (2, 1, 1)
    text = explained.to_text()
    assert "failed   worker w1 (invoked for task t1), attempt 1 of 1: killed at the maximum duration of 3 s" in text
    assert "task     t1, run 1 of it" in text
    assert "where    worker w1, epoch 1, instance 1" in text
    assert "kept     1 of 2 tasks are committed" in text
    assert explained.to_json()["makespan_s"] is None


def test_a_long_path_is_told_by_its_longest_steps() -> None:
    explained = explain_run(run_of(chain(*[1.0] * 20, 9.0), "one-per-task", round_platform()))
    assert len(explained.steps) > 100
    for most in (5, 12, 30):
        entries = abridged(explained.steps, most)
        assert len(entries) <= most
        steps = [step for entry in entries for step in (entry if isinstance(entry, tuple) else (entry,))]
        assert steps == list(explained.steps)
        shown = [entry for entry in entries if isinstance(entry, Step)]
        assert max(explained.steps, key=lambda step: step.length_ns) in shown
    lines = explained.to_text(most_steps=12).splitlines()
    assert len(lines) < 30
    # Told are t0 … t3 and t20; between, from t3's upload on, 16 tasks of 1 s, 17 calls of .1, 17 warm starts of .2.
    assert any("101 shorter steps: CPU 16.000, start-up 3.400, invocation 1.700, …" in line for line in lines)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_keep_to_the_width(width: int) -> None:
    workflow = star(*[1.0] * 30, size_bytes=123_456)
    for planner in unaided_planners():
        explained = explain_run(run_of(workflow, planner, round_platform()))
        assert all(len(line) <= width for line in explained.to_text(width).splitlines()[2:])


def test_a_run_that_arrives_later_is_explained_from_its_own_submission() -> None:
    """Two runs of a chain, 20 s apart, on one pool: the second finds its instances warm (.2 s instead of .5 s).

    That is .3 s saved twice; and since an instance that called is still busy, each run uses two instances.
    """
    workflow, platform = chain(1.0, 2.0, size_bytes=1_000_000), round_platform()
    setting = Setting(workflow, make_planner("one-per-task").plan(workflow, platform), platform)
    first, second = simulate_arrivals([setting], every(20.0, 2), seed=1, keep_runs=True).runs
    one, other = explain_run(first), explain_run(second)
    assert one.makespan_ns == 7350 * MS
    assert other.makespan_ns == (7350 - 600) * MS
    assert milliseconds(other) == milliseconds(one) | {"start-up": 400}
    assert other.steps[0].begin_ns == 0
    assert other.steps[-1].end_ns == other.makespan_ns
    assert "0.000  0.100  invocation" in other.to_text()


def test_steps_of_two_workers_stay_apart() -> None:
    """Where all else is free, three tasks of one function on three workers touch each other, but are three steps."""
    builder = WorkflowBuilder("same function")
    for i in range(3):
        builder.add_task(f"t{i}", function="f", cpu_s=1.0, after=[f"t{i - 1}"] if i else [])
    workflow = builder.build()
    apart = explain_run(run_of(workflow, "one-per-task", load_platform("ideal")))
    assert told(apart) == [(1000, "w0", "runs t0"), (1000, "w1", "runs t1"), (1000, "w2", "runs t2")]
    together = explain_run(run_of(workflow, "all-on-one", load_platform("ideal")))
    assert told(together) == [(3000, "w0", "runs 3 × f, the last t2")]


def test_objects_fetched_one_after_the_other_are_counted() -> None:
    """One transfer at a time: x (latency .03 + 1 s) and y (.03 + 2 s), in the task's order, then 1 s of computing."""
    builder = WorkflowBuilder("two inputs")
    builder.add_object("x", 1_000_000)
    builder.add_object("y", 2_000_000)
    builder.add_task("t", cpu_s=1.0, inputs=["x", "y"])
    explained = explain_run(run_of(builder.build(), "one-per-task", round_platform(parallel_transfers=1)))
    assert told(explained)[2:4] == [(3060, "w0", "fetches 2 objects, the last y"), (1000, "w0", "runs t")]
    assert explained.steps[2].n == 2
