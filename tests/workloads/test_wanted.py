"""Results that tasks read as well."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from executor.view import make_view
from planners.all_on_one import AllOnOne
from platforms import load_platform
from sim import simulate
from sim.evaluator import SimulatedEvaluator
from workloads import InvalidInput, Workflow, WorkflowBuilder, from_networkx, load_workflow, to_networkx, write_workflow


def pair(wanted: Iterable[str] = ()) -> Workflow:
    """A chain: given, first, middle, second, last."""
    builder = WorkflowBuilder("pair")
    for name in ("given", "middle", "last"):
        builder.add_object(name, 1000)
    builder.add_task("first", inputs=["given"], outputs=["middle"], cpu_s=1)
    builder.add_task("second", inputs=["middle"], outputs=["last"], cpu_s=1)
    for name in wanted:
        builder.want(name)
    return builder.build()


def test_what_is_wanted_is_a_result_though_it_is_read() -> None:
    assert pair().is_result.tolist() == [False, False, True]
    assert pair(["middle"]).is_result.tolist() == [False, True, True]
    assert pair(["last"]).is_result.tolist() == pair().is_result.tolist()


def test_it_is_part_of_what_a_run_depends_on() -> None:
    assert pair(["middle"]) != pair()
    assert pair(["middle", "middle"]) == pair(["middle"])
    assert pair(["last", "middle"]) == pair(["middle", "last"])


@pytest.mark.parametrize("name", ["given", "nowhere"])
def test_only_what_a_task_makes_can_be_wanted(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"workflow 'pair': wanted is '{name}'; expected a data object that a task"):
        pair([name])


def test_files_and_graphs_keep_it(tmp_path: Path) -> None:
    write_workflow(pair(["middle"]), tmp_path / "pair.json")
    assert load_workflow(str(tmp_path / "pair.json")) == pair(["middle"])
    assert from_networkx(to_networkx(pair(["middle"]))) == pair(["middle"])


def test_the_one_worker_uploads_it_and_the_client_awaits_both() -> None:
    platform = load_platform("ideal")
    uploaded = {}
    for workflow in (pair(), pair(["middle"])):
        plan = AllOnOne().plan(workflow, platform, SimulatedEvaluator(workflow, platform, 1))
        view = make_view(workflow, plan, platform)
        uploaded[workflow.wanted] = (view.uploads, view.goals, simulate(workflow, plan, platform, seed=1).status)
    assert uploaded[()] == (((), (2,)), (1,), "complete")
    assert uploaded[1,] == (((1,), (2,)), (0, 1), "complete")
