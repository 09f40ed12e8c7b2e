"""Two runs above each other, on one time axis: what a change of plan does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from executor.records.run import Run
from faascast.plots.gantt import gantt
from faascast.plots.style import INK, styled
from faascast.timeline.activities import last_exit_s

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH_IN, _LANE_IN, _MARGINS_IN = 11.0, 0.27, 1.6
_LEAST_IN = 2.2
"""The legend beside each takes so much."""


def beside(runs: tuple[Run, Run], names: tuple[str, str]) -> Axes:
    """The Gantt charts of two runs, the first above, functions in one colour; returns the axes of the first."""
    from matplotlib import pyplot as plt

    heights = [max(_LEAST_IN, _LANE_IN * (run.instances.n_rows + 1)) + _MARGINS_IN for run in runs]
    end_s = max(map(last_exit_s, runs))
    with styled():
        figure, drawn = plt.subplots(
            2, 1, figsize=(_WIDTH_IN, sum(heights)), dpi=120, layout="constrained", height_ratios=heights
        )
        for axes, run, other, name in zip(drawn, runs, reversed(runs), names, strict=True):
            gantt(run, axes, beside=other)
            axes.set_xlim(0, end_s * 1.01)
            axes.set_title(name, pad=34, color=INK)
    figure.align_ylabels()
    return drawn[0]  # type: ignore[no-any-return]
