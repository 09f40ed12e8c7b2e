"""Every single fault at every step of six small workflows, under named and flexible workers.

The operations of a calm run are the places; each fault that can befall one of that kind is tried there, deaths and
false alarms at its begin, in its midst and at its end. Every run must be complete, with each task committed once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from random import Random

import pytest

from executor.faults import FAULTS, ScriptedFault
from executor.faults.effects import DURING
from executor.records.operations import Kind, Outcome
from executor.records.run import Run
from planners.plan import Plan, PlannedWorker
from platforms import Platform, load_platform
from sim import simulate
from tests.sim import accounts, invariants
from tests.support import is_deep
from workloads import Workflow, WorkflowBuilder

PLATFORM = load_platform(
    "ideal",
    {
        "sizes.mb_per_vcpu": 1024,
        "start.provisioning_s": 0.2,
        "start.init_s": 0.3,
        "start.warm_s": 0.1,
        "invocation.call_s": 0.05,
        "store.get_latency_s": 0.1,
        "store.put_latency_s": 0.1,
        "ledger.request_s": 0.02,
        "ledger.notify_s": 0.03,
        "network.connection_bytes_per_s": 1000,
        "limits.max_attempts": 4,
        "limits.backoff": {"attempts": 4, "initial_s": 0.1, "maximum_s": 0.1},
        "noise.straggler_factor": 3.0,
        "faults.poll_s": 2.0,
        "faults.timeout_s": 1.0,
        "faults.retry": {"attempts": 3, "initial_s": 0.1, "maximum_s": 0.1, "jitter": 0.5},
    },
)
NAMES = {kind: name for name, kind in DURING.items()}
RULES = (
    invariants.each_task_is_committed_once,
    invariants.inputs_are_there_before_they_are_read,
    invariants.an_instance_serves_one_at_a_time,
    invariants.invocations_go_through_life_in_order,
    accounts.operations_begin_when_their_cause_ends,
    accounts.the_critical_path_explains_the_makespan,
)


def chain() -> Workflow:
    """A → b → c."""
    return _workflow({"a": [], "b": ["a"], "c": ["b"]})


def fork_join() -> Workflow:
    """A → b, c, d → e."""
    return _workflow({"a": [], "b": ["a"], "c": ["a"], "d": ["a"], "e": ["b", "c", "d"]})


def diamond() -> Workflow:
    """A → b, c → d, and a → d."""
    return _workflow({"a": [], "b": ["a"], "c": ["a"], "d": ["a", "b", "c"]})


def fan_in() -> Workflow:
    """a, b, c → d → e: who comes last goes on."""
    return _workflow(
        {"a": [], "b": [], "c": [], "d": ["a", "b", "c"], "e": ["d"]}, seconds={"a": 1.0, "b": 1.5, "c": 2.0}
    )


def late_output() -> Workflow:
    """A → c with a large output that comes late, b → c; a → d, so that a's output is needed here and there."""
    return _workflow({"a": [], "b": [], "c": ["a", "b"], "d": ["a"]}, sizes={"a": 3000})


def hold_release() -> Workflow:
    """A → b (elsewhere) → c; a → c: a's worker waits for b, holding or released."""
    return _workflow({"a": [], "b": ["a"], "c": ["a", "b"], "d": ["c"]}, seconds={"b": 3.0})


def _workflow(
    parents: dict[str, list[str]], seconds: dict[str, float] | None = None, sizes: dict[str, int] | None = None
) -> Workflow:
    builder = WorkflowBuilder("small")
    for name, reads in parents.items():
        builder.add_object(f"{name}.out", (sizes or {}).get(name, 100))
        inputs = [f"{parent}.out" for parent in reads]
        builder.add_task(name, inputs=inputs, outputs=[f"{name}.out"], cpu_s=(seconds or {}).get(name, 1.0))
    return builder.build()


WORKFLOWS = (chain, fork_join, diamond, fan_in, late_output, hold_release)
PLANS = ("named", "released", "flexible")


@cache
def _plan(make: str, kind: str) -> tuple[Workflow, Plan]:
    workflow = next(each for each in WORKFLOWS if each.__name__ == make)()
    n = workflow.n_tasks
    if kind == "flexible":
        workers: tuple[PlannedWorker, ...] = ()
        assignment: tuple[int | None, ...] = (None,) * n
    else:
        workers = tuple(PlannedWorker(f"w{i}", 1024, hold=kind == "named") for i in range(2))
        assignment = tuple(task % 2 for task in range(n))
    return workflow, Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=workers,
        assignment=assignment,
        flexible_mb=1024 if kind == "flexible" else None,
        priority=tuple(range(n)),
    )


def _run(make: str, kind: str, *faults: ScriptedFault, detection_s: float = 0.0) -> Run:
    workflow, plan = _plan(make, kind)
    return simulate(workflow, plan, _platform(detection_s), seed=1, faults=faults, check=True)


@cache
def _platform(detection_s: float) -> Platform:
    return PLATFORM.model_copy(update={"faults": PLATFORM.faults.model_copy(update={"detection_s": detection_s})})


def places(run: Run) -> Iterator[tuple[Kind, str, int]]:
    """Each operation of a run: its kind, its task, and which of that kind and task it is."""
    seen: Counter[tuple[int, int]] = Counter()
    rows = sorted(run.operations.rows(), key=lambda row: (row["begin_ns"], row["end_ns"]))
    for row in rows:
        if row["task"] >= 0 and row["kind"] not in (Kind.LOST, Kind.TIMER):
            seen[row["kind"], row["task"]] += 1
            yield Kind(row["kind"]), run.workflow.task_names[row["task"]], seen[row["kind"], row["task"]]


def faults_of(run: Run) -> Iterator[ScriptedFault]:
    """Every fault that can befall the operations of a run."""
    for kind, task, attempt in places(run):
        for name, fault in FAULTS.items():
            if fault.kind is kind:
                yield ScriptedFault(task, attempt, name)
            elif fault.kind is None:
                for part in (0.0, 0.5, 1.0):
                    yield ScriptedFault(task, attempt, name, NAMES[kind], part)


def _check(run: Run, *faults: ScriptedFault) -> None:
    assert run.status == "complete", f"{faults}: {run.failure}"
    for rule in RULES:
        try:
            rule(run)
        except AssertionError as error:
            raise AssertionError(f"{faults}: {error}") from error


@pytest.mark.parametrize("kind", PLANS)
@pytest.mark.parametrize("make", [each.__name__ for each in WORKFLOWS])
def test_every_single_fault(make: str, kind: str, record_property: pytest.RecordProperty) -> None:
    calm = _run(make, kind)
    _check(calm)
    n = struck = 0
    for fault in faults_of(calm):
        for detection_s in (0.0, 0.7) if fault.fault == "crash" else (0.0,):
            run = _run(make, kind, fault, detection_s=detection_s)
            _check(run, fault)
            n += 1
            struck += bool((run.operations["outcome"] != Outcome.DONE).any()) or run.makespan_ns != calm.makespan_ns
    assert n > 50
    record_property("measured", f"{make}, {kind}: {n} single faults, {struck} of them leave a trace")


@pytest.mark.parametrize("kind", PLANS)
@pytest.mark.parametrize("make", [each.__name__ for each in WORKFLOWS])
def test_pairs_of_faults(make: str, kind: str) -> None:
    everything = list(combinations(faults_of(_run(make, kind)), 2))
    rng = Random(f"{make} {kind}")
    for pair in rng.sample(everything, 1000 if is_deep() else 25):
        run = _run(make, kind, *pair, detection_s=rng.choice((0.0, 0.7)))
        _check(run, *pair)


ALWAYS = {
    "straggler",
    "message-late",
    "message-doubled",
    "message-lost",
    "false-alarm",
    "call-unanswered",
    "commit-unanswered",
}
"""What a run survives however often it happens: what is lost is asked for, and what was carried out holds."""


@pytest.mark.parametrize("name", sorted(FAULTS.keys() - ALWAYS))
def test_what_never_ends_fails_the_run_with_its_cause(name: str) -> None:
    faults = [ScriptedFault("b", attempt, name) for attempt in range(1, 100)]
    run = _run("chain", "named", *faults)
    if name.startswith("read"):  # nobody reads on account of b
        assert run.status == "complete"
        return
    assert run.status == "failed"
    assert run.failure is not None
    assert "attempt 4 of 4" in run.failure
    assert "task b" in run.failure
    accounts.operations_begin_when_their_cause_ends(run)


@pytest.mark.parametrize("name", sorted(ALWAYS - {"false-alarm"}))
def test_what_always_happens_and_is_survived(name: str) -> None:
    tasks = _plan("fan_in", "named")[0].task_names
    faults = [ScriptedFault(task, attempt, name) for attempt in range(1, 100) for task in tasks]
    _check(_run("fan_in", "named", *faults), *faults[:1])
