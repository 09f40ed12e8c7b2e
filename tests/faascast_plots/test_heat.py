"""Heat lines: what each instance was, by hand and in sum; many instances and long times as dots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt

from executor.records.table import Table
from faascast.plots import heat, heat_lines
from faascast.plots.style import figure_of
from faascast.timeline.activities import last_exit_s
from faascast.timeline.spells import State, spells_of_arrivals, spells_of_run
from planners.registry import make_planner
from platforms import Platform, load_platform
from sim import Arrivals, Setting, at, simulate_arrivals
from tests.faascast_explain.runs import run_of
from tests.faascast_plots.test_pictures import assert_legible, assert_whole
from tests.planners.examples import chain, platforms, round_platform, unaided_planners, workflows
from workloads import Workflow, load_workflow

STATES = tuple(State)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


def arrived(times_s: Sequence[float], cpu_s: float = 1.0, **settings: object) -> Arrivals:
    """Requests for one task that takes so long, at these times."""
    workflow, platform = chain(cpu_s), round_platform(**settings)
    return simulate_arrivals(
        [Setting(workflow, make_planner("one-per-task").plan(workflow, platform), platform)], at(times_s), seed=1
    )


def told(spells: Table, instance: int) -> list[tuple[str, float, float]]:
    rows = sorted((row for row in spells.rows() if row["instance"] == instance), key=lambda row: row["begin_s"])
    return [(STATES[row["state"]], round(row["begin_s"], 9), round(row["end_s"], 9)) for row in rows]


def test_a_run_by_hand() -> None:
    """The chain of test_activities: start until 0.6, t0 until 1.6, then put, commit and call until 2.76."""
    spells = spells_of_run(run_of(chain(1.0, 2.0, size_bytes=1_000_000), "one-per-task", round_platform()))
    assert told(spells, 0) == [
        (State.COLD, 0.1, 0.4),
        (State.COLD, 0.4, 0.6),
        (State.COMPUTING, 0.6, 1.6),
        (State.MOVING, 1.6, 2.65),
        (State.MOVING, 2.65, 2.66),
        (State.MOVING, 2.66, 2.76),
        (State.IDLE, 2.76, 7.35),
    ]


def test_requests_by_hand() -> None:
    """The call takes .1, a cold start .5, a warm one .2, the task 1 s, put and commit .06; idle ones live for 3 s.

    The second request comes while the first is served, the third finds the instance that was last used idle, and the
    fourth comes when both are gone.
    """
    arrivals = arrived([0.0, 1.0, 3.0, 20.0], **{"keep_alive_s": 3.0, "routing": "most-recently-used"})
    spells = spells_of_arrivals(arrivals)
    assert told(spells, 0) == [(State.SERVING_COLD, 0.1, 1.66), (State.IDLE, 1.66, 4.66)]
    assert told(spells, 1) == [
        (State.SERVING_COLD, 1.1, 2.66),
        (State.IDLE, 2.66, 3.1),
        (State.SERVING, 3.1, 4.36),
        (State.IDLE, 4.36, 7.36),
    ]
    assert told(spells, 2)[0] == (State.SERVING_COLD, 20.1, 21.66)


def test_an_instance_that_was_there_serves_warm() -> None:
    arrivals = arrived([1.0], **{"pool.initial": [{"memory_mb": 1769, "count": 2}], "keep_alive_s": 100.0})
    spells = spells_of_arrivals(arrivals)
    used, spare = sorted((told(spells, 0), told(spells, 1)), key=len, reverse=True)
    assert [state for state, _, _ in used[:2]] == [State.IDLE, State.SERVING]
    assert [state for state, _, _ in spare] == [State.IDLE]


@given(st.lists(st.floats(0.0, 3.0), min_size=1, max_size=25), st.floats(0.1, 4.0))
def test_instances_of_requests_are_told_from_their_begin_to_their_end(gaps_s: list[float], keep_alive_s: float) -> None:
    arrivals = arrived(np.cumsum(gaps_s).tolist(), keep_alive_s=keep_alive_s)
    spells = spells_of_arrivals(arrivals)
    for instance in range(arrivals.instances.n_rows):
        found = told(spells, instance)
        assert all(one[2] == other[1] for one, other in pairwise(found))
        assert found[0][1] == pytest.approx(arrivals.instances["created_s"][instance])
        last_s = max(arrivals.end_s, float(arrivals.stays["end_s"].max()))
        assert found[-1][2] == pytest.approx(min(arrivals.instances["ended_s"][instance], last_s))
    serving = np.isin(spells["state"], (STATES.index(State.SERVING), STATES.index(State.SERVING_COLD)))
    served_s = arrivals.stays["end_s"] - arrivals.stays["begin_s"]
    assert (spells["end_s"] - spells["begin_s"])[serving].sum() == pytest.approx(served_s.sum())


@given(workflows(), platforms(), st.sampled_from(unaided_planners()), st.integers(1, 7))
def test_dots_hold_the_same_seconds_as_the_spells(
    workflow: Workflow, platform: Platform, planner: str, shared: int
) -> None:
    run = run_of(workflow, planner, platform)
    spells, n, until_s = spells_of_run(run), run.instances.n_rows, last_exit_s(run) or 1.0
    row = np.searchsorted(run.instances["instance"], spells["instance"])
    picture = heat._Picture(Table({**spells, "row": row}), n, until_s)
    picture._shared = shared
    n_lines = -(-n // shared)
    for place in range(len(STATES)):
        here = spells["state"] == place
        coverage = picture._coverage(place, n_lines)
        assert coverage.min(initial=0.0) >= -1e-9
        assert coverage.max(initial=0.0) <= shared + 1e-9
        lasted_s = (spells["end_s"] - spells["begin_s"])[here]
        assert coverage.sum() * until_s / 1000 == pytest.approx(lasted_s.sum(), abs=1e-6)


def test_a_dot_has_the_colour_of_what_was_there_for_most_of_it() -> None:
    """One instance: idle for the first 0.4 of a dot of 1 s, then busy; the next dot the other way round."""
    state = {name: STATES.index(name) for name in (State.IDLE, State.SERVING)}
    spells = Table(
        {
            "begin_s": np.array([0.0, 0.4, 1.0, 1.4]),
            "end_s": np.array([0.4, 1.0, 1.4, 2.0]),
            "state": np.array([state[each] for each in (State.IDLE, State.SERVING, State.SERVING, State.IDLE)]),
            "row": np.zeros(4, dtype=np.int64),
        }
    )
    picture = heat._Picture(spells, 1, 1000.0)
    serving, idle = (picture._coverage(state[name], 1)[0] for name in (State.SERVING, State.IDLE))
    np.testing.assert_allclose(serving[:3], [0.6, 0.4, 0.0], atol=1e-12)
    np.testing.assert_allclose(idle[:3], [0.4, 0.6, 0.0], atol=1e-12)
    picture._is_exact = False
    _, axes = plt.subplots()
    picture.lines(axes)
    [image] = axes.images
    colours = [tuple(round(255 * each) for each in dot[:3]) for dot in image.get_array()[0, :3]]
    assert colours == [(0x2E, 0x3B, 0x4E), (0xDA, 0xDA, 0xDA), (255, 255, 255)]


def test_a_picture_of_many_says_how_many_share_a_line() -> None:
    platform = load_platform("aws-lambda-s3", {"keep_alive_s": 0})
    axes = heat_lines(run_of(load_workflow("gen:forkjoin,width=400,cpu_s=3"), "one-per-task", platform))
    texts = [text.get_text() for text in axes.texts]
    assert any("402 instances, 2 to a line; a dot is what they mostly were in" in text for text in texts)
    assert axes.images
    assert_whole(axes)
    assert_legible(axes)


def test_a_picture_of_few_is_exact_and_has_the_numbers_below() -> None:
    run = run_of(load_workflow("gemm"), "wukong", load_platform("aws-lambda-s3"))
    axes = heat_lines(run)
    assert not axes.images
    above, below = figure_of(axes).axes
    assert above is axes
    assert below.get_xlim() == above.get_xlim()
    assert below.get_ylim()[1] >= run.instances.n_rows


@pytest.mark.parametrize("n", [1, 30])
def test_a_picture_of_requests_is_whole_and_legible(n: int) -> None:
    axes = heat_lines(arrived([0.7 * i for i in range(n)], keep_alive_s=2.0))
    assert axes.get_title(loc="left") == ("1 request" if n == 1 else "30 requests")
    assert_whole(axes)
    assert_legible(axes)


def test_where_nobody_was_let_in_there_is_an_empty_picture() -> None:
    run = run_of(chain(1.0), "one-per-task", round_platform())
    nobody = replace(run, instances=run.instances.where(run.instances["instance"] < 0))
    assert_whole(heat_lines(nobody))
