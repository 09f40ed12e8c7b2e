"""Chores on a shared host, by hand: starts, first runs and transfers compete for its cores."""

from __future__ import annotations

import pytest

from executor.records.critical_path import WaitCause
from executor.records.run import Run
from planners.registry import make_planner
from platforms import Platform, load_platform
from sim import simulate
from workloads import Workflow, WorkflowBuilder


def host(**fields: float) -> Platform:
    """Nothing takes time but what is asked for, on two cores, instances having one vCPU each."""
    return load_platform("ideal", {"host.cores": 2, **{f"host.{name}": each for name, each in fields.items()}})


def tasks(n: int, cpu_s: float = 1.0, n_bytes: int = 10**9) -> Workflow:
    builder = WorkflowBuilder("tasks")
    builder.add_object("given", bytes=n_bytes)
    for i in range(n):
        made = builder.add_object(f"made-{i}", bytes=n_bytes)
        builder.add_task(f"t{i}", function="f", inputs=["given"], outputs=[made], cpu_s=cpu_s)
    return builder.build()


def carried_out(workflow: Workflow, platform: Platform, planner: str = "one-per-task") -> Run:
    return simulate(workflow, make_planner(planner).plan(workflow, platform), platform, seed=1)


@pytest.mark.parametrize(
    ("fields", "n", "ends_s"),
    [
        ({}, 2, 1.0),
        ({"start_cpu_s": 0.5}, 2, 1.5),  # a core for each
        ({"start_cpu_s": 0.5}, 8, 4 * 0.5 + 4 * 1.0),  # four at a time on a core
        ({"warm_start_cpu_s": 0.5}, 8, 4 * 1.0),  # there is none
        ({"call_cpu_s": 0.25}, 2, 2 * 0.25 + 1.0),  # one after the other
        ({"first_run_cpu_s": 0.25}, 8, 4 * 1.25),
        ({"get_cpu_s": 0.5}, 8, 4 * 0.5 + 4 * 1.0),
        ({"put_cpu_s": 0.5}, 8, 4 * 1.0 + 4 * 0.5),
        ({"cpu_s_per_gb": 0.25}, 8, 4 * 0.25 + 4 * 1.0 + 4 * 0.25),
        ({"start_cpu_s": 0.5, "get_cpu_s": 0.5, "put_cpu_s": 0.5, "first_run_cpu_s": 0.5}, 8, 4 * 3.0),
    ],
)
def test_chores_by_hand(fields: dict[str, float], n: int, ends_s: float) -> None:
    assert carried_out(tasks(n), host(**fields)).makespan_s == pytest.approx(ends_s)


def test_a_start_on_an_idle_instance_is_work() -> None:
    """Two have a core each; eight share two."""

    def found(n: int) -> Platform:
        idle = [{"memory_mb": 1769, "count": n}]
        return load_platform("ideal", {"host.cores": 2, "host.warm_start_cpu_s": 0.5, "pool.initial": idle})

    run = carried_out(tasks(2), found(2))
    assert run.makespan_s == pytest.approx(0.5 + 1.0)
    assert run.cold_starts == 0
    assert run.events["alone_s"][run.events["kind"] == "start"].tolist() == pytest.approx([0.5, 0.5])
    assert carried_out(tasks(8), found(8)).makespan_s == pytest.approx(4 * 0.5 + 4 * 1.0)


def test_calls_wait_for_those_who_compute() -> None:
    """A call is taken by a process among the others: beside four tasks on two cores it gets two fifths of one."""
    platform = load_platform("ideal", {"host.cores": 2, "host.call_cpu_s": 0.25, "invocation.client_callers": 1})
    run = carried_out(tasks(5, n_bytes=0), platform)
    calls = run.events["kind"] == "invoke"
    lasted_s = (run.events["end_s"] - run.events["begin_s"])[calls]
    assert sorted(lasted_s.tolist()) == pytest.approx([0.25, 0.25, 0.25 * 3 / 2, 0.25 * 4 / 2, 0.25 * 5 / 2])
    assert run.events["alone_s"][calls].tolist() == pytest.approx([0.25] * 5)


def test_a_worker_loads_its_code_once() -> None:
    run = carried_out(tasks(4), host(first_run_cpu_s=0.5), "all-on-one")
    assert run.makespan_s == pytest.approx(0.5 + 4 * 1.0)
    assert run.tasks["alone_s"].tolist() == pytest.approx([1.5, 1.0, 1.0, 1.0])


def test_what_a_run_finds_has_been_used() -> None:
    platform = host(first_run_cpu_s=0.5, start_cpu_s=0.5)
    warm = load_platform("ideal", {"host.cores": 2, "host.first_run_cpu_s": 0.5, "host.start_cpu_s": 0.5,
                                   "pool.initial": [{"memory_mb": 1769, "count": 1}]})  # fmt: skip
    assert carried_out(tasks(1), platform).makespan_s == pytest.approx(2.0)
    assert carried_out(tasks(1), warm).makespan_s == pytest.approx(1.0)


def test_a_small_instance_does_its_chores_slowly() -> None:
    run = carried_out(tasks(1, cpu_s=0.0), host(start_cpu_s=0.5), "one-per-task[size_mb=884]")
    assert run.makespan_s == pytest.approx(0.5 * 1769 / 884)


def test_chores_are_explained_to_the_nanosecond() -> None:
    run = carried_out(tasks(8), host(start_cpu_s=0.5, get_cpu_s=0.25, first_run_cpu_s=0.25))
    path = run.critical_path()
    assert sum(segment.length_ns for segment in path) == run.makespan_ns
    spent_s = {cause: sum(each.length_ns for each in path if each.cause is cause) / 1e9 for cause in WaitCause}
    assert spent_s[WaitCause.START_UP] == pytest.approx(4 * 0.5)
    assert spent_s[WaitCause.FETCH] + spent_s[WaitCause.NETWORK_SHARE] == pytest.approx(4 * 0.25)


def test_chores_on_a_network_that_is_shared() -> None:
    """Bytes first: eight gets of a GB share 8 GB/s, then the chores of each, then the tasks."""
    shared = {"network.model": "shared", "store.total_bytes_per_s": 8e9}
    platform = load_platform("ideal", {"host.cores": 2, "host.get_cpu_s": 0.5, **shared})
    assert carried_out(tasks(8), platform).makespan_s == pytest.approx(1.0 + 4 * 0.5 + 4 * 1.0 + 1.0)


def test_without_shared_cores_there_are_no_chores_and_a_warning() -> None:
    platform = load_platform("ideal", {"host.start_cpu_s": 0.5, "host.put_cpu_s": 0.5})
    assert carried_out(tasks(2), platform).makespan_s == pytest.approx(1.0)
    [warning] = platform.without_effect()
    assert "start_cpu_s and put_cpu_s are CPU time on shared cores" in warning
    assert host(start_cpu_s=0.5).without_effect() == ()
