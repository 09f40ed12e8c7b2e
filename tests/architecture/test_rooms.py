"""The import graph of the house: no arrow backward, no circle, nothing hidden, libraries in their rooms."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.architecture.project import Project
from tests.architecture.rooms import MAY_IMPORT, backward_arrows, circles, hidden_imports, misplaced_libraries
from tests.support import ROOMS, ROOT, fail_with

REQUIRED = {"numpy", "simpy"}
OPTIONAL = {"wfcommons", "pymoo"}


def declared() -> tuple[set[str], set[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = (project["optional-dependencies"][name] for name in ("recipes", "search"))
    names = [
        {re.split(r"[<>=~!\[; ]", requirement)[0] for requirement in requirements}
        for requirements in (project["dependencies"], *extras)
    ]
    return names[0], names[1] | names[2]


def test_the_rooms_of_the_house_import_only_rooms_above_them() -> None:
    fail_with(backward_arrows(Project.of_checkout()))


def test_the_house_has_no_circle() -> None:
    fail_with(circles(Project.of_checkout()))


def test_the_house_hides_no_import() -> None:
    fail_with(hidden_imports(Project.of_checkout()))


def test_the_libraries_of_the_house_are_declared_and_in_their_rooms() -> None:
    fail_with(misplaced_libraries(Project.of_checkout(), *declared()))


def test_the_checkers_see_the_house() -> None:
    """An empty project has no faults either."""
    rooms = {module.room for module in Project.of_checkout()}
    assert {"workloads", "platforms", "planners", "executor", "sim", "faascast"} <= rooms
    assert set(MAY_IMPORT) == set(ROOMS)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("planners/heft.py", "import sim"),
        ("planners/heft.py", "from sim import simulate"),
        ("planners/heft.py", "from optimizations.prewarm import Prewarm"),
        ("planners/heft.py", "def plan():\n    from sim.driver import simulate"),
        ("planners/heft.py", "import importlib\nsim = importlib.import_module('sim')"),
        ("planners/heft.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sim import Run"),
        ("platforms/platform.py", "import workloads"),
        ("workloads/workflow.py", "import numpy as np, platforms.presets"),
        ("executor/worker/machine.py", "from sim.clock import Clock"),
        ("sim/driver.py", "from faascast import metrics"),
        ("sim/driver.py", "from executor.local import platform"),
        ("optimizations/prewarm.py", "import executor.records.real.rows"),
        ("executor/records.py", "from tests.support import ROOT"),
    ],
)
def test_a_backward_arrow_is_seen(path: str, source: str) -> None:
    [complaint] = backward_arrows(Project.of({path: source}))
    assert complaint.startswith(f"{path}:{len(source.splitlines())}: imports ")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (
            "planners/heft.py",
            "import workloads\nfrom platforms import Platform\nfrom planners.plan import Plan",
        ),
        ("planners/heft.py", "from . import plan\nfrom .classic import ranks"),
        ("faascast/compare.py", "from sim import simulate\nfrom optimizations import prewarm"),
        ("sim/driver.py", "import simulation_helpers\nimport executor.worker.machine"),
    ],
)
def test_a_forward_arrow_is_not_a_fault(path: str, source: str) -> None:
    assert backward_arrows(Project.of({path: source})) == []


@pytest.mark.parametrize(
    "late",
    [
        "from planners import plan",
        "from planners.plan import Plan",
        "from . import plan",
        "from .plan import Plan",
        "def late():\n    import planners.plan",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from planners.plan import Plan",
        "from planners import Plan",
    ],
)
def test_a_circle_is_seen_however_it_is_closed(late: str) -> None:
    project = {
        "planners/__init__.py": "from planners.plan import Plan",
        "planners/plan.py": "from planners import heft",
        "planners/heft.py": late,
    }
    complaints = circles(Project.of(project | {"planners/uniform.py": "import planners.heft"}))
    paths = {complaint.partition(":")[0] for complaint in complaints}
    assert {"planners/heft.py", "planners/plan.py"} <= paths
    assert "planners/uniform.py" not in paths


def test_a_package_that_gathers_its_modules_is_not_a_circle() -> None:
    project = {
        "planners/__init__.py": "from planners.heft import Heft\nfrom planners.plan import Plan",
        "planners/plan.py": "import msgspec",
        "planners/heft.py": "from planners.plan import Plan",
    }
    assert circles(Project.of(project)) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("sim/pool.py", "def start():\n    from sim.clock import Clock"),
        ("sim/pool.py", "class Pool:\n    async def start(self):\n        import executor.records"),
        ("sim/pool.py", "start = lambda: __import__('sim.clock')"),
        ("sim/pool.py", "def start():\n    import numpy"),
        ("faascast/compare.py", "def compare():\n    import numpy"),
        ("sim/pool.py", "from importlib import import_module\ndef start(name):\n    import_module(name)"),
        ("planners/registry.py", "import importlib\ndef f(n):\n    importlib.import_module(f'planners.{n}')"),
    ],
)
def test_a_hidden_import_is_seen(path: str, source: str) -> None:
    [complaint] = hidden_imports(Project.of({path: source}))
    assert complaint.startswith(f"{path}:{len(source.splitlines())}: ")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("sim/pool.py", "def start():\n    import scipy.stats\n    import json"),
        ("sim/pool.py", "try:\n    import tomllib\nexcept ImportError:\n    raise"),
        ("faascast/__main__.py", "def compare():\n    from faascast.compare import compare\n    import sim"),
    ],
)
def test_an_import_may_wait_for_a_reason(path: str, source: str) -> None:
    assert hidden_imports(Project.of({path: source})) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("executor/worker/machine.py", "import simpy"),
        ("faascast/compare.py", "from simpy.core import Environment"),
        ("sim/pool.py", "import tomlkit"),
        ("sim/pool.py", "from pydantic_core import PydanticCustomError"),
        ("workloads/recipes.py", "import wfcommons"),
    ],
)
def test_a_misplaced_library_is_seen(path: str, source: str) -> None:
    [complaint] = misplaced_libraries(Project.of({path: source}), REQUIRED, OPTIONAL)
    assert complaint.startswith(f"{path}:1: imports ")


def test_libraries_in_their_rooms_are_not_faults() -> None:
    project = {
        "sim/driver.py": "import simpy\nimport heapq\nfrom numpy.typing import NDArray",
        "workloads/recipes.py": "def recipe():\n    from wfcommons import wfchef",
    }
    assert misplaced_libraries(Project.of(project), REQUIRED, OPTIONAL) == []
