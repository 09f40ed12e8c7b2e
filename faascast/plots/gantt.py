"""The Gantt chart: instances × time, what each computed and what it waited for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, starmap
from typing import TYPE_CHECKING, Any

from executor.records.critical_path import WaitCause
from executor.records.operations import Kind
from executor.records.run import Run
from faascast.explain.text import shortened
from faascast.plots.lanes import MOST_LANES, chosen_instances, colours_of_functions
from faascast.plots.style import (
    CAUSE_COLOURS,
    FAINT,
    FUNCTION_COLOURS,
    HELD,
    INK,
    OTHER,
    QUIET,
    drawing,
    figure_of,
    legend,
    titled,
)
from faascast.timeline.activities import NS_PER_S, WHILE_RUNNING, Activity, Span, last_exit_s, spans, submitted_ns
from faascast.timeline.lanes import stacked

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Box = tuple[float, float, float, float]
"""begin, end, bottom, top"""

CLIENT_LANE = -1
_WIDTH_IN, _LANE_IN = 11.0, 0.27
_MARGINS_IN = 1.15
"""Title above and axis below."""
_LEGEND_IN = 2.6
"""Legend at the right and labels at the left."""
_MOST_LETTERS = 100
"""Of a failure's reason, above the picture."""
_BAR, _WAIT, _LINE = 0.38, 0.16, 0.05
"""Half the height of a bar that works or starts, of one that waits, and of an idle instance's line."""
_BELOW = 0.46
"""Where in a lane the critical path is drawn: below the bars."""
_STYLE: dict[Activity, tuple[float, dict[str, Any]]] = {
    Activity.PROVISIONING: (_BAR, {"facecolor": "#FFFFFF", "edgecolor": QUIET, "hatch": "//////", "linewidth": 0.4}),
    Activity.INIT: (_BAR, {"facecolor": CAUSE_COLOURS[WaitCause.START_UP]}),
    Activity.WARM_START: (_BAR, {"facecolor": "#6E6E6E"}),
    Activity.FETCH: (_WAIT, {"facecolor": CAUSE_COLOURS[WaitCause.FETCH]}),
    Activity.UPLOAD: (_WAIT, {"facecolor": CAUSE_COLOURS[WaitCause.UPLOAD]}),
    Activity.DEPENDENCY: (_WAIT, {"facecolor": CAUSE_COLOURS[WaitCause.DEPENDENCY]}),
    Activity.CALL: (_WAIT, {"facecolor": CAUSE_COLOURS[WaitCause.INVOCATION]}),
    Activity.HOLD: (_WAIT, {"facecolor": HELD}),
    Activity.LOST: (
        _BAR,
        {"facecolor": "#FFFFFF", "edgecolor": CAUSE_COLOURS[WaitCause.RETRY], "hatch": "xxxx", "linewidth": 0.4},
    ),
    Activity.KEEP_ALIVE: (_LINE, {"facecolor": FAINT}),
}


def gantt(run: Run, ax: Axes | None = None, *, most_lanes: int = MOST_LANES, beside: Run | None = None) -> Axes:
    """Instances × time: starts, tasks by function, waits by cause, the causal critical path as a line.

    One lane an instance, in the order in which they were made; of more than ``most_lanes`` all on the critical path
    are shown and the others evenly thinned, with a word how many are left out. A lane is as high as a task that
    computes; waits are half as high, an instance kept alive is a line. Several tasks at once share the height.
    Functions have the colours that they have in the picture of the run ``beside``, if that is drawn the same way.
    """
    shown = chosen_instances(run, most_lanes)
    lanes = {serial: lane for lane, serial in enumerate(shown)}
    height_in = min(11.0, _LANE_IN * (len(lanes) + 1))
    with drawing(ax, _WIDTH_IN, height_in + _MARGINS_IN) as axes:
        entries = _activities(axes, [span for span in spans(run) if span.instance in lanes], lanes)
        functions = _tasks(axes, run, lanes, beside)
        path = _path(axes, run, lanes)
        _client(axes, run)
        _frame(axes, run, lanes)
        groups = {
            "computing": functions,
            "waiting": [entry for activity, entry in entries if activity in WHILE_RUNNING],
            "instance": [entry for activity, entry in entries if activity not in WHILE_RUNNING],
            "": path,
        }
        legend_in = legend(axes, groups)
        if ax is None and legend_in > height_in:
            _keep_lanes_flat(axes, height_in, legend_in)
        return axes


def _keep_lanes_flat(axes: Axes, height_in: float, legend_in: float) -> None:
    """Make room for a legend higher than the lanes without making the lanes higher."""
    figure_of(axes).set_size_inches(_WIDTH_IN, legend_in + _MARGINS_IN)
    axes.set_box_aspect(height_in / (_WIDTH_IN - _LEGEND_IN))
    axes.set_anchor("N")


def _boxes(axes: Axes, boxes: Sequence[Box], **style: Any) -> None:
    from matplotlib.collections import PolyCollection

    corners = [[(begin, bottom), (begin, top), (end, top), (end, bottom)] for begin, end, bottom, top in boxes]
    axes.add_collection(PolyCollection(corners, **({"linewidth": 0} | style)))


def _activities(
    axes: Axes, all_spans: Sequence[Span], lanes: dict[int, int]
) -> list[tuple[Activity, tuple[Artist, str]]]:
    """Everything but computing; its legend, in the order of the styles."""
    from matplotlib.patches import Patch

    entries: list[tuple[Activity, tuple[Artist, str]]] = []
    for activity, (half, style) in _STYLE.items():
        boxes = [
            (span.begin_s, span.end_s, lanes[span.instance] - half, lanes[span.instance] + half)
            for span in all_spans
            if span.activity is activity
        ]
        if boxes:
            _boxes(axes, boxes, **style)
            entries.append((activity, (Patch(**style), str(activity))))
    return entries


def _tasks(axes: Axes, run: Run, lanes: dict[int, int], beside: Run | None) -> list[tuple[Artist, str]]:
    """Executions, coloured by function; their legend."""
    from matplotlib.patches import Patch

    colours, shown = colours_of_functions(run, FUNCTION_COLOURS, OTHER, beside)
    boxes: dict[str, list[Box]] = {}
    for serial, lane in lanes.items():
        here = run.tasks.where(run.tasks["instance"] == serial)
        begins_s = here["start_s"].tolist()
        ends_s = here["end_s"].tolist()
        rows, n_rows = stacked(begins_s, ends_s)
        height = 2 * _BAR / max(1, n_rows)
        for begin_s, end_s, row, function in zip(begins_s, ends_s, rows, here["function"].tolist(), strict=True):
            bottom = lane - _BAR + row * height
            boxes.setdefault(colours[function], []).append((begin_s, end_s, bottom, bottom + height))
    edge = 0.3 if sum(map(len, boxes.values())) < 2000 else 0.0
    for colour, group in boxes.items():
        _boxes(axes, group, facecolor=colour, edgecolor="white", linewidth=edge)
    return [(Patch(facecolor=colour), name) for name, colour in shown.items()]


def _path(axes: Axes, run: Run, lanes: dict[int, int]) -> list[tuple[Artist, str]]:
    """The critical path as one line below the bars, from lane to lane; where the client calls, above the first."""
    from matplotlib.lines import Line2D

    segments = run.critical_path()
    if not segments:
        return []
    instance: list[int] = run.invocations["instance"].tolist()
    began_ns = submitted_ns(run)
    begins_s = [(segment.begin_ns - began_ns) / NS_PER_S for segment in segments]
    ends_s = [(segment.end_ns - began_ns) / NS_PER_S for segment in segments]
    heights = [
        _BELOW + (CLIENT_LANE if segment.invocation < 0 else lanes[instance[segment.invocation]])
        for segment in segments
    ]
    axes.hlines(heights, begins_s, ends_s, color=INK, linewidth=1.8, zorder=5)
    lows, highs = list(starmap(min, pairwise(heights))), list(starmap(max, pairwise(heights)))
    axes.vlines(begins_s[1:], lows, highs, color=INK, linewidth=0.7, zorder=5)
    return [(Line2D([], [], color=INK, linewidth=1.8), "critical path")]


def _client(axes: Axes, run: Run) -> None:
    """The client's calls, on a lane of their own."""
    operations, began_ns = run.operations, submitted_ns(run)
    calls = (operations["kind"] == Kind.INVOKE) & (operations["invocation"] < 0)
    begins_s, ends_s = ((operations[name][calls] - began_ns) / NS_PER_S for name in ("begin_ns", "end_ns"))
    bottom, top = CLIENT_LANE - _WAIT, CLIENT_LANE + _WAIT
    boxes = [(begin_s, end_s, bottom, top) for begin_s, end_s in zip(begins_s.tolist(), ends_s.tolist(), strict=True)]
    _boxes(axes, boxes, **_STYLE[Activity.CALL][1])


def _frame(axes: Axes, run: Run, lanes: dict[int, int]) -> None:
    """Limits, labels, and the lines of makespan and lower bound."""
    end_s = last_exit_s(run)
    axes.set_xlim(0, end_s * 1.01 or 1.0)
    axes.set_ylim(len(lanes) - 0.4, CLIENT_LANE - 0.6)
    axes.set_xlabel("seconds since the submission")
    axes.grid(axis="x")
    _lane_labels(axes, run, lanes)
    bound_s, makespan_s = run.lower_bound_s, run.makespan_s
    if makespan_s is not None:
        _upright(axes, makespan_s, "makespan", "right", "-")
    if bound_s is not None and bound_s <= end_s:
        is_near = makespan_s is not None and makespan_s - bound_s < 0.12 * end_s
        side = "right" if bound_s > 0.15 * end_s else "left"
        _upright(axes, bound_s, "lower bound", side, "--", 11 if is_near else 0)
    titled(axes, f"{run.workflow.name} · {run.plan.planner} · {run.platform.name}", _summary(run))


def _summary(run: Run) -> str:
    starts = f"{run.cold_starts} cold and {run.warm_starts} warm starts · {run.cost_usd:.6f} USD · seed {run.seed}"
    return starts if run.failure is None else shortened(f"failed: {run.failure}", _MOST_LETTERS) + f" · {starts}"


def _upright(axes: Axes, at_s: float, name: str, side: str, line: str, raised: int = 0) -> None:
    """A line at a time, named above the axes."""
    axes.axvline(at_s, color=INK, linewidth=0.8, linestyle=line, zorder=0.5)
    axes.annotate(
        f"{name} {at_s:.2f} s",
        (at_s, 1),
        (0, 3 + raised),
        ("data", "axes fraction"),
        "offset points",
        ha=side,
        fontsize=8,
        color=INK,
    )


def _lane_labels(axes: Axes, run: Run, lanes: dict[int, int]) -> None:
    """The instances' numbers, with their sizes where these differ; of many lanes every tenth or so."""
    sizes_mb = dict(zip(run.instances["instance"].tolist(), run.instances["memory_mb"].tolist(), strict=True))
    differ = len({sizes_mb[serial] for serial in lanes}) > 1
    every = 1 if len(lanes) <= 45 else 5 if len(lanes) <= 100 else 10
    labelled = [(serial, lane) for serial, lane in lanes.items() if lane % every == 0 and (lane or every == 1)]
    names = [f"{serial} · {sizes_mb[serial]} MB" if differ else str(serial) for serial, _ in labelled]
    axes.set_yticks([CLIENT_LANE, *(lane for _, lane in labelled)], ["client", *names], fontsize=8)
    axes.tick_params(axis="y", length=0)
    n_all = run.instances.n_rows
    axes.set_ylabel("instance" if len(lanes) == n_all else f"instance ({len(lanes)} of {n_all} shown)")
