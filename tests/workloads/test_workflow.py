"""The workflow itself: access, demands, identity, size."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workloads.described import TaskTold, Told, told
from tests.workloads.test_builder import diamond
from workloads import Curve, Demand, MemoryTable, PowerLaw, Workflow, load_workflow


def test_access_by_name() -> None:
    workflow = diamond().build()
    assert workflow.index_of_task("c") == 2
    assert workflow.task("b").children == ("d",)
    assert workflow.data_object("x").consumers == ("b", "c")
    assert workflow.data_object("y").producer == "b"
    with pytest.raises(KeyError, match="no task 'x'"):
        workflow.task("x")
    with pytest.raises(KeyError, match="no data object 'a'"):
        workflow.index_of_object("a")


@given(told(), st.floats(128, 10240), st.floats(0.07, 6))
def test_demands_of_all_tasks_are_those_of_each(description: Told, memory_mb: float, vcpus: float) -> None:
    workflow = description.build()
    columns = np.array(workflow.demands(memory_mb, vcpus)).T
    each = [workflow.demand(i, memory_mb, vcpus) for i in range(workflow.n_tasks)]
    assert [Demand(*row) for row in columns.tolist()] == each
    expected_s = [workflow.duration_s(i, memory_mb, vcpus) for i in range(workflow.n_tasks)]
    assert workflow.durations_s(memory_mb, vcpus).tolist() == expected_s


def test_sizes_may_differ_by_task() -> None:
    """A plain task, a table and a power law, each at a size of its own."""
    curves: tuple[Curve, ...] = MemoryTable([(1000, 4), (3000, 2)]), PowerLaw(6, 1000, 1)
    workflow = Told(
        {}, [TaskTold("plain", cpu_s=3), *(TaskTold(str(i), cpu_s=None, curve=c) for i, c in enumerate(curves))]
    ).build()
    durations_s = workflow.durations_s(np.array([500, 2000, 3000]), np.array([0.5, 1.1, 1.7]))
    assert durations_s.tolist() == pytest.approx([6, 3, 2])
    assert np.isnan(workflow.cpu_s).tolist() == [False, True, True]


@given(told())
def test_pickling_keeps_everything_and_stays_immutable(description: Told) -> None:
    workflow = description.build()
    again = pickle.loads(pickle.dumps(workflow))
    assert again == workflow
    assert again.curves == workflow.curves
    assert again.fingerprint == workflow.fingerprint
    for each in (workflow, again):
        with pytest.raises(ValueError, match="read-only"):
            each.cpu_s[0] = 0
        with pytest.raises(AttributeError):
            each.name = "other"  # type: ignore[misc]


def changed(change: Callable[[Told], object]) -> Workflow:
    description = diamond()
    change(description)
    return description.build()


def test_the_fingerprint_sees_every_change_that_a_run_depends_on() -> None:
    changes: list[Callable[[Told], object]] = [
        lambda d: None,
        lambda d: d.objects.update(x=6),
        lambda d: d.objects.update(z=0),
        lambda d: vars(d.tasks[0]).update(cpu_s=2),
        lambda d: vars(d.tasks[0]).update(io_s=1),
        lambda d: vars(d.tasks[0]).update(parallelism=2),
        lambda d: vars(d.tasks[0]).update(memory_mb=2),
        lambda d: vars(d.tasks[0]).update(function="f"),
        lambda d: vars(d.tasks[0]).update(name="A"),
        lambda d: vars(d.tasks[0]).update(cpu_s=None, curve=PowerLaw(1)),
        lambda d: vars(d.tasks[0]).update(cpu_s=None, curve=PowerLaw(2)),
        lambda d: d.tasks[3].after.append("a"),
        lambda d: d.tasks[3].inputs.append("x"),
        lambda d: d.tasks[2].inputs.clear(),
        lambda d: d.tasks.reverse(),
        lambda d: [vars(d.tasks[i]).update(function=f) for i, f in enumerate("fgff")],
        lambda d: [vars(d.tasks[i]).update(function=f) for i, f in enumerate("fggf")],
    ]
    assert len({changed(change).fingerprint for change in changes}) == len(changes)


def test_the_fingerprint_is_the_same_in_any_process() -> None:
    """Pinned: plans are stored with it."""
    script = "from workloads import load_workflow; print(load_workflow('gen:layered,spread=.5').fingerprint)"
    prints = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert prints == {load_workflow("gen:layered,spread=.5").fingerprint}


def test_a_hundred_thousand_tasks_fit_in_sixty_megabytes(record_property: Callable[[str, object], None]) -> None:
    """With every cached view made and every dictionary of names filled."""
    spec = "gen:layered,width=1000,depth=100,fan_in=3"
    began_s = perf_counter()
    load_workflow(spec)
    took_s = perf_counter() - began_s
    gc.collect()
    tracemalloc.start()
    workflow = load_workflow(spec)
    packed_mb = _traced_mb()
    views = (workflow.children, workflow.consumers, workflow.roots, workflow.sinks, workflow.is_result)
    workflow.index_of_task("layer-9-9"), workflow.index_of_object("layer-9-9.out"), workflow.fingerprint
    full_mb = _traced_mb()
    tracemalloc.stop()
    assert workflow.n_tasks == 100_000
    assert views
    assert full_mb <= 60
    figures = f"{took_s:.2f} s, {packed_mb:.0f} MB, {full_mb:.0f} MB with all views"
    record_property("measured", f"workflow of 100,000 tasks: {figures}")


def _traced_mb() -> float:
    gc.collect()
    return tracemalloc.get_traced_memory()[0] / 1e6
