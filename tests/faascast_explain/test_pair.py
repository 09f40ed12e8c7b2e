"""Where two runs differ, against sums and hand computation."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faascast.explain import PairExplanation, explain_pair
from platforms import Platform
from tests.faascast_explain.runs import run_of
from tests.planners.examples import chain, platforms, round_platform, star, unaided_planners, workflows
from workloads import InvalidInput, Workflow

MS = 1_000_000


def figures(pair: PairExplanation) -> dict[str, tuple[float, float]]:
    return {figure.name: (figure.a, figure.b) for figure in pair.figures}


def test_one_worker_saves_what_two_spend_between_tasks() -> None:
    """t0 (1 s) hands 1 MB to t1 (2 s): on two workers 7.35 s (see test_run), on one 4.66 s.

    Of the parts there remain call .1, cold start .5, t0 1, t1 2, upload of d1 1.05, commit .01.
    """
    workflow, platform = chain(1.0, 2.0, size_bytes=1_000_000), round_platform()
    pair = explain_pair(run_of(workflow, "one-per-task", platform), run_of(workflow, "all-on-one", platform))
    assert (pair.a, pair.b) == ("one-per-task", "all-on-one")
    assert pair.difference_ns == (4660 - 7350) * MS
    assert {str(each.cause): each.difference_ns / MS for each in pair.causes} == {
        "invocation": -100,
        "start-up": -500,
        "fetch": -1030,
        "CPU": 0,
        "upload": -1050,
        "dependency": -10,
    }
    assert figures(pair) == {
        "lower bound": (4.66, 4.66),
        "cold starts": (2, 1),
        "warm starts": (0, 0),
        "workers": (2, 1),
        "fetched": (1_000_000, 0),
        "uploaded": (2_000_000, 1_000_000),
        "edges inside a worker": (0, 1),
    }
    [moved] = pair.tasks
    assert (moved.task, moved.a_worker, moved.b_worker) == ("t1", "w1", "w0")
    assert (moved.a_start_s, moved.b_start_s) == (4.29, 1.6)
    assert "B is shorter by 2.690 s (37 %)" in pair.to_text()


def test_the_bill_is_compared_item_by_item() -> None:
    workflow = star(1.0, 1.0, size_bytes=1000)
    prices = round_platform(usd_per_gb_s=1e-5, usd_per_invocation=1e-6, usd_per_put=1e-6)
    a, b = (run_of(workflow, planner, prices) for planner in ("one-per-task", "all-on-one"))
    pair = explain_pair(a, b)
    assert {figure.name for figure in pair.costs} == {"compute", "invocations", "store puts"}
    assert math.isclose(sum(figure.a for figure in pair.costs), a.cost_usd)
    assert math.isclose(sum(figure.b for figure in pair.costs), b.cost_usd)
    # Three workers against one; the root's output is not uploaded for a worker that has it.
    assert {f.name: round(1e6 * f.difference) for f in pair.costs if f.name != "compute"} == {
        "invocations": -2,
        "store puts": -1,
    }


def test_a_run_does_not_differ_from_itself() -> None:
    run = run_of(chain(1.0, 2.0), "wukong", round_platform())
    pair = explain_pair(run, run)
    assert (pair.difference_ns, pair.tasks) == (0, ())
    assert not any(each.difference_ns for each in pair.causes)
    assert not any(figure.difference for figure in (*pair.figures, *pair.costs))
    assert "equally long" in pair.to_text()


def test_runs_are_called_by_what_tells_them_apart() -> None:
    workflow, platform = chain(1.0), round_platform()
    first = run_of(workflow, "wukong", platform, seed=1)
    assert [explain_pair(first, run_of(workflow, "wukong", platform, seed=2)).b] == ["seed 2"]
    other = platform.model_copy(update={"name": "elsewhere"})
    assert explain_pair(first, run_of(workflow, "heft", other)).b == "heft · elsewhere"


def test_a_failed_run_is_compared_as_far_as_it_came() -> None:
    workflow = chain(1.0, 5.0, 1.0)
    a = run_of(workflow, "one-per-task", round_platform())
    b = run_of(workflow, "one-per-task", round_platform(max_duration_s=3.0))
    pair = explain_pair(a, b)
    assert (pair.difference_ns, pair.causes) == (None, ())
    last = pair.tasks[-1]
    assert (last.task, last.a_worker, last.b_worker, last.b_start_s) == ("t2", "w2", "", None)
    assert last.later_s == math.inf
    assert "B failed: " in pair.to_text()
    json.dumps(pair.to_json(), allow_nan=False)


def test_runs_of_two_workflows_are_refused() -> None:
    with pytest.raises(InvalidInput, match="that of the first run, chain"):
        explain_pair(run_of(chain(1.0), "wukong", round_platform()), run_of(star(1.0), "wukong", round_platform()))


@given(workflows(), platforms(), st.lists(st.sampled_from(unaided_planners()), min_size=2, max_size=2))
def test_differences_add_up(workflow: Workflow, platform: Platform, planners: list[str]) -> None:
    a, b = (run_of(workflow, planner, platform) for planner in planners)
    pair = explain_pair(a, b)
    if a.makespan_ns is not None and b.makespan_ns is not None:
        assert sum(each.difference_ns for each in pair.causes) == pair.difference_ns == b.makespan_ns - a.makespan_ns
    assert math.isclose(sum(figure.difference for figure in pair.costs), b.cost_usd - a.cost_usd, abs_tol=1e-15)
    json.dumps(pair.to_json(), allow_nan=False)
    assert pair.to_text().startswith("random: A = ")
