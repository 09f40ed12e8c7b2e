"""What is loaded when a worker starts cold, and when somebody asks for help."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.architecture.project import Project
from tests.support import ROOT

PROBE = """
import sys, time
before = set(sys.modules)
began_s = time.perf_counter()
{action}
took_s = time.perf_counter() - began_s
print(took_s, *sorted(set(sys.modules) - before))
"""
HELP = """
sys.argv = ["faascast", "--help"]
from contextlib import redirect_stdout
from io import StringIO
from faascast.__main__ import main
said = StringIO()
try:
    with redirect_stdout(said):
        main()
except SystemExit as exit:
    assert not exit.code, exit.code
assert "compare" in said.getvalue(), said.getvalue()
"""
SLOW = {"numpy", "simpy", "matplotlib", "pandas", "scipy", "networkx", "pydantic", "pyarrow", "wfcommons"}


def loaded_by(action: str) -> tuple[float, set[str]]:
    """Seconds taken and modules loaded by some lines of Python in a fresh interpreter."""
    probe = [sys.executable, "-c", PROBE.format(action=action)]
    done = subprocess.run(probe, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    took_s, *modules = done.stdout.split()
    return float(took_s), set(modules)


def heavy(modules: set[str]) -> list[str]:
    """Modules neither of the standard library nor of the worker, and not loaded by msgspec alone."""
    own = {name for name in modules if name.partition(".")[0] in sys.stdlib_module_names or of_worker(name)}
    return sorted(modules - own - loaded_by("import msgspec, msgspec.json")[1])


def of_worker(name: str) -> bool:
    """Whether this is the worker's package, a module in it, or the package above it."""
    return name == "executor" or f"{name}.".startswith("executor.worker.")


def test_a_worker_loads_msgspec_and_itself(record_property: Callable[[str, object], None]) -> None:
    worker = [name for name in Project.of_checkout().modules if of_worker(name)]
    took_s, modules = loaded_by(f"import {', '.join(worker)}")
    assert set(worker) <= modules
    assert heavy(modules) == []
    record_property("measured", f"import executor.worker: {took_s * 1e3:.0f} ms, {len(modules)} modules")


def test_help_loads_nothing_slow(record_property: Callable[[str, object], None]) -> None:
    took_s, modules = loaded_by(HELP)
    assert {name.partition(".")[0] for name in modules} & SLOW == set()
    record_property("measured", f"faascast --help: {took_s * 1e3:.0f} ms, {len(modules)} modules")


@pytest.mark.parametrize(
    "action", ["import numpy", "import json, pydantic", "import executor.worker, tests.support"]
)
def test_a_heavy_module_is_seen(action: str) -> None:
    assert heavy(loaded_by(action)[1])
