"""Pictures of all kinds of runs: nothing is cut off, names do not overlap, the same run gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.text import Text

import faascast
from executor.records.run import Run
from faascast.plots import causes, front, gantt, heat_lines, instances_over_time, makespans, save
from faascast.plots.style import figure_of
from platforms import load_platform
from tests.faascast_explain.runs import run_of
from workloads import load_workflow

RUNS: dict[str, tuple[str, str, dict[str, object]]] = {
    "one instance": ("gen:chain,depth=5", "all-on-one", {}),
    "several tasks at once": ("gemm", "all-on-one", {"size_mb": 7076}),
    "ten instances": ("gen:forkjoin,width=10", "wukong", {}),
    "held": ("text_analysis", "heft", {}),
    "three hundred": ("gen:forkjoin,width=300,cpu_s=30", "one-per-task", {}),
    "failed": ("gen:forkjoin,width=3", "one-per-task", {"max_duration_s": 0.8}),
    "nothing takes time": ("gen:chain,depth=3", "one-per-task", {"pool.initial": [{"memory_mb": 1769, "count": 2}]}),
}


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest) -> Run:
    workflow, planner, overrides = RUNS[request.param]
    return run_of(load_workflow(workflow), planner, load_platform("aws-lambda-s3", overrides))


def assert_whole(axes: Axes) -> None:
    """Everything drawn is inside the figure."""
    figure = figure_of(axes)
    figure.canvas.draw()
    drawn, paper = figure.get_tightbbox(), figure.bbox_inches
    assert drawn.x0 >= paper.x0 - 0.02
    assert drawn.x1 <= paper.x1 + 0.02
    assert drawn.y0 >= paper.y0 - 0.02
    assert drawn.y1 <= paper.y1 + 0.02


def assert_legible(axes: Axes) -> None:
    """No two texts of the picture lie on each other."""
    figure = figure_of(axes)
    figure.canvas.draw()
    hidden = {
        text
        for each in figure.axes
        for axis, limits in ((each.xaxis, each.get_xlim()), (each.yaxis, each.get_ylim()))
        for tick in axis.get_major_ticks()
        for text in (tick.label1, tick.label2)
        if not min(limits) <= tick.get_loc() <= max(limits)
    }
    texts = [text for text in figure.findobj(Text) if text not in hidden and text.get_visible()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text().strip()]
    for i, (name, box) in enumerate(boxes):
        for other, at in boxes[:i]:
            wide, high = min(box.x1, at.x1) - max(box.x0, at.x0), min(box.y1, at.y1) - max(box.y0, at.y0)
            assert wide <= 1 or high <= 1 or name == other, f"{name!r} lies on {other!r}"


@pytest.mark.parametrize("draw", [gantt, heat_lines, instances_over_time])
def test_a_picture_of_a_run_is_whole_and_legible(run: Run, draw: Callable[[Run], Axes]) -> None:
    axes = draw(run)
    assert_whole(axes)
    assert_legible(axes)


def test_a_gantt_chart_says_what_it_leaves_out() -> None:
    run = run_of(load_workflow("gen:forkjoin,width=30"), "one-per-task", load_platform("aws-lambda-s3"))
    n = run.instances.n_rows
    assert gantt(run).get_ylabel() == "instance"
    assert gantt(run, most_lanes=12).get_ylabel() == f"instance (12 of {n} shown)"


def test_pictures_are_drawn_where_asked() -> None:
    run = run_of(load_workflow("gemm"), "wukong", load_platform("aws-lambda-s3"))
    _, (above, between, below) = plt.subplots(3, 1, figsize=(12, 18), layout="constrained")
    assert gantt(run, above) is above
    assert heat_lines(run, between) is between
    assert instances_over_time(run, below) is below
    assert len(figure_of(below).axes) == 3
    before = plt.get_fignums()
    causes({"a": run}, plt.figure().subplots())
    assert len(plt.get_fignums()) == len(before) + 1
    assert_whole(above)
    assert mpl.rcParams["axes.spines.top"], "the style is left behind"


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_same_run_gives_the_same_bytes(tmp_path: Path, kind: str) -> None:
    run = run_of(load_workflow("gemm"), "wukong", load_platform("aws-lambda-s3"))
    for name in "ab":
        save(gantt(run), tmp_path / f"{name}.{kind}")
    assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()
    assert not plt.get_fignums()


def test_pictures_of_a_comparison() -> None:
    """All-on-one cannot be planned here, uniform has an estimate of its own, the shortest runs are few."""
    planners = ["one-per-task", "all-on-one", "wukong", "uniform"]
    comparison = faascast.compare("gen:forkjoin,width=6", planners, reps=7, settings={"max_duration_s": 6})
    axes = makespans(comparison)
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert labels == planners
    assert "refused" in [text.get_text() for text in axes.texts]
    for drawn in (axes, makespans(comparison, kind="ecdf"), causes(comparison)):
        assert_whole(drawn)
        assert_legible(drawn)


def test_a_front_goes_down_and_names_what_it_began_with() -> None:
    found = faascast.search("gemm", "nsga2[evaluations=30,deadline_s=4]")
    axes = front(found)
    assert_whole(axes)
    assert {"heft", "wukong", "uniform"} <= {text.get_text() for text in axes.texts}
    times_s, costs_usd = (np.asarray(each) for each in axes.get_lines()[0].get_data())
    assert (np.diff(times_s) > 0).all()
    assert (np.diff(costs_usd) < 0).all()
    assert len(times_s) == len(found.front)


def test_names_in_a_front_do_not_overlap_and_ticks_are_plain() -> None:
    axes = front(faascast.search("gemm", "local-search[evaluations=5]"))
    axes.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 6  # five names and the subtitle
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])
    axes = front(faascast.search("gen:forkjoin,width=40,cpu_s=4", "local-search[evaluations=5]"))
    axes.figure.canvas.draw()
    assert axes.get_xscale() == "log"
    written = {label.get_text() for label in axes.get_xticklabels()}
    assert {"10", "20", "50"} <= written


def test_makespans_of_arrays_count_failures() -> None:
    axes = makespans({"a": [1.0, 2.0, np.nan], "b": [np.nan]})
    assert {text.get_text() for text in axes.texts} == {"1 of 3 runs failed", "1 of 1 runs failed"}
    [line] = makespans({"a": [1.0, 2.0, np.nan]}, kind="ecdf").get_lines()[:1]
    assert np.max(line.get_ydata()) == pytest.approx(2 / 3)


def test_bars_of_causes_are_as_long_as_the_makespans() -> None:
    workflow, platform = load_workflow("gemm"), load_platform("aws-lambda-s3")
    runs = {planner: run_of(workflow, planner, platform) for planner in ("wukong", "all-on-one")}
    axes = causes(runs)
    ends_s = [0.0, 0.0]
    for container in axes.containers:
        for place, bar in enumerate(container):
            assert bar.get_x() == pytest.approx(ends_s[place])
            ends_s[place] += bar.get_width()
    assert ends_s == pytest.approx([run.makespan_s for run in runs.values()])
