"""`faascast.run`: programs of functions and commands, really carried out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import faascast
from executor.store.opening import leftovers
from faascast.experiments.execution import store_address
from platforms import Platform, load_platform
from workloads import WorkflowBuilder, load_workflow
from workloads.real import real_program


def platform_with(**changes: Any) -> Platform:
    """The local platform without waits that only make it slower."""
    return load_platform("local", {"provisioning_s": 0, "init_s": 0, "faults.retry.initial_s": 0.01, **changes})


@pytest.fixture(scope="module")
def host() -> Iterator[faascast.LocalPlatform]:
    """A platform whose instances all tests share."""
    with faascast.LocalPlatform(platform_with()) as host:
        yield host


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    """A store in which nothing may be left."""
    yield f"files:{tmp_path / 'store'}"
    assert leftovers(f"files:{tmp_path / 'store'}") == ()


@faascast.task(memory_mb=256, expected_s=0.01, output_bytes=1000)
def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a @ b


@faascast.task
def aggregate(parts: list[np.ndarray], scale: float = 1) -> np.ndarray:
    return scale * sum(parts)


def blocks() -> Any:
    """A sum of products; the first matrix is large enough to be shared through the store."""
    matrices = [np.full((50, 50), float(k + 1)) for k in range(4)]
    return aggregate([multiply(matrices[0], each) for each in matrices], scale=0.5)


@pytest.mark.parametrize("planner", ["one-per-task", "uniform", "wukong", "heft"])
def test_functions_are_carried_out_as_a_workflow(host: faascast.LocalPlatform, store: str, planner: str) -> None:
    run = faascast.run(blocks(), planner, host, store, seed=1)
    assert run.status == "complete"
    assert np.array_equal(run.result(), np.full((50, 50), 0.5 * 50 * (1 + 2 + 3 + 4)))
    assert sorted(run.tasks["task"]) == ["aggregate-0", *(f"multiply-{k}" for k in range(4))]
    assert run.makespan_s is not None
    assert 0 < run.makespan_s == max(run.tasks["committed_s"])
    assert run.folder is None
    assert run.fault_of_result() is None
    assert "cpu_s taken as 0.01 (the median of the known) where unknown: 1, aggregate-0" in run.workflow.assumptions


def test_goals_come_back_in_their_shape(host: faascast.LocalPlatform, store: str) -> None:
    add = faascast.task(lambda a, b: a + b, name="add")
    first = add(1, 2)
    second = add(first, 10)
    run = faascast.run({"both": [first, second], "last": (second,)}, "all-on-one", host, store, seed=1)
    assert run.result() == {"both": [3, 13], "last": (13,)}


def test_commands_and_functions_are_tasks_alike(host: faascast.LocalPlatform, store: str) -> None:
    numbers = faascast.task(lambda n: "\n".join(map(str, range(n, 0, -1))).encode(), name="numbers")
    ordered = faascast.command("sort -n", stdin=numbers(12))
    assert not isinstance(ordered, dict)
    made = faascast.command(
        ["sh", "-c", "head -n 2 in.txt > head.txt; wc -l < in.txt"],
        files={"in.txt": ordered},
        outputs=["head.txt", "stdout"],
        name="cut",
    )
    count = faascast.task(lambda text: int(text), name="count")
    assert isinstance(made, dict)
    run = faascast.run([made["head.txt"], count(made["stdout"])], "one-per-task", host, store, seed=1)
    assert run.result() == [b"1\n2\n", 12]
    assert run.fault_of_result() is None


BUILTINS = (
    "gemm,n=40,strips=2",
    "tree_reduction,numbers=5",
    "text_analysis,text_bytes=5000,counts=3,segments=2,overviews=2",
    "image_transformer,image_bytes=6000,chunks=2,sleep_s=0",
    "montage,images=3,bytes=9000",
    "wordcount,chunks=3,chunk_bytes=2000",
    "fixed_times,chains=2,sleep_s=0.01",
)


@pytest.mark.parametrize("spec", BUILTINS)
@pytest.mark.parametrize("planner", ["uniform", "wukong"])
def test_every_builtin_computes_on_real_workers(
    host: faascast.LocalPlatform, store: str, spec: str, planner: str
) -> None:
    run = faascast.run(spec, planner, host, store, seed=1)
    assert run.status == "complete", run.failure
    assert run.fault_of_result() is None
    program = real_program(spec)
    assert program is not None
    assert run.workflow == program.workflow


def test_a_plan_made_beforehand_for_the_named_workflow_is_carried_out(
    host: faascast.LocalPlatform, store: str, tmp_path: Path
) -> None:
    workflow = load_workflow("gemm,n=20,strips=2")
    plan = faascast.make_planner("heft").plan(workflow, host.platform)
    run = faascast.run("gemm,n=20,strips=2", plan, host, store, seed=1)
    assert run.plan == plan
    assert run.fault_of_result() is None


def test_a_workflow_is_burnt(host: faascast.LocalPlatform, store: str) -> None:
    builder = WorkflowBuilder("burn")
    for name, size in (("in", 300), ("middle", 70_000), ("out", 5)):
        builder.add_object(name, size)
    builder.add_task("first", inputs=["in"], outputs=["middle"], cpu_s=0.2)
    builder.add_task("second", inputs=["middle"], outputs=["out"], io_s=0.15, cpu_s=0.0)
    run = faascast.run(builder.build(), "one-per-task", host, store, seed=1)
    assert run.result() == {"out": run.result()["out"]}  # type: ignore[index]
    assert run.fault_of_result() is None
    assert (run.bytes_fetched, run.bytes_uploaded) == (70_300, 70_005)
    table = run.tasks
    took_s = dict(zip(table["task"], table["end_s"] - table["start_s"], strict=True))
    assert took_s["first"] >= 0.19
    assert took_s["second"] >= 0.15


def test_a_builtin_may_be_burnt_as_well(host: faascast.LocalPlatform, store: str) -> None:
    run = faascast.run("gemm,n=20,strips=2", "all-on-one", host, store, seed=1, burn=True)
    result = run.result()
    assert isinstance(result, dict)
    assert [len(value) for value in result.values()] == [8 * 20**2 - 1]


def test_a_worker_imports_nothing_that_its_functions_do_not_need(store: str) -> None:
    """Neither the house nor its libraries: only what carries a task out, and what the task itself names."""
    seen = faascast.task(lambda *before: sorted({name.partition(".")[0] for name in sys.modules}), name="seen")
    half = faascast.task(lambda number: float(np.sqrt(number)), name="half")
    run = faascast.run([seen(), seen(half(4))], "all-on-one", platform_with(), store, seed=1)
    first, second = run.result()
    heavy = {"workloads", "planners", "platforms", "sim", "faascast", "pydantic", "simpy", "pandas"}
    assert not heavy & {*first, *second}
    assert "msgspec" in first
    assert "numpy" in second


# ---- failures


def test_a_failed_run_says_why_and_can_be_gone_on_with(tmp_path: Path) -> None:
    """What was committed is not run again."""
    seen, ready = tmp_path / "seen", tmp_path / "ready"

    @faascast.task
    def noted(number: int) -> int:
        with seen.open("a") as file:
            file.write(f"{number}\n")
        return number

    @faascast.task
    def picky(numbers: list[int]) -> int:
        if not ready.exists():
            raise RuntimeError("it is not ready")
        return sum(numbers)

    node = picky([noted(1), noted(2)])
    platform = platform_with(max_attempts=1, **{"faults.retry.attempts": 1})
    out = tmp_path / "run"
    failed = faascast.run(node, "one-per-task", platform, f"files:{tmp_path}/store", out, seed=1)
    assert failed.status == "failed"
    assert failed.folder == out
    assert repr(failed) == "<failed run of 'picky' under one-per-task on local>"
    with pytest.raises(faascast.RunFailed) as raised:
        failed.result()
    told = str(raised.value)
    for part in ("picky-0", "RuntimeError: it is not ready", "2 of 3 tasks are committed", f"resume={str(out)!r}"):
        assert part in told
    ready.touch()
    run = faascast.run(node, resume=out)
    assert run.result() == 3
    assert sorted(seen.read_text().split()) == ["1", "2"]
    assert leftovers(f"files:{tmp_path}/store") == ()
    assert faascast.load_run(out).status == "complete"


def test_a_deadline_is_held(host: faascast.LocalPlatform, tmp_path: Path) -> None:
    run = faascast.run(
        "fixed_times,chains=2,sleep_s=0.5", "all-on-one", host, f"files:{tmp_path}/s", seed=1, deadline_s=0.2
    )
    assert run.status == "failed"
    assert "deadline" in str(run.failure)
    assert run.folder is not None
    assert len(leftovers(f"files:{tmp_path}/s")) == 1
    run.forget()
    run.forget()
    assert not run.folder.exists()
    assert leftovers(f"files:{tmp_path}/s") == ()


class Unreadable:
    """What a store takes, and nobody gets out of it again."""

    def __reduce__(self) -> Any:
        return int, ("no number",)


def test_a_result_that_cannot_be_read_is_a_failure(host: faascast.LocalPlatform, tmp_path: Path) -> None:
    run = faascast.run(faascast.task(Unreadable, name="made")(), "all-on-one", host, f"files:{tmp_path}/s", seed=1)
    with pytest.raises(faascast.RunFailed, match=r"the results cannot be read: ValueError: invalid literal for int"):
        run.result()
    assert (run.status, run.makespan_s) == ("failed", None)
    run.forget()


# ---- bad input


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"workflow": 3}, "program: goals is 3; expected a node"),
        ({"workflow": "nonsense"}, "workflow is 'nonsense'; expected"),
        ({"workflow": "gemm", "planner": "nobody"}, "planner"),
        ({"workflow": "gemm", "store": "nfs:/x"}, "store: the store's kind is 'nfs'; expected files:FOLDER"),
        ({"workflow": "gemm", "store": "redis://127.0.0.1:1/0"}, "store: "),
        ({"workflow": "gemm", "deadline_s": 0}, "deadline is 0; expected seconds above 0"),
        ({"workflow": "gemm", "out": "a", "resume": "b"}, "out and resume are both given"),
        ({"workflow": "gemm", "resume": "nowhere"}, "nowhere holds no attempt at a run"),
        ({"workflow": "no_such_module:f"}, "importing no_such_module raised ModuleNotFoundError"),
        ({"workflow": "json:nothing"}, "json has no nothing; expected a function that returns nodes"),
        ({"workflow": "os:getcwd"}, "os:getcwd is of type str; expected a node"),
        ({"workflow": "json:loads"}, "calling it raised TypeError"),
    ],
)
def test_bad_input_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=told) as raised:
        faascast.run(**arguments)
    assert hasattr(raised.value, "faults")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_sent_leaves_nothing(host: faascast.LocalPlatform, store: str, tmp_path: Path) -> None:
    lock = __import__("threading").Lock()
    locked = faascast.task(lambda: lock.acquire(), name="locked")
    with pytest.raises(ValueError, match=r"task locked-0, its function.*expected something that can be pickled"):
        faascast.run(locked(), "all-on-one", host, store, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_platform_that_is_there_cannot_be_changed(host: faascast.LocalPlatform) -> None:
    with pytest.raises(faascast.BadInput, match="settings change the platform, which is there already"):
        faascast.run("gemm,n=8", "uniform", host, settings={"keep_alive_s": 1})


def test_addresses_of_stores_are_whole() -> None:
    assert store_address("files").startswith("files:/")
    assert store_address("files:some/folder") == f"files:{Path.cwd() / 'some' / 'folder'}"
    assert store_address("redis://host/1") == "redis://host/1"
