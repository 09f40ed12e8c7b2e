"""How many instances there are at every moment, and what they do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from executor.records.critical_path import WaitCause
from executor.records.run import Run
from faascast.plots.style import CAUSE_COLOURS, FAINT, HELD, INK, QUIET, drawing, legend, titled
from faascast.timeline.activities import NS_PER_S, Activity, last_exit_s, spans
from faascast.timeline.counts import counts_over_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STATES: Mapping[str, tuple[Activity, ...]] = MappingProxyType(
    {
        "computing": (Activity.COMPUTING,),
        "fetch, upload, requests": (Activity.FETCH, Activity.UPLOAD, Activity.DEPENDENCY, Activity.CALL),
        "held for others": (Activity.HOLD, Activity.LOST),
        "starting": (Activity.PROVISIONING, Activity.INIT, Activity.WARM_START),
        "idle, kept alive": (Activity.KEEP_ALIVE,),
    }
)
"""What is drawn, from the axis upwards."""

_COLOURS = (CAUSE_COLOURS[WaitCause.CPU], CAUSE_COLOURS[WaitCause.CPU_SHARE], HELD, "#FFFFFF", FAINT)


def states_over_time(run: Run) -> tuple[NDArray[np.float64], dict[str, NDArray[np.int64]]]:
    """The moments at which something changes, in seconds, and per state how many instances are in it from then on."""
    state_of = {activity: state for state, activities in STATES.items() for activity in activities}
    found: dict[str, list[tuple[int, int]]] = {state: [(0, 0)] for state in STATES}
    for span in spans(run):
        found[state_of[span.activity]].append((span.begin_ns, span.end_ns))
    intervals = {state: np.array(each, dtype=np.int64).T for state, each in found.items()}
    times_ns, counts = counts_over_time({state: (begins, ends, 1) for state, (begins, ends) in intervals.items()})
    if not times_ns.size or times_ns[0] > 0:
        times_ns = np.concatenate([[0], times_ns])
        counts = {state: np.concatenate([[0], count]) for state, count in counts.items()}
    return times_ns / NS_PER_S, counts


def instances_over_time(run: Run, ax: Axes | None = None) -> Axes:
    """Instances over time, stacked by what they do."""
    from matplotlib.ticker import MaxNLocator

    times_s, counts = states_over_time(run)
    with drawing(ax, 9.0, 3.6) as axes:
        areas = axes.stackplot(times_s, *counts.values(), colors=_COLOURS, step="post", linewidth=0)
        starting = areas[list(STATES).index("starting")]
        starting.set(hatch="//////", edgecolor=QUIET)
        axes.set_xlim(0, last_exit_s(run) or 1.0)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("seconds since the submission")
        axes.set_ylabel("instances")
        axes.spines[["left", "bottom"]].set_zorder(3)
        if run.makespan_s is not None:
            axes.axvline(run.makespan_s, color=INK, linewidth=0.8)
        present = [(area, state) for area, state in zip(areas, STATES, strict=True) if counts[state].any()]
        legend(axes, {"": list(reversed(present))})
        peak = int(sum(counts.values()).max(initial=0))  # type: ignore[union-attr]
        titled(
            axes, f"{run.workflow.name} · {run.plan.planner} · {run.platform.name}", f"at most {peak} instances at once"
        )
        return axes
