"""The worker stays light: it is a real worker's cold start."""

from __future__ import annotations

import pytest

from tests.architecture.project import Project
from tests.architecture.worker import LIGHT, belongs, heavy_imports
from tests.support import fail_with


def test_the_worker_of_the_house_is_light() -> None:
    project = Project.of_checkout()
    for part in LIGHT:
        assert any(module.name != part and belongs(module.name, (part,)) for module in project)
    fail_with(heavy_imports(project))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("executor/worker/machine.py", "import numpy as np"),
        ("executor/worker/machine.py", "def late():\n    import pandas"),
        ("executor/worker/__init__.py", "from workloads import Workflow"),
        ("executor/worker/parts/ledger.py", "from executor.records import Run"),
        ("executor/worker/view.py", "from ..records import Run"),
        ("executor/__init__.py", "import pydantic"),
        ("executor/store/redis.py", "import redis"),
        ("executor/store/files.py", "from executor.records import Run"),
        ("executor/store/files.py", "def late():\n    import cloudpickle"),
        ("executor/instance/bundle.py", "import cloudpickle"),
        ("executor/instance/driver.py", "from executor.records import Run"),
    ],
)
def test_a_heavy_import_is_seen(path: str, source: str) -> None:
    project = Project.of({path: source, "executor/records.py": ""})
    [complaint] = heavy_imports(project)
    assert complaint.startswith(f"{path}:{len(source.splitlines())}: ")


def test_a_heavy_import_is_seen_through_a_parent_package() -> None:
    project = {
        "executor/__init__.py": "from executor.records import Run",
        "executor/records.py": "import numpy",
        "executor/worker/machine.py": "import msgspec",
    }
    complaints = heavy_imports(Project.of(project))
    assert [complaint.partition(":")[0] for complaint in complaints] == [
        "executor/__init__.py",
        "executor/records.py",
    ]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("executor/worker/machine.py", "from executor.store.store import Store"),
        ("executor/store/store.py", "from executor.instance.brief import Brief"),
    ],
)
def test_machines_know_no_store_and_stores_no_instance(path: str, source: str) -> None:
    others = {"executor/store/store.py": "", "executor/instance/brief.py": "from executor.store.store import Store"}
    [complaint] = heavy_imports(Project.of({**others, path: source}))
    assert complaint.startswith(f"{path}:1: ")


def test_an_instance_may_load_what_a_task_needs_late() -> None:
    source = "def unpack():\n    import cloudpickle"
    assert heavy_imports(Project.of({"executor/instance/bundle.py": source})) == []


def test_types_cost_nothing() -> None:
    source = "import msgspec, heapq\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import workloads"
    assert heavy_imports(Project.of({"executor/worker/machine.py": source})) == []


def test_the_other_branch_of_type_checking_runs() -> None:
    source = "import typing\nif typing.TYPE_CHECKING:\n    pass\nelse:\n    import workloads"
    assert len(heavy_imports(Project.of({"executor/worker/machine.py": source}))) == 1
