"""Style: colours that colour-blind people can tell apart, quiet axes, a legend beside the picture.

Functions take Paul Tol's *muted* colours, waits his *vibrant* ones, starts and idling greys; so what an instance
does for a task, what it waits for, and what the platform does differ in kind as well as in hue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from executor.records.critical_path import WaitCause

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#222222"
ALARM = "#CC3311"
QUIET = "#8A8A8A"
FAINT = "#E4E4E4"
HELD = "#D2D2D2"
OTHER = "#D8D2C4"
"""Functions beyond those that have a colour."""

FUNCTION_COLOURS = (
    "#88CCEE",
    "#CC6677",
    "#117733",
    "#DDCC77",
    "#332288",
    "#AA4499",
    "#44AA99",
    "#999933",
    "#882255",
)
CAUSE_COLOURS: Mapping[WaitCause, str] = MappingProxyType(
    {
        WaitCause.INVOCATION: "#EE3377",
        WaitCause.CONCURRENCY: "#E8C400",
        WaitCause.SIZE_CONCURRENCY: "#443821",
        WaitCause.RAMP: "#F8F0A0",
        WaitCause.START_UP: "#B5B5B5",
        WaitCause.FETCH: "#0077BB",
        WaitCause.CPU: "#2E3B4E",
        WaitCause.CPU_SHARE: "#7D93B5",
        WaitCause.UPLOAD: "#EE7733",
        WaitCause.NETWORK_SHARE: "#99DDFF",
        WaitCause.DEPENDENCY: "#009988",
        WaitCause.OVERHEAD: "#963CF0",
        WaitCause.THROTTLE: "#AA2200",
        WaitCause.RETRY: "#000000",
    }
)

_BETWEEN_LEGENDS_IN = 0.08
_SETTINGS: Any = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.color": QUIET,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 1.4,
    "legend.handleheight": 0.9,
    "legend.borderaxespad": 0,
    "legend.labelspacing": 0.35,
}


@contextmanager
def styled() -> Iterator[None]:
    """What is drawn inside has this style."""
    import matplotlib as mpl  # a third of a second, and no picture is wanted in most runs

    with mpl.rc_context(_SETTINGS):
        yield


@contextmanager
def drawing(axes: Axes | None, width_in: float, height_in: float) -> Iterator[Axes]:
    """The axes to draw in, in this style: those given, or new ones in a figure of this size."""
    with styled():
        if axes is None:
            from matplotlib import pyplot as plt

            _, axes = plt.subplots(figsize=(width_in, height_in), dpi=120, layout="constrained")
        yield axes


def figure_of(axes: Axes) -> Figure:
    """The whole figure that the axes are part of."""
    from matplotlib.figure import Figure

    figure = axes.figure
    while not isinstance(figure, Figure):
        figure = figure.figure
    return figure


def save(axes: Axes, path: Path | str) -> None:
    """Write the figure that the axes are part of to a file, kind by its ending, and close it."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    figure = figure_of(axes)
    # No date: the same run gives the same bytes.
    metadata = {"Date": None} if Path(path).suffix in (".svg", ".svgz") else None
    with mpl.rc_context({"svg.hashsalt": "faascast"}):
        figure.savefig(path, metadata=metadata)
    plt.close(figure)


def legend(axes: Axes, groups: Mapping[str, Sequence[tuple[Artist, str]]]) -> float:
    """Legends at the right of the axes, one below the other, each with its name; how high they are, in inches."""
    from matplotlib.transforms import ScaledTranslation

    figure = figure_of(axes)
    height_in = 0.0
    for name, entries in groups.items():
        if not entries:
            continue
        below = axes.transAxes + ScaledTranslation(0.12, -height_in, figure.dpi_scale_trans)
        drawn = axes.legend(
            [handle for handle, _ in entries],
            [label for _, label in entries],
            title=name or None,
            alignment="left",
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            bbox_transform=below,
            title_fontproperties={"weight": "bold", "size": 8.5},
        )
        axes.add_artist(drawn).set_clip_on(False)  # beside the axes, not in them
        axes.legend_ = None  # else the last one is drawn twice
        height_in += drawn.get_window_extent().height / figure.dpi + _BETWEEN_LEGENDS_IN
    return height_in


def titled(axes: Axes, title: str, subtitle: str = "") -> None:
    """A title and below it, smaller, what else to know."""
    axes.set_title(title, pad=34 if subtitle else 10, color=INK)
    if subtitle:
        axes.annotate(subtitle, (0, 1), (0, 22), "axes fraction", "offset points", fontsize=8.5, color=QUIET)
