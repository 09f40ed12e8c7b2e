"""What is loaded when a worker starts cold, and when somebody asks for help."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from executor.store.opening import destroy
from tests.architecture.project import Project
from tests.architecture.worker import LIGHT, belongs
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


def heavy(modules: set[str], *parts: str) -> list[str]:
    """Modules neither of the standard library nor of these parts, and not loaded by msgspec alone."""
    own = {name for name in modules if name.partition(".")[0] in sys.stdlib_module_names or belongs(name, parts)}
    return sorted(modules - own - loaded_by("import msgspec, msgspec.json")[1])


@pytest.mark.parametrize("part", LIGHT)
def test_a_cold_start_loads_msgspec_and_what_is_made_for_it(
    part: str, record_property: Callable[[str, object], None]
) -> None:
    names = [name for name in Project.of_checkout().modules if belongs(name, (part,)) and "__main__" not in name]
    took_s, modules = loaded_by(f"import {', '.join(names)}")
    assert set(names) <= modules
    assert heavy(modules, part, *LIGHT[part]) == []
    record_property("measured", f"import {part}: {took_s * 1e3:.0f} ms, {len(modules)} modules")


# Each of these is a millisecond or more, and only one kind of store needs it, or who ends a run.
OF_FILES = {"sqlite3"}
OF_SERVERS = {"hashlib", "hmac", "urllib.parse"}
OF_NOBODY = {"tempfile", "shutil", "subprocess", "asyncio", "concurrent.futures", "ssl", "encodings.idna", "logging"}
OPENING = "from executor.store.opening import open_store"


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        (OPENING, set()),
        (f"{OPENING}\nopen_store('files:{{folder}}/runs', 'run', bytes(32)).log.append(b'', 0)", OF_FILES),
        (
            f"{OPENING}\ntry: open_store('redis://127.0.0.1:1', 'run', bytes(32))\nexcept Exception: pass",
            OF_SERVERS,
        ),
    ],
    ids=["nothing", "files", "redis"],
)
def test_a_store_loads_what_its_kind_needs(action: str, allowed: set[str], tmp_path: Path) -> None:
    _, modules = loaded_by(action.format(folder=tmp_path))
    destroy(f"files:{tmp_path}/runs", "run")
    assert modules & (OF_FILES | OF_SERVERS | OF_NOBODY) <= allowed


def test_help_loads_nothing_slow(record_property: Callable[[str, object], None]) -> None:
    took_s, modules = loaded_by(HELP)
    assert {name.partition(".")[0] for name in modules} & SLOW == set()
    record_property("measured", f"faascast --help: {took_s * 1e3:.0f} ms, {len(modules)} modules")


@pytest.mark.parametrize("action", ["import numpy", "import json, pydantic", "import executor.worker, tests.support"])
def test_a_heavy_module_is_seen(action: str) -> None:
    assert heavy(loaded_by(action)[1], "executor.worker")
