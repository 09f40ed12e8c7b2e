"""Plans as files: by names, equal after the round trip, and every fault of a file at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planners.check import check_plan
from planners.orders import Backup, DelayIO, Duplicate, EarlyCall, Orders, Stream
from planners.plan import Plan, PlannedWorker, Prewarm
from planners.plan_file import read_plan, write_plan
from tests.planners.examples import SIZE_MB, all_planners, chain, evaluator_of, round_platform, workflows
from tests.planners.test_bounds import plan_of
from workloads import InvalidInput, Workflow, WorkflowBuilder

CHAIN = chain(1.0, 1.0, 1.0)
PLAN = plan_of(
    CHAIN,
    1,
    None,
    0,
    workers=(PlannedWorker("late", 512, hold=False), PlannedWorker("early", 1024)),
    priority=(7, 7, -1),
    prewarms=(Prewarm(512, 1.5, 2),),
    orders=Orders(preload=(1, 2), duplicate=(Duplicate(0, 1, 0.5),), call_early=(EarlyCall(0, 1),), fan_out_helpers=3),
    notes=("by hand",),
    estimated_makespan_s=0.1 + 0.2,
)
texts = st.text(min_size=1, max_size=5)


def orders_of(workflow: Workflow, n_workers: int) -> st.SearchStrategy[Orders]:
    tasks, seconds = st.integers(0, workflow.n_tasks - 1), st.floats(0, 1e6)
    whole = st.none() | st.integers(0, 2**40)

    def some(*kinds: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
        return st.lists(st.one_of(kinds), max_size=2).map(tuple)

    return st.builds(
        Orders,
        preload=some(tasks),
        duplicate=some(st.builds(Duplicate, tasks, tasks, seconds)),
        backup=some(st.builds(Backup, tasks, seconds)),
        cluster_fan_out_bytes=whole,
        cluster_fan_in_bytes=whole,
        delay_io=st.none() | st.builds(DelayIO, st.integers(0, 2**40), seconds, st.none() | seconds),
        call_early=some(st.builds(EarlyCall, tasks, st.integers(0, n_workers - 1))) if n_workers else st.just(()),
        stream=some(st.builds(Stream, tasks, tasks, st.integers(1, 9))),
        fan_out_helpers=whole,
    )


@st.composite
def plans(draw: st.DrawFn) -> tuple[Workflow, Plan]:
    """Any plan that can be told by names, sensible or not."""
    workflow = draw(workflows(max_tasks=6))
    names = draw(st.lists(texts, min_size=1, max_size=3, unique=True))
    used = draw(
        st.lists(st.sampled_from([None, *range(len(names))]), min_size=workflow.n_tasks, max_size=workflow.n_tasks)
    )
    number = {worker: i for i, worker in enumerate(sorted({worker for worker in used if worker is not None}))}
    numbers = st.integers(-(2**40), 2**40)
    plan = Plan(
        planner=draw(texts),
        workflow=workflow.fingerprint,
        workers=tuple(PlannedWorker(names[worker], draw(numbers), draw(st.booleans())) for worker in number),
        assignment=tuple(None if worker is None else number[worker] for worker in used),
        flexible_mb=draw(numbers) if None in used else None,
        priority=tuple(draw(numbers) for _ in used),
        prewarms=tuple(draw(st.lists(st.builds(Prewarm, numbers, st.floats(0, 1e9), st.integers(1, 9)), max_size=2))),
        orders=draw(orders_of(workflow, len(number))),
        notes=tuple(draw(st.lists(texts, max_size=2))),
        estimated_makespan_s=draw(st.none() | st.floats(0, 1e9)),
    )
    return workflow, plan


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans())
def test_round_trip(tmp_path: Path, case: tuple[Workflow, Plan]) -> None:
    workflow, plan = case
    write_plan(plan, workflow, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json", workflow) == plan


@pytest.mark.parametrize("planner", all_planners(), ids=str)
def test_every_planners_plan(tmp_path: Path, planner: Any) -> None:
    plan = planner.plan(CHAIN, round_platform(), evaluator_of(CHAIN, round_platform()))
    write_plan(plan, CHAIN, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json", CHAIN) == plan


def test_it_is_readable(tmp_path: Path) -> None:
    write_plan(PLAN, CHAIN, tmp_path / "plan.json")
    text = (tmp_path / "plan.json").read_text()
    assert text.startswith('{\n  "schema_version": 1,\n  "planner": "by hand",\n')
    document = json.loads(text)
    assert document["workflow"] == {"name": "chain", "fingerprint": CHAIN.fingerprint}
    assert document["tasks"] == {
        "t0": {"worker": "early", "priority": 7},
        "t1": {"worker": None, "priority": 7},
        "t2": {"worker": "late", "priority": -1},
    }


def test_what_may_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    document = {
        "schema_version": 1,
        "planner": "by hand",
        "workflow": {"name": "chain", "fingerprint": CHAIN.fingerprint},
        "workers": [{"name": "w0", "memory_mb": SIZE_MB}],
        "tasks": {f"t{i}": {"worker": "w0", "priority": i} for i in range(3)},
    }
    path.write_text(json.dumps(document))
    assert read_plan(path, CHAIN) == plan_of(CHAIN, 0, 0, 0)


def test_the_order_of_tasks_in_the_file_does_not_matter(tmp_path: Path) -> None:
    def reverse(document: dict[str, Any]) -> None:
        document["tasks"] = dict(reversed(document["tasks"].items()))

    assert read_plan(edited(tmp_path, reverse), CHAIN) == PLAN


def test_a_plan_of_another_workflow_is_not_written(tmp_path: Path) -> None:
    other = chain(1.0, 1.0)
    with pytest.raises(InvalidInput) as refused:
        write_plan(PLAN, other, tmp_path / "plan.json")
    fields = ["workflow", "assignment", "priority", "orders.preload[1]"]
    assert [fault.field for fault in refused.value.faults] == fields
    assert not (tmp_path / "plan.json").exists()


def test_a_workflow_that_has_changed_is_for_the_check_to_refuse(tmp_path: Path) -> None:
    write_plan(PLAN, CHAIN, tmp_path / "plan.json")
    changed = chain(1.0, 1.0, 2.0)
    plan = read_plan(tmp_path / "plan.json", changed)
    assert [fault.field for fault in check_plan(plan, changed, round_platform())] == ["workflow"]


def edited(tmp_path: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    path = tmp_path / "plan.json"
    write_plan(PLAN, CHAIN, path)
    document = json.loads(path.read_text())
    edit(document)
    path.write_text(json.dumps(document))
    return path


def faults_of(path: Path) -> dict[str, str]:
    """What was expected, by field."""
    with pytest.raises(InvalidInput) as refused:
        read_plan(path, CHAIN)
    assert {fault.where for fault in refused.value.faults} == {str(path)}
    return {fault.field: fault.expected for fault in refused.value.faults}


def test_every_fault_at_once(tmp_path: Path) -> None:
    def spoil(document: dict[str, Any]) -> None:
        del document["planner"]
        document["workflow"]["fingerprint"] = 7
        document["workers"][0]["memory_mb"] = "512"
        document["workers"][1]["holds"] = True
        document["flexible_mb"] = 0.5
        document["tasks"]["t0"]["worker"] = "earlyy"
        document["tasks"]["t1"] = {"worker": None}
        document["tasks"]["t9"] = document["tasks"].pop("t2")
        document["prewarms"] = {}
        document["orders"] = {"preload": ["t0", "t8"], "backup": [{"task": 0}], "haste": True}
        document["notes"] = ["fine", 3]
        document["estimated_makespan_s"] = "soon"
        document["speed"] = "high"

    assert faults_of(edited(tmp_path, spoil)) == {
        "planner": "a value",
        "workflow.fingerprint": "`str`, not `int`",
        "workers[0].memory_mb": "`int`, not `str`",
        "workers[1]": "an object without field `holds`",
        "flexible_mb": "`int | null`, not `float`",
        "tasks['t0'].worker": "none, for there is none to choose from",
        "tasks['t1']": "an object with field `priority`",
        "tasks['t2']": "its worker and priority",
        "tasks['t9']": "a task of workflow 'chain'",
        "prewarms": "`array`, not `object`",
        "orders.preload[1]": "one of t0, t1, t2",
        "orders.backup[0].task": "a name",
        "orders.backup[0]": "an object with field `after_s`",
        "notes[1]": "`str`, not `int`",
        "estimated_makespan_s": "`float | null`, not `str`",
        "speed": "no such field",
    }


def test_a_plan_of_another_workflow_is_one_fault(tmp_path: Path) -> None:
    builder = WorkflowBuilder("other")
    builder.add_task("alone", cpu_s=1.0)
    write_plan(PLAN, CHAIN, tmp_path / "plan.json")
    with pytest.raises(InvalidInput) as refused:
        read_plan(tmp_path / "plan.json", builder.build())
    [fault] = refused.value.faults
    assert str(fault).endswith(": workflow.name is 'chain'; expected 'other', for the plan has none of its tasks")


def test_an_unknown_worker_gets_the_nearest(tmp_path: Path) -> None:
    def misspell(document: dict[str, Any]) -> None:
        document["tasks"]["t0"]["worker"] = "earlyy"

    assert faults_of(edited(tmp_path, misspell)) == {"tasks['t0'].worker": "'early'? one of late, early"}


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2", b'{"a": nan}', b"\xff\xfe", b"not json"])
def test_not_json(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    assert faults_of(path) == {"": "a JSON file with a plan"}


def test_no_file(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "none.json") == {"": "a file that can be read"}
    assert faults_of(tmp_path) == {"": "a file that can be read"}


@pytest.mark.parametrize("content", ["[]", "3", "null", '"plan"'])
def test_not_an_object(tmp_path: Path, content: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(content)
    assert faults_of(path) == {"": "a JSON object with a plan"}


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_version(tmp_path: Path, version: object) -> None:
    path = edited(tmp_path, lambda document: document.update(schema_version=version))
    assert faults_of(path) == {"schema_version": "1"}


def test_a_missing_version(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("{}")
    assert faults_of(path) == {"schema_version": "1"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_never_anything_but_a_plan_or_faults(tmp_path: Path, data: st.DataObject) -> None:
    def replace_something(document: dict[str, Any]) -> None:
        holder: Any = document
        while True:
            key = data.draw(st.sampled_from(list(holder) if isinstance(holder, dict) else list(range(len(holder)))))
            if not (isinstance(holder[key], dict | list) and holder[key] and data.draw(st.booleans())):
                holder[key] = data.draw(json_values)
                return
            holder = holder[key]

    path = edited(tmp_path, replace_something)
    with suppress(InvalidInput):
        check_plan(read_plan(path, CHAIN), CHAIN, round_platform())


def test_names_are_taken_as_they_are(tmp_path: Path) -> None:
    builder = WorkflowBuilder("names")
    for name in ('with "quotes"', "with\nline", "ünïcode 名", "a.b[0]"):
        builder.add_task(name, cpu_s=1.0)
    workflow = builder.build()
    plan = plan_of(workflow, 0, 0, 0, 0)
    write_plan(plan, workflow, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json", workflow) == plan


def test_a_fault_in_orders_shows_what_was_written(tmp_path: Path) -> None:
    def spoil(document: dict[str, Any]) -> None:
        document["orders"] = {"preload": [["t0"]], "backup": [{"task": "t1", "after_s": "soon"}]}

    def nothing(document: dict[str, Any]) -> None:
        document["orders"] = {"preload": None}

    def late(document: dict[str, Any]) -> None:
        document["orders"] = {"backup": [{"task": "t1", "after_s": "soon"}]}

    for edit, field, value in (
        (spoil, "orders.preload[0]", "['t0']"),
        (nothing, "orders.preload", "None"),
        (late, "orders.backup[0].after_s", "'soon'"),
    ):
        with pytest.raises(InvalidInput) as refused:
            read_plan(edited(tmp_path, edit), CHAIN)
        (fault,) = refused.value.faults
        assert (fault.field, str(fault).count(value)) == (field, 1)
