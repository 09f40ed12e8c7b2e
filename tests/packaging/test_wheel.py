"""The wheel is complete: built from our files alone, installed elsewhere, used from another folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support import ROOMS, ROOT, project_files


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; it must succeed. Nothing of this checkout or environment helps it."""
    done = subprocess.run(command, cwd=cwd, env={"HOME": str(cwd)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: nothing lying around in the checkout slips in, no build folder stays."""
    source, output = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for path in project_files():
        copy = source / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", output, cwd=source)
    [built] = output.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a clean environment that holds the wheel and borrows the dependencies of ours."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    programs = home / "bin"
    pip = [sys.executable, "-m", "pip", "--no-cache-dir", "--disable-pip-version-check"]
    run(*pip, "--python", programs / "python", "install", "--no-deps", "--no-index", wheel, cwd=home)
    # A folder named in a .pth file is searched, but the .pth files in it are not read: the editable install
    # of this checkout stays out.
    packages = sysconfig.get_path("purelib", "venv", {"base": str(home)})
    (Path(packages) / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return programs


@pytest.fixture
def python(installed: Path) -> Path:
    return installed / "python"


def test_the_wheel_holds_every_file_of_every_room(wheel: Path) -> None:
    """Modules, presets, type markers: what is in the rooms is in the wheel, and nothing else is."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    ours = {path.relative_to(ROOT).as_posix() for path in project_files()}
    in_rooms = {name for name in ours if name.partition("/")[0] in ROOMS}
    assert packed == in_rooms
    assert {f"{room}/py.typed" for room in ROOMS} <= packed
    assert any(name.startswith("platforms/") and name.endswith(".toml") for name in packed)


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA")]
        licenses = [name for name in archive.namelist() if name.endswith("/licenses/LICENSE")]
    assert "License-Expression: Apache-2.0" in metadata
    assert "Requires-Python: >=3.11" in metadata
    assert len(licenses) == 1


def test_every_room_is_imported_from_the_wheel(python: Path, tmp_path: Path) -> None:
    places = run(
        python,
        "-c",
        f"import {', '.join(ROOMS)}\nfor room in ({', '.join(ROOMS)}): print(room.__path__[0])",
        cwd=tmp_path,
    ).splitlines()
    assert len(places) == len(ROOMS)
    assert all(Path(place).is_relative_to(python.parent.parent) for place in places), places


def test_presets_and_planners_are_found(python: Path, tmp_path: Path) -> None:
    """Data files are read from the package, planners by the entry points of the installed distribution."""
    script = """
from platforms import load_platform, presets
from planners.registry import make_planner, planner_names
for name in presets(): load_platform(name)
for name in planner_names(): make_planner(name)
print(len(presets()), *planner_names())
"""
    n_presets, *planners = run(python, "-c", script, cwd=tmp_path).split()
    assert int(n_presets) >= 5
    assert {"one-per-task", "all-on-one", "wukong", "uniform", "heft"} <= set(planners)


def test_the_program_says_hello(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "faascast", "hello", cwd=tmp_path).strip()
    assert "compare" in run(installed / "faascast", "--help", cwd=tmp_path)
