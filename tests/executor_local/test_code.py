"""The user's code as instances find it: as it stands when a run begins, and where the user's process finds it."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from executor.local.deployment import Code, Deployments
from tests.executor_local.programs import fan, ground, platform_with
from tests.support import ROOT


def code_of(answer: int) -> str:
    return f"def f(number):\n    return helper()\n\ndef helper():\n    return {answer}\n"


@contextmanager
def module_in(folder: Path, name: str, text: str) -> Iterator[ModuleType]:
    """A module of the user's, in a folder that is searched first."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(text)
    former = {each: sys.modules.pop(each) for each in [*sys.modules] if each.partition(".")[0] == name}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop(name, None)
        sys.modules.update(former)


def test_a_run_is_of_the_code_as_it_stands_though_instances_are_warm_of_older_code(tmp_path: Path) -> None:
    with module_in(tmp_path / "mine", "users_own", code_of(1)) as module, ground(tmp_path, platform_with()) as here:
        runs = [here.run(fan(module.f, 1)) for _ in range(2)]
        Path(f"{module.__file__}").write_text(code_of(-12))
        importlib.reload(module)
        runs += [here.run(fan(module.f, 1)) for _ in range(2)]
    assert [run.result() for run in runs] == [[1], [1], [-12], [-12]]
    assert [run.account.invocations[0].cold for run in runs] == [True, False, True, False]


def test_a_folder_that_is_searched_since_an_instance_was_born_is_searched_by_it(tmp_path: Path) -> None:
    initial = [{"memory_mb": 1769, "count": 1}]
    with (
        ground(tmp_path, platform_with(initial=initial)) as here,
        module_in(tmp_path / "later", "came_later", code_of(5)) as module,
    ):
        run = here.run(fan(module.f, 1))
    assert run.result() == [5]
    assert not run.account.invocations[0].cold


def test_a_module_of_the_users_is_found_before_one_of_ours_with_its_name(tmp_path: Path) -> None:
    with module_in(tmp_path / "mine", "benchmarks", code_of(7)) as module, ground(tmp_path, platform_with()) as here:
        run = here.run(fan(module.f, 1))
    assert run.result() == [7]


def test_code_is_other_code_if_a_file_both_know_has_changed_or_it_is_elsewhere() -> None:
    code = Code(("/a",), "/", {"one": (1, 1)})
    assert not code.differs(Code(("/a",), "/", {"one": (1, 1), "two": (2, 2)}))
    assert code.differs(Code(("/a",), "/", {"one": (2, 1)}))
    assert code.differs(Code(("/a",), "/", {"one": None}))
    assert code.differs(Code(("/b",), "/", {"one": (1, 1)}))
    assert code.differs(Code(("/a",), "/b", {"one": (1, 1)}))


def test_what_was_known_before_the_last_run_is_remembered() -> None:
    deployments = Deployments()
    assert not deployments.take(Code((), "/", {"one": (1, 1)}))
    assert not deployments.take(Code((), "/", {"two": (1, 1)}))
    assert deployments.take(Code((), "/", {"one": (2, 1)}))
    assert deployments.number == 1


def test_hashes_of_texts_are_the_same_in_all_instances_and_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    with ground(tmp_path, platform_with(client_callers=8), seed=3) as here:
        run = here.run(fan(hash_of, 3, "abc"))
    told = "import sys; sys.stdout.write(str(hash('abc')))"
    alone = subprocess.run(
        [sys.executable, "-c", told], env={"PYTHONHASHSEED": "3"}, capture_output=True, text=True, check=True
    )
    assert run.result() == [int(alone.stdout)] * 3
    assert run.account.host["hash_seed"] == "3"


def hash_of(text: str, number: int) -> int:
    return hash(text)


def test_a_module_that_runs_something_when_it_is_imported_is_told_so_by_its_task(tmp_path: Path) -> None:
    """Beyond the second depth it would end by itself: a test must not fill the machine."""
    text = """
import os, sys
depth = int(os.environ.get("DEPTH", "0"))
if depth > 1:
    raise SystemExit(3)
os.environ["DEPTH"] = str(depth + 1)
import faascast

@faascast.task
def f(x):
    return helper(x)

def helper(x):
    return x + 1

if __name__ == "nested":
    once = {"limits.max_attempts": 1, "faults.retry.attempts": 1}
    run = faascast.run(f(1), "one-per-task", faascast.load_platform("local", once), seed=1)
    print(run.failure or "complete")
    run.forget()
"""
    (tmp_path / "nested.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", "import nested"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "faascast.run was called inside a task" in done.stdout, done.stderr
