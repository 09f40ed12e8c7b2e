"""What a planner may know is a step before it: the world it believes in, in which any planner plans."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.check import check_plan
from planners.evaluator import Evaluator
from planners.knowledge.assumptions import ASSUMED
from planners.knowledge.history import OF_A_SIZE, History, HistoryBuilder, Topic
from planners.knowledge.history_file import write_history
from planners.knowledge.informed import Informed, informed, knowing, one_knowing, parted
from planners.knowledge.modes import Blind, Exact, FromHistory, Knowledge, Mean, make_knowledge
from planners.plan import Plan
from planners.planner import Planner
from planners.registry import make_planner, split_specs
from platforms import Platform, load_platform
from sim.evaluator import SimulatedEvaluator
from workloads import InvalidInput, Workflow, WorkflowBuilder, load_workflow
from workloads.demand import MemoryTable, PowerLaw

S, MB = 10**9, 10**6
LAMBDA = load_platform("aws-lambda-s3")
BUILT_INS = ("gemm", "tree_reduction", "text_analysis", "image_transformer", "montage", "wordcount", "fixed_times")


def small_history() -> History:
    """Of `multiply` alone: 2 s on 16 MB at 1,769 MB, one output of 3 MB; a cold start of .5 s, of which .2 s init."""
    builder = HistoryBuilder()
    numbers, n_bytes = np.full(10, 1769), np.full(10, 16 * MB)
    builder.add(Topic.RUN, np.full(10, 2 * S), functions=["multiply"] * 10, numbers=numbers, n_bytes=n_bytes)
    builder.add(Topic.OUTPUT, np.full(10, 3 * MB), functions=["multiply"] * 10, numbers=numbers * 0, n_bytes=n_bytes)
    builder.add(Topic.COLD, np.full(10, S // 2), numbers=numbers)
    builder.add(Topic.INIT, np.full(10, S // 5), numbers=numbers)
    builder.add(Topic.GET, np.full(10, S), n_bytes=np.full(10, 9 * MB))
    return builder.build()


def everything() -> tuple[Knowledge, ...]:
    return Mean(), Blind(), FromHistory(History()), FromHistory(small_history(), "p95")


def expected_s(workflow: Workflow) -> list[float]:
    return workflow.durations_s(1769, 1.0).tolist()


# ---- the believed worlds


@pytest.mark.parametrize("name", BUILT_INS)
@pytest.mark.parametrize("knowledge", everything(), ids=str)
def test_structure_floors_and_what_is_published_are_always_known(name: str, knowledge: Knowledge) -> None:
    workflow = load_workflow(name)
    belief = knowledge.belief(workflow, LAMBDA)
    for part in ("inputs", "outputs", "parents"):
        assert getattr(belief.workflow, part) == getattr(workflow, part)
    assert belief.workflow.memory_mb.tolist() == workflow.memory_mb.tolist()
    for table in ("sizes", "cpu", "keep_alive", "routing", "limits", "prices"):
        assert getattr(belief.platform, table) == getattr(LAMBDA, table)


@pytest.mark.parametrize("knowledge", everything()[1:], ids=str)
def test_what_is_believed_does_not_depend_on_what_is_true(knowledge: Knowledge) -> None:
    """Times of tasks, sizes of what they make, and all a platform does out of sight change, and nothing is noticed."""

    def world(cpu_s: float, n_bytes: int) -> Workflow:
        builder = WorkflowBuilder("w")
        builder.add_object("in", 16 * MB)
        builder.add_object("out", n_bytes)
        builder.add_task("a", function="multiply", inputs=["in"], outputs=["out"], cpu_s=cpu_s, memory_mb=128)
        builder.add_task("b", function="add", inputs=["out"], cpu_s=cpu_s)
        return builder.build()

    slow = load_platform("aws-lambda-s3", {"cold_s": 9, "store_latency_s": 2, "noise.sigma": 0.5, "host.cores": 4})
    one, two = knowledge.belief(world(1, 2), LAMBDA), knowledge.belief(world(70, 8 * MB), slow)
    assert one.workflow == two.workflow
    assert one.platform.fingerprint == two.platform.fingerprint


def test_what_is_expected_is_what_is_described() -> None:
    workflow = load_workflow("gemm")
    belief = Mean().belief(workflow, LAMBDA)
    assert belief.workflow is workflow
    assert belief.platform is LAMBDA
    assert belief.run_seed is None


def test_to_the_blind_all_are_the_same() -> None:
    belief = Blind().belief(load_workflow("text_analysis"), LAMBDA)
    assert set(expected_s(belief.workflow)) == {ASSUMED.run_s}
    assert set(belief.workflow.object_bytes.tolist()) == {ASSUMED.object_bytes}
    start = belief.platform.start
    assert start.provisioning_s.mean_s + start.init_of(128)[0].mean_s == pytest.approx(ASSUMED.cold_s)
    assert belief.platform.noise.sigma == 0


def test_history_knows_what_was_recorded_and_says_what_it_assumes() -> None:
    """`multiply` was recorded on 2 × 8 MB, the aggregation never; inputs in the store from the start can be looked up.

    Gets of one amount alone: 1 s for 9 MB at the 90 MB/s that are assumed leaves .9 s of latency.
    """
    workflow = load_workflow("gemm")
    belief = FromHistory(small_history()).belief(workflow, LAMBDA)
    multiplies = [task.index for task in workflow.tasks() if task.function == "multiply"]
    assert len(multiplies) == 16
    believed_s = expected_s(belief.workflow)
    assert {believed_s[i] for i in multiplies} == {2.0}
    (other,) = set(range(workflow.n_tasks)) - set(multiplies)
    assert believed_s[other] == ASSUMED.run_s
    for found, n_bytes in enumerate(workflow.object_bytes.tolist()):
        producer = int(workflow.object_producer[found])
        believed = int(belief.workflow.object_bytes[found])
        assert believed == (n_bytes if producer < 0 else 3 * MB if producer in multiplies else ASSUMED.object_bytes)
    start = belief.platform.start
    assert start.provisioning_s.mean_s + start.init_of(1769)[0].mean_s == pytest.approx(0.5)
    assert start.init_of(1769)[0].mean_s == pytest.approx(0.2)
    assert start.warm_s.mean_s == ASSUMED.warm_s
    assert belief.platform.store.get_latency_s.mean_s == pytest.approx(0.9)
    assert belief.platform.network.connection_bytes_per_s == ASSUMED.bytes_per_s
    told = "\n".join(belief.notes)
    assert "run times: 16 from input within 9%; 1 from no record: 1 s on one vCPU assumed" in told
    assert "object sizes: 16 from input within 9%; 1 from no record: 1,000,000 bytes assumed" in told
    assert "gets of one amount alone: 90 MB/s assumed" in told


def test_a_function_recorded_at_several_sizes_has_a_curve() -> None:
    """4 s at 1,000 MB, 2 s at 2,000 MB: between them a line, below as the CPU shrinks, above no faster."""
    builder = HistoryBuilder()
    builder.add(
        Topic.RUN, np.array([4, 2]) * S, functions=["f", "f"], numbers=np.array([1000, 2000]), n_bytes=np.zeros(2, int)
    )
    workflow = WorkflowBuilder("w")
    workflow.add_task("t", function="f", cpu_s=77)
    platform = load_platform("aws-lambda-s3", {"mb_per_vcpu": 2000})
    believed = FromHistory(builder.build()).belief(workflow.build(), platform).workflow
    for memory_mb, took_s in ((1000, 4.0), (1500, 3.0), (2000, 2.0), (4000, 2.0), (500, 8.0), (250, 16.0)):
        assert believed.duration_s(0, memory_mb, memory_mb / 2000) == pytest.approx(took_s)


def test_who_knows_the_run_knows_what_each_task_takes() -> None:
    builder = WorkflowBuilder("w")
    builder.add_task("a", io_s=1, cpu_s=3)
    builder.add_task("b", curve=PowerLaw(4.0))
    builder.add_task("c", curve=MemoryTable([(1000, 4.0), (2000, 1.0)]))
    workflow = builder.build()
    belief = Exact(7, (2.0, 0.5, 3.0)).belief(workflow, load_platform("aws-lambda-s3", {"noise.sigma": 0.5}))
    for task, factor in enumerate((2.0, 0.5, 3.0)):
        for memory_mb in (512, 1500):
            now_s, then_s = (w.duration_s(task, memory_mb, 1.0) for w in (belief.workflow, workflow))
            assert now_s == pytest.approx(factor * then_s)
    assert belief.run_seed == 7
    assert belief.platform.noise.sigma == 0


def test_exact_knowledge_is_of_one_run() -> None:
    with pytest.raises(InvalidInput, match="a run whose luck is known"):
        Exact().belief(load_workflow("gemm"), LAMBDA)


TIMES_NS = st.one_of(st.integers(0, 10), st.integers(0, 10**10), st.integers(0, 2**63 - 1))
CELLS = st.dictionaries(
    st.tuples(
        st.sampled_from(Topic),
        st.sampled_from(["multiply", "f"]),
        st.sampled_from([1, 128, 1769, 10**9]),
        st.integers(0, 10**18),
    ),
    st.lists(TIMES_NS, min_size=1, max_size=8),
    max_size=12,
)


@settings(max_examples=25)
@given(CELLS, st.sampled_from(["average", "p1", "p50", "p99.9"]))
def test_whatever_was_recorded_a_plan_can_be_made_of_it(
    cells: dict[tuple[Topic, str, int, int], list[int]], level: str
) -> None:
    builder = HistoryBuilder()
    for (topic, function, number, n_bytes), values in cells.items():
        n = len(values)
        of_functions = [function] * n if topic in (Topic.RUN, Topic.OUTPUT) else None
        numbers, amounts = np.full(n, number if topic in OF_A_SIZE else 0), np.full(n, n_bytes)
        by_bytes = amounts if topic in (Topic.RUN, Topic.OUTPUT, Topic.GET, Topic.PUT) else None
        builder.add(topic, np.array(values, dtype=np.int64), functions=of_functions, numbers=numbers, n_bytes=by_bytes)
    workflow = load_workflow("gemm")
    knowledge = FromHistory(builder.build(), level)
    plan = informed(make_planner("heft"), knowledge).plan(
        workflow, load_platform("aws-lambda-s3", {"max_duration_s": "none"})
    )
    assert plan.workflow == workflow.fingerprint
    believed_s = knowledge.belief(workflow, LAMBDA).workflow.durations_s(1769, 1.0)
    assert ((believed_s >= 0) & (believed_s <= 1e9)).all()


# ---- planners that know something


@pytest.mark.parametrize("knowledge", everything(), ids=str)
@pytest.mark.parametrize("planner", ["heft", "uniform", "wukong", "one-per-task", "all-on-one"])
def test_a_plan_made_of_what_is_believed_is_one_of_the_real_workflow(planner: str, knowledge: Knowledge) -> None:
    workflow = load_workflow("gemm")
    plan = informed(make_planner(planner), knowledge).plan(workflow, LAMBDA)
    assert plan.workflow == workflow.fingerprint
    assert not check_plan(plan, workflow, LAMBDA)
    assert plan.planner == (planner if isinstance(knowledge, Mean) else f"{planner}@{knowledge}")


def test_notes_of_the_belief_are_notes_of_the_plan() -> None:
    plan = make_planner("heft@blind").plan(load_workflow("gemm"), LAMBDA)
    assert any(note.startswith("blind: each task is taken for 1 s") for note in plan.notes)


def test_floors_are_kept_by_the_blind() -> None:
    builder = WorkflowBuilder("w")
    builder.add_task("t", cpu_s=1, memory_mb=3000)
    with pytest.raises(InvalidInput, match="3000"):
        make_planner("uniform[size_mb=512]@blind").plan(builder.build(), LAMBDA)


@settings(max_examples=10)
@given(st.sampled_from(["gemm", "text_analysis"]), st.floats(0.01, 100))
def test_the_blind_plan_the_same_whatever_takes_how_long(name: str, factor: float) -> None:
    workflow = load_workflow(name)
    longer = replace(workflow, cpu_s=workflow.cpu_s * factor)
    one, two = (make_planner("heft@blind").plan(each, LAMBDA) for each in (workflow, longer))
    assert (one.assignment, one.priority, one.workers) == (two.assignment, two.priority, two.workers)


# ---- names


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("heft@blind", "heft@blind"),
        ("heft @ blind", "heft@blind"),
        ("heft@mean", "heft"),
        ("uniform[size_mb=512]@exact", "uniform[size_mb=512]@exact"),
    ],
)
def test_names_say_what_is_known(spec: str, name: str) -> None:
    assert str(make_planner(spec)) == name


def test_a_history_is_named_by_its_file_and_percentile(tmp_path: Path) -> None:
    path = tmp_path / "runs+p2.json"
    write_history(small_history(), path)
    planner = make_planner(f"heft@history:{path}+p95")
    assert str(planner) == f"heft@history:{path}+p95"
    assert parted(planner)[1] == FromHistory(small_history(), "p95", str(path))
    assert str(make_planner(f"heft@history:{path}+95.0")) == f"heft@history:{path}+p95"
    assert str(make_planner(f"heft@history:{path}")) == f"heft@history:{path}"
    assert str(make_planner(f"heft@history:{path}+average")) == f"heft@history:{path}"


@pytest.mark.parametrize("spec", ["", "all", "history:", "exact+p95", "Mean", "history"])
def test_what_nobody_can_know_is_refused(spec: str) -> None:
    with pytest.raises(InvalidInput, match="knowledge is"):
        make_knowledge(spec)


def test_a_history_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"nowhere\.json"):
        make_planner("heft@history:nowhere.json")


@pytest.mark.parametrize("level", ["p200", "100", "0"])
def test_a_percentile_that_is_none_is_refused_before_the_history_is_read(level: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^planner: knowledge is '{level}'; expected average, or a percentile"):
        make_planner(f"heft@history:nowhere.json+{level}")


def test_knowledge_is_told_by_its_records() -> None:
    one, two = FromHistory(small_history(), name="a.json"), FromHistory(small_history(), name="b.json")
    assert one.fingerprint == two.fingerprint != FromHistory(small_history(), "p95").fingerprint
    assert FromHistory(History()).fingerprint != one.fingerprint
    assert Blind().fingerprint == "blind"


def test_every_planner_with_everything_to_know() -> None:
    specs = split_specs("heft,uniform[size_mb=512,group=4],wukong@blind")
    assert knowing(specs, None) == list(specs)
    assert knowing(specs, "mean, exact") == [
        "heft@mean",
        "heft@exact",
        "uniform[size_mb=512,group=4]@mean",
        "uniform[size_mb=512,group=4]@exact",
        "wukong@blind",
    ]
    assert one_knowing("heft", "blind") == "heft@blind"
    assert one_knowing("heft@exact", "blind") == "heft@exact"


def test_planners_that_know_something_travel_to_other_processes() -> None:
    planner = informed(make_planner("heft"), FromHistory(small_history(), "p95", "x"))
    assert isinstance(planner, Informed)
    before = planner.plan(load_workflow("gemm"), LAMBDA)
    assert pickle.loads(pickle.dumps(planner)) == planner
    assert pickle.loads(pickle.dumps(planner)).plan(load_workflow("gemm"), LAMBDA) == before


# ---- evaluators of another world


def test_who_knows_less_is_not_corrected_by_evaluation() -> None:
    """A planner that asks the evaluator is told what comes of its plans in the world that it believes in."""
    asked: list[float] = []

    @dataclass(frozen=True)
    class Asking(Planner):
        name: ClassVar[str] = "asking"

        def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
            assert evaluator is not None
            plan = make_planner("one-per-task").plan(workflow, platform)
            asked.append(float(evaluator.evaluate(plan, runs=2).makespans_s.mean()))
            return plan

    builder = WorkflowBuilder("w")
    builder.add_task("t", cpu_s=50)
    workflow = builder.build()
    evaluator = SimulatedEvaluator(workflow, LAMBDA, 1)
    for planner in (Asking(), informed(Asking(), Blind())):
        planner.plan(workflow, LAMBDA, evaluator)
    real_s, blind_s = asked
    assert real_s > 45
    assert 1 < blind_s < 2
    assert evaluator.n_simulations == 4
