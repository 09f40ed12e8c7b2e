"""What a trace says of a run: by hand for a small one, and for all kinds of runs that it says all, and exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import faascast
from executor.records.operations import Kind
from executor.records.run import Run
from faascast.faults import BadInput
from faascast.timeline.activities import submitted_ns
from faascast.traces import save_trace
from planners.check import check_plan
from planners.plan import Plan
from planners.registry import make_planner
from platforms import Platform, load_platform
from sim import Setting, every, simulate, simulate_arrivals
from tests.faascast_explain.runs import run_of
from tests.faascast_traces.trace_format import Trace, read, sequence, trace_of
from tests.planners.examples import chain, platforms, roots, round_platform, unaided_planners, workflows
from tests.sim.strategies import limits, settings_of_runs
from tests.sim.test_storms import store_rates, storm, weathers
from workloads import Workflow, WorkflowBuilder, load_workflow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("traces")


def traced(run: Run, folder: Path) -> Trace:
    path = folder / "trace.json"
    save_trace(run, path)
    return trace_of(read(path))


def lane(trace: Trace, process: str, thread: str) -> list[tuple[str, float, float]]:
    return list(sequence(each for each in trace.slices if (each.process, each.thread) == (process, thread)))


@pytest.fixture
def chained(folder: Path) -> Trace:
    """t0 (1 s) makes 1 MB, which t1 (2 s) reads and makes 1 MB of; times in ms.

    Call 100, start 500, t0 1000, put 50 + 1000, commit 10, call 100, start 500, get 30 + 1000, t1, put, commit.
    """
    return traced(run_of(chain(1.0, 2.0, size_bytes=1_000_000), "one-per-task", round_platform()), folder)


def test_the_lanes_of_a_chain_over_two_workers_by_hand(chained: Trace) -> None:
    trace = chained
    assert lane(trace, "instance 0", "instance 0") == [
        ("provisioning", 100, 400),
        ("w0", 100, 2760),
        ("initialization", 400, 600),
        ("computing", 600, 1600),
        ("upload", 1600, 2650),
        ("commit, dependency", 2650, 2660),
        ("invocation of others", 2660, 2760),
        ("idle, kept alive", 2760, 7350),
    ]
    assert lane(trace, "instance 0", "slot 1") == [("t0", 600, 1600)]
    assert lane(trace, "instance 0", "put 1") == [("put d0", 1600, 2650)]
    assert lane(trace, "instance 0", "call 1") == [("call for t1", 2660, 2760)]
    assert lane(trace, "instance 1", "get 1") == [("get d0", 3260, 4290)]
    assert lane(trace, "instance 1", "slot 1") == [("t1", 4290, 6290)]


def test_the_arrows_of_a_chain_over_two_workers_by_hand(chained: Trace) -> None:
    trace = chained
    [data] = [flow for flow in trace.flows if flow[0] == "data"]
    assert (data[1].name, data[1].process, data[2].name, data[2].process) == (
        "put d0",
        "instance 0",
        "get d0",
        "instance 1",
    )
    calls = [
        (source.name, target.parent.name) for name, source, target in trace.flows if name == "call" and target.parent
    ]
    assert calls == [("call for t0", "w0"), ("call for t1", "w1")]
    [get] = trace.named("get d0")
    assert {name: get.args[name] for name in ("task", "object", "bytes", "worker", "epoch", "outcome", "cause")} == {
        "task": "t1",
        "object": "d0",
        "bytes": 1_000_000,
        "worker": "w1",
        "epoch": 1,
        "outcome": "done",
        "cause": "start for t1 by w1",
    }


def test_the_counters_of_a_chain_over_two_workers_by_hand(chained: Trace) -> None:
    trace = chained
    counted = {
        name: [(at_ns / 1e6, *values.values()) for at_ns, values in trace.counters[name]]
        for name in ("tasks", "instances", "live")
    }
    assert counted == {
        "tasks": [(600, 1), (1600, 0), (4290, 1), (6290, 0)],
        "instances": [(100, 0, 0, 1, 0), (600, 1, 0, 0, 0), (2760, 0, 0, 1, 1), (3260, 1, 0, 0, 1), (7350, 0, 0, 0, 0)],
        "live": [(100, 1), (2760, 2), (7350, 0)],
    }
    assert [*trace.counters["instances"][0][1]] == ["busy", "held", "starting", "idle"]


def test_an_instance_that_waits_says_for_what(folder: Path) -> None:
    """The join's worker computes one of the two branches and holds until word of the other comes."""
    run = run_of(load_workflow("text_analysis"), "heft", round_platform())
    holds = [each for each in traced(run, folder).named("held for others") if "until" in each.args]
    assert holds
    assert all(each.args["until"].startswith(("word of", "read sets for")) for each in holds)


def test_waits_have_slices_of_their_own(folder: Path) -> None:
    """Three tasks share one vCPU and one connection's rate; two invocations wait for the only instance there may be."""
    link = {"burst_bytes": 0.0, "burst_bytes_per_s": 1e6, "sustained_bytes_per_s": 1e6, "refill_s": 1.0}
    shared = round_platform(**{"cpu.slots": 3, "network.instance": link})
    trace = traced(run_of(load_workflow("gen:forkjoin,width=6"), "uniform[group=3]", shared), folder)
    for name, argument in (("CPU share", "cpu_share_s"), ("network share", "network_share_s")):
        shares = [each for each in trace.named(name) if "wait" in each.categories]
        assert shares
        for share in shares:
            assert share.parent is not None
            assert share.end_ns == share.parent.end_ns
            assert float(share.parent.args[argument]) == pytest.approx((share.end_ns - share.begin_ns) / 1e9)
    waited = traced(run_of(roots(2.0, 1.0, 1.0), "one-per-task", round_platform(concurrency=1)), folder)
    queue = [each for each in waited.slices if each.process == "waiting for admission" and not each.depth]
    assert [each.name for each in queue] == ["w1", "w2"]
    assert all(each.args["waited_for_admission_s"] > 0 for each in queue)
    assert max(values["invocations"] for _, values in waited.counters["waiting"]) == 2


def test_a_transfer_that_only_waits_can_be_told_from_its_wait(folder: Path) -> None:
    """Without latency a byte takes no time alone, and 2 µs on an instance's network."""
    link = {"burst_bytes": 0.0, "burst_bytes_per_s": 5e5, "sustained_bytes_per_s": 5e5, "refill_s": 1.0}
    platform = load_platform("ideal", {"network.instance": link})
    run = run_of(chain(1.0, 1.0, size_bytes=1), "one-per-task", platform)
    trace = traced(run, folder)
    [(_, source, target)] = [flow for flow in trace.flows if flow[0] == "data"]
    assert (source.name, target.name) == ("put d0", "get d0")
    assert target.end_ns - target.begin_ns == 2000
    assert float(target.args["network_share_s"]) == 2e-6


def test_what_takes_no_time_can_be_told_apart(folder: Path) -> None:
    """Eight objects are put, and each got by a worker of its own, at one and the same instant."""
    builder = WorkflowBuilder("at once")
    made = [builder.add_object(f"o{i}", 0) for i in range(8)]
    builder.add_task("make", cpu_s=1.0, outputs=made)
    for name in made:
        builder.add_task(f"read {name}", cpu_s=1.0, inputs=[name])
    trace = traced(run_of(builder.build(), "one-per-task", load_platform("ideal")), folder)
    data = [(source, target) for name, source, target in trace.flows if name == "data"]
    assert len({source.begin_ns for source, _ in data} | {target.begin_ns for _, target in data}) == 1
    assert sorted(source.name for source, _ in data) == [f"put {name}" for name in made]
    assert all(source.args["object"] == target.args["object"] for source, target in data)


def test_what_was_killed_is_seen(folder: Path) -> None:
    workflow, platform = chain(1.0, 5.0), round_platform(max_duration_s=3.0, max_attempts=2)
    plan = make_planner("all-on-one").plan(workflow, round_platform())
    run = simulate(workflow, plan, platform, seed=1)
    trace = traced(run, folder)
    killed = [each for each in trace.slices if {"invocation", "killed"} <= set(each.categories)]
    assert len(killed) == np.count_nonzero(run.invocations["status"] == "killed") > 0
    assert all(each.name.endswith("killed") and each.args["status"] == "killed" for each in killed)
    assert [each.name for each in killed][:2] == ["w0, killed", "w0, epoch 2, killed"]
    again = [each for each in trace.slices if "execute" in each.categories and each.args["task"] == "t1"]
    assert [(each.args["epoch"], each.args["attempt"], each.args["outcome"]) for each in again] == [
        (1, 1, "killed"),
        (2, 2, "killed"),
    ]
    assert trace.about["failure"] == run.failure
    assert trace.slices[0].name == f"failed: {run.failure}"


def each_operation_is_there_once_and_exactly(run: Run, trace: Trace) -> None:
    operations, began_ns = run.operations, submitted_ns(run)
    slices = trace.by_event()
    others = np.flatnonzero(operations["kind"] != Kind.START).tolist()
    assert sorted(slices) == others
    for row in others:
        [found] = slices[row]
        assert found.begin_ns == operations["begin_ns"][row] - began_ns
        assert found.end_ns == operations["end_ns"][row] - began_ns
        assert not found.depth
        assert found.args["outcome"] == run.events["outcome"][row]
    invocations = [each for each in trace.slices if "invocation" in each.categories]
    assert len(invocations) == np.count_nonzero(run.invocations["start"] != "none")


def each_get_has_an_arrow_from_its_put(run: Run, trace: Trace) -> None:
    data = [(source, target) for name, source, target in trace.flows if name == "data"]
    assert all(source.args["object"] == target.args["object"] for source, target in data)
    assert all(source.end_ns <= target.begin_ns for source, target in data)
    produced = np.flatnonzero(run.workflow.object_producer >= 0)
    gets = run.events.where((run.events["kind"] == "fetch") & (run.events["outcome"] == "done"))
    names = {run.workflow.object_names[found] for found in produced.tolist()}
    assert len(data) == sum(found in names for found in gets["object"])


def the_critical_path_adds_up(run: Run, trace: Trace) -> None:
    steps = [each for each in trace.slices if each.thread == "critical path"]
    assert sum(each.end_ns - each.begin_ns for each in steps if each.depth == 1) == (run.makespan_ns or 0)
    marked = {row for row, [each] in trace.by_event().items() if "critical" in each.categories}
    critical = np.flatnonzero(run.events["is_critical"] & (run.events["kind"] != "start"))
    assert marked == set(critical.tolist())


def counters_come_back_to_nothing(run: Run, trace: Trace) -> None:
    for counted in trace.counters.values():
        assert all(value == 0 for name, value in counted[-1][1].items() if name not in ("idle", "instances"))
    if run.operations.n_rows:
        begin_ns, end_ns = (run.operations[name] - submitted_ns(run) for name in ("begin_ns", "end_ns"))
        runs = run.operations["kind"] == Kind.EXECUTE
        for at_ns, values in trace.counters.get("tasks", ()):
            assert values["running"] == np.count_nonzero(runs & (begin_ns <= at_ns) & (at_ns < end_ns))


RULES = (
    each_operation_is_there_once_and_exactly,
    each_get_has_an_arrow_from_its_put,
    the_critical_path_adds_up,
    counters_come_back_to_nothing,
)


@given(workflows(), platforms(), st.sampled_from(unaided_planners()), st.integers(0, 2**32 - 1))
def test_a_trace_tells_all_of_a_run(
    folder: Path, workflow: Workflow, platform: Platform, planner: str, seed: int
) -> None:
    run = run_of(workflow, planner, platform, seed)
    trace = traced(run, folder)
    for rule in RULES:
        rule(run, trace)


@given(settings_of_runs(limits), weathers, store_rates)
def test_a_trace_tells_all_of_a_run_in_storms(
    folder: Path,
    setting: tuple[Workflow, Plan, Platform, int],
    weather: dict[str, object],
    rates: dict[str, float | None],
) -> None:
    workflow, plan, platform, seed = setting
    assume(not check_plan(plan, workflow, platform))
    run = simulate(workflow, plan, storm(platform, weather, rates), seed=seed)
    trace = traced(run, folder)
    for rule in RULES:
        rule(run, trace)


def test_a_run_that_arrives_later_is_traced_from_its_own_submission(folder: Path) -> None:
    workflow, platform = chain(1.0, 2.0, size_bytes=1_000_000), round_platform()
    setting = Setting(workflow, make_planner("one-per-task").plan(workflow, platform), platform)
    _, second = simulate_arrivals([setting], every(20.0, 2), seed=1, keep_runs=True).runs
    trace = traced(second, folder)
    assert min(each.begin_ns for each in trace.slices) == 0
    assert {each.args["start"] for each in trace.slices if "invocation" in each.categories} == {"warm"}


# ---- the file


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    run = run_of(load_workflow("gemm"), "wukong", round_platform())
    for name in ("a.json", "b.json", "a.json.gz", "b.json.gz"):
        save_trace(run, tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert (tmp_path / "a.json.gz").read_bytes() == (tmp_path / "b.json.gz").read_bytes()
    assert read(tmp_path / "a.json") == read(tmp_path / "a.json.gz")


def test_names_of_any_kind_are_kept(folder: Path) -> None:
    builder = WorkflowBuilder('quotes " and \\ and\nlines')
    builder.add_task('t "1" \\ é 漢 \u2028 \x01', cpu_s=1.0, outputs=[builder.add_object("ö'\"", 10)])
    trace = traced(run_of(builder.build(), "one-per-task", round_platform()), folder)
    assert trace.named('t "1" \\ é 漢 \u2028 \x01')
    assert trace.named("put ö'\"")


@pytest.mark.parametrize("name", ["trace", "trace.txt", "trace.gz", "trace.json.zip"])
def test_only_a_name_that_says_what_it_is(tmp_path: Path, name: str) -> None:
    run = run_of(chain(1.0), "one-per-task", round_platform())
    with pytest.raises(BadInput, match=r"expected one that ends in \.json or \.json\.gz"):
        faascast.save_trace(run, tmp_path / name)
    assert not [*tmp_path.iterdir()]
