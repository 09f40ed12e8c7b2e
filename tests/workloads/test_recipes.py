"""Recipes of the wfcommons package: same seed, same bytes, and no trace left behind."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import ROOT
from workloads import InvalidInput, check_workflow, load_workflow
from workloads.generators import RECIPES, Recipe

needs_package = pytest.mark.skipif(
    find_spec("wfcommons") is None, reason="the package wfcommons is not installed: the extra 'recipes'"
)

PRINT = "from workloads import load_workflow; print(*(load_workflow(spec).fingerprint for spec in {specs}))"


def recorded_by(recipe: str) -> dict[str, Any]:
    """What the package knows of each kind of task: ranges of run times and of sizes by kind of file."""
    spec = find_spec("wfcommons")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    [package] = spec.submodule_search_locations
    recorded: dict[str, Any] = json.loads(
        (Path(package) / "wfchef" / "recipes" / recipe / "task_type_stats.json").read_text()
    )
    return recorded


@needs_package
def test_the_same_seed_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    """Rnaseq's recipe grows in the order of a set, so it shows what the hash seed would do."""
    here = tmp_path / "here"
    here.mkdir()
    specs = ("wfcommons:montage,tasks=100,seed=1", "wfcommons:rnaseq,tasks=150", "wfcommons:genome,tasks=100")
    printed = {
        subprocess.run(
            [sys.executable, "-c", PRINT.format(specs=specs)],
            cwd=here,
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "1", "2")
    }
    assert printed == {" ".join(load_workflow(spec).fingerprint for spec in specs) + "\n"}
    assert list(here.iterdir()) == []


@needs_package
def test_generators_and_warnings_of_the_process_are_left_alone() -> None:
    """Some of the package's imports add filters of their own; the package itself silences everything."""
    load_workflow("wfcommons:montage,tasks=100")
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002 (it is the global one that must not change)
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002
    filters = list(warnings.filters)
    load_workflow("wfcommons:montage,tasks=110")
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002
    assert warnings.filters == filters


@needs_package
@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_makes_a_workflow_within_what_was_recorded(recipe: str) -> None:
    workflow = load_workflow(f"wfcommons:{recipe},tasks=350,seed=3")
    assert 300 <= workflow.n_tasks <= 350
    assert workflow.name == f"wfcommons:{recipe},tasks=350,seed=3"
    assert workflow != load_workflow(f"wfcommons:{recipe},tasks=350,seed=4")
    recorded = recorded_by(recipe)
    for task in workflow.tasks():
        runtime = recorded[task.function]["runtime"]
        assert runtime["min"] <= workflow.cpu_s[task.index] <= runtime["max"]
        for name in task.outputs:
            size = recorded[task.function]["output"][name.removeprefix(f"{task.name}.output")]
            assert size["min"] <= workflow.data_object(name).bytes <= size["max"]
    assert (workflow.n_edges == 0) == (recipe == "rnaseq")
    assert all("moved into the range recorded" in told for told in workflow.assumptions)


@needs_package
def test_montage_has_the_shape_of_montage() -> None:
    workflow = load_workflow("wfcommons:montage,tasks=300")
    assert set(workflow.functions) == {
        *("mProject", "mDiffFit", "mConcatFit", "mBgModel", "mBackground", "mImgtbl", "mAdd", "mViewer")
    }
    for task in workflow.tasks():
        if task.function == "mDiffFit":
            assert {workflow.task(parent).function for parent in task.parents} == {"mProject"}
    for each in workflow.data_objects():
        assert each.name.startswith(each.producer or each.consumers[0])


@needs_package
def test_factors_scale_times_and_sizes() -> None:
    plain, scaled = (load_workflow(f"wfcommons:montage,tasks=100{f}") for f in ("", ",time_factor=.5,size_factor=3"))
    assert scaled.cpu_s == pytest.approx(plain.cpu_s / 2)
    assert (scaled.object_bytes == 3 * plain.object_bytes).all()
    assert scaled.parents == plain.parents


@needs_package
def test_too_few_tasks_are_refused_with_the_reason() -> None:
    [fault] = check_workflow("wfcommons:montage,tasks=20")
    assert (fault.field, fault.value) == ("tasks", 20)
    assert "60 nodes" in fault.expected


def test_an_unknown_recipe_is_refused_with_those_there_are() -> None:
    [fault] = check_workflow("wfcommons:nonesuch")
    assert (fault.field, fault.value) == ("recipe", "nonesuch")
    assert "montage" in fault.expected


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wfcommons", None)
    monkeypatch.setitem(sys.modules, "wfcommons.wfchef", None)
    monkeypatch.setitem(sys.modules, "wfcommons.wfchef.recipes", None)
    with pytest.raises(InvalidInput, match="the extra 'recipes'"):
        Recipe(recipe="montage").workflow()
