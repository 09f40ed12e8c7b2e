"""Two runs above each other share their time axis and colours, and say which is which."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.legend import Legend

from faascast.plots import beside, save
from faascast.plots.lanes import colours_of_functions
from faascast.plots.style import FUNCTION_COLOURS, OTHER, figure_of
from sim import simulate
from tests.optimizations.test_preload import meeting, preloading
from tests.planners.examples import roots, round_platform
from tests.sim.small import plan_of


def test_one_time_axis_for_both(tmp_path: Path) -> None:
    workflow, platform = meeting(), round_platform()
    plan = plan_of(workflow, (0, 1, 1))
    slow, quick = (simulate(workflow, each, platform, seed=1) for each in (plan, preloading(plan, 2)))
    axes = beside((slow, quick), ("without", "with"))
    above, below = figure_of(axes).axes
    assert [each.get_title("left") for each in (above, below)] == ["without", "with"]
    assert above.get_xlim() == below.get_xlim()
    assert above.get_xlim()[1] >= (slow.makespan_s or 0.0)
    save(axes, tmp_path / "first.png")
    save(beside((slow, quick), ("without", "with")), tmp_path / "second.png")
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()


def test_a_function_has_one_colour_in_both() -> None:
    """Alone each would have them in the order of what its own tasks take: a, b and b, a."""
    platform = round_platform()
    workflow = roots(3.0, 2.0)
    plan = plan_of(workflow, (0, 1))
    runs = [
        simulate(workflow, plan, platform, seed=1),
        simulate(roots(1.0, 2.5), plan_of(roots(1.0, 2.5), (0, 1)), platform, seed=1),
    ]
    alone = [colours_of_functions(run, FUNCTION_COLOURS, OTHER) for run in runs]
    assert alone[0] != alone[1]
    together = [
        colours_of_functions(run, FUNCTION_COLOURS, OTHER, other) for run, other in zip(runs, runs[::-1], strict=True)
    ]
    assert together[0] == together[1]
    figure = figure_of(beside((runs[0], runs[1]), ("without", "with")))
    above, below = (entries(axes) for axes in figure.axes)
    assert above == below == {"t0": to_hex(together[0][0]["t0"]), "t1": to_hex(together[0][0]["t1"])}


def entries(axes: Axes) -> dict[str, str]:
    """Per function its colour in the legend of what computes."""
    computing = next(legend for legend in axes.findobj(Legend) if legend.get_title().get_text() == "computing")
    patches = zip(computing.get_texts(), computing.get_patches(), strict=True)
    return {text.get_text(): to_hex(patch.get_facecolor()) for text, patch in patches}
