"""Two runs above each other share their time axis, and say which is which."""

from __future__ import annotations

from pathlib import Path

from faascast.plots import beside, save
from faascast.plots.style import figure_of
from sim import simulate
from tests.optimizations.test_preload import meeting, preloading
from tests.planners.examples import round_platform
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
