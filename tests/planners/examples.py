"""Platforms of round numbers, small workflows, and strategies for random ones."""

from __future__ import annotations

from hypothesis import strategies as st

from planners.parameters import parameters_of
from planners.planner import Planner
from planners.registry import make_planner, planner_names
from platforms import Platform, load_platform
from sim.evaluator import SimulatedEvaluator
from workloads import Workflow, WorkflowBuilder

SIZE_MB = 1769  # one vCPU, one slot


def round_platform(**overrides: object) -> Platform:
    """One vCPU a worker; call .1, cold start .5, warm .2, put .05, get .03, ledger .01, word .005, 1 MB/s.

    Four transfers, two calls of a worker and one of the client at a time.
    """
    numbers: dict[str, object] = {
        "call_s": 0.1,
        "callers": 2,
        "client_callers": 1,
        "provisioning_s": 0.3,
        "start.init_s": 0.2,
        "warm_s": 0.2,
        "put_latency_s": 0.05,
        "get_latency_s": 0.03,
        "ledger.request_s": 0.01,
        "notify_s": 0.005,
        "connection_bytes_per_s": 1e6,
        "parallel_transfers": 4,
    }
    return load_platform("ideal", numbers | overrides)


def chain(*cpu_s: float, size_bytes: int = 0) -> Workflow:
    """Tasks `t0` → `t1` → …, each handing `size_bytes` to the next; the last one's output is the result."""
    builder = WorkflowBuilder("chain")
    for i, each_s in enumerate(cpu_s):
        builder.add_object(f"d{i}", size_bytes)
        builder.add_task(f"t{i}", cpu_s=each_s, inputs=[f"d{i - 1}"] if i else [], outputs=[f"d{i}"])
    return builder.build()


def star(*cpu_s: float, size_bytes: int = 0, root_s: float = 1.0) -> Workflow:
    """Task `root`, whose output `t0`, `t1`, … all read, each making `size_bytes`."""
    builder = WorkflowBuilder("star")
    builder.add_object("seed", size_bytes)
    builder.add_task("root", cpu_s=root_s, outputs=["seed"])
    for i, each_s in enumerate(cpu_s):
        builder.add_object(f"d{i}", size_bytes)
        builder.add_task(f"t{i}", cpu_s=each_s, inputs=["seed"], outputs=[f"d{i}"])
    return builder.build()


def roots(*cpu_s: float) -> Workflow:
    """Tasks `t0`, `t1`, … without any edge or data."""
    builder = WorkflowBuilder("roots")
    for i, each_s in enumerate(cpu_s):
        builder.add_task(f"t{i}", cpu_s=each_s)
    return builder.build()


seconds = st.sampled_from([0.0, 0.1, 0.2, 0.5, 1.0, 3.0, 7.0])
sizes_bytes = st.sampled_from([0, 1, 100_000, 1_000_000, 5_000_000])


@st.composite
def workflows(draw: st.DrawFn, max_tasks: int = 12) -> Workflow:
    """Any DAG: several outputs a task, shared and initial inputs, control edges, zeros, curves' absence apart."""
    n_tasks = draw(st.integers(1, max_tasks))
    names = draw(st.permutations(range(n_tasks)))  # so that the index of a task says nothing about its place
    builder = WorkflowBuilder("random")
    n_initial = draw(st.integers(0, 2))
    known = [builder.add_object(f"given{i}", draw(sizes_bytes)) for i in range(n_initial)]
    tasks: list[dict[str, object]] = []
    for i in range(n_tasks):
        inputs = draw(st.lists(st.sampled_from(known), max_size=4, unique=True)) if known else []
        after = draw(st.lists(st.integers(0, i - 1), max_size=1)) if i else []
        outputs = [builder.add_object(f"d{i}.{k}", draw(sizes_bytes)) for k in range(draw(st.integers(0, 2)))]
        known += outputs
        tasks.append(
            {
                "name": f"t{names[i]}",
                "cpu_s": draw(seconds),
                "io_s": draw(seconds),
                "parallelism": draw(st.sampled_from([1.0, 2.0, 8.0])),
                "memory_mb": draw(st.sampled_from([0.0, 512.0, 3000.0])),
                "inputs": inputs,
                "outputs": outputs,
                "after": [f"t{names[before]}" for before in after],
            }
        )
    for task in sorted(tasks, key=lambda task: str(task["name"])):
        builder.add_task(**task)  # type: ignore[arg-type]
    return builder.build()


@st.composite
def platforms(draw: st.DrawFn) -> Platform:
    """Round numbers, with or without limits, several slots, a burst, one free thing or another."""
    overrides: dict[str, object] = {
        "max_duration_s": draw(st.sampled_from(["none", 900])),
        "concurrency": draw(st.sampled_from(["none", 1, 3])),
        "default_mb": draw(st.sampled_from([1769, 1769 * 3])),
        "connection_bytes_per_s": draw(st.sampled_from(["none", 1e6])),
        "call_s": draw(st.sampled_from([0.0, 0.1])),
        "parallel_transfers": draw(st.sampled_from([1, 4])),
        "provisioning_s": draw(st.sampled_from([0.0, 0.3, 30.0])),
        "cpu.slots": draw(st.sampled_from(["none", 1, 2])),
    }
    return round_platform(**overrides)


def evaluator_of(workflow: Workflow, platform: Platform) -> SimulatedEvaluator:
    """Two runs a plan: planners that search have to be quick here, not right."""
    return SimulatedEvaluator(workflow, platform, seed=1, runs=2)


def all_planners() -> list[Planner]:
    """Every registered planner as it is, and one with each parameter away from its default."""
    plain = [make_planner(name) for name in planner_names()]
    named = {"size_mb": "3538", "group": "2", "sla": "p95", "optimizations": "preload+prewarm"}
    named |= {"deadline_s": "30", "budget_usd": "0.001"}
    changed = [
        make_planner(f"{planner.name}[{parameter.name}={named[parameter.name]}]")
        for planner in plain
        for parameter in parameters_of(type(planner))
    ]
    return plain + changed
