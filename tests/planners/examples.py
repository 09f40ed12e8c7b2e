"""Platforms of round numbers, small workflows, and strategies for random ones; planners that are quick."""

from __future__ import annotations

from hypothesis import strategies as st

from planners.conformance.examples import chain, roots, round_platform, star
from planners.parameters import Parameter, from_texts, parameters_of
from planners.planner import Judging, Planner
from planners.registry import planner_class, planner_names
from platforms import Platform
from sim.evaluator import SimulatedEvaluator
from workloads import Workflow, WorkflowBuilder

__all__ = [
    "SIZE_MB",
    "all_planners",
    "chain",
    "evaluator_of",
    "platforms",
    "quick_planner",
    "roots",
    "round_platform",
    "sizes_bytes",
    "star",
    "starts_on_one",
    "unaided_planners",
    "workflows",
]

SIZE_MB = 1769  # one vCPU, one slot


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


def starts_on_one(planner: Planner, workflow: Workflow) -> list[str]:
    """The names of the tasks by their starts, where there may be one worker, which runs one at a time."""
    plan = planner.plan(workflow, round_platform(concurrency=1))
    return [workflow.task_names[task] for task in sorted(range(workflow.n_tasks), key=plan.priority.__getitem__)]


def evaluator_of(workflow: Workflow, platform: Platform) -> SimulatedEvaluator:
    """Two runs a plan: planners that search have to be quick here, not right."""
    return SimulatedEvaluator(workflow, platform, seed=1, runs=2)


def unaided_planners() -> tuple[str, ...]:
    """Names of the registered planners that ask no evaluator."""
    return tuple(name for name in planner_names() if not issubclass(planner_class(name), Judging))


QUICK = {"effort": "400", "evaluations": "6", "population": "4", "starts": "heft"}
"""Parameters with which planners that search are quick, not good."""
_CHANGED = {"size_mb": "3538", "group": "2", "sla": "p95", "optimizations": "preload+prewarm"}
_CHANGED |= {"deadline_s": "30", "budget_usd": "0.001", "sizes": "3538+7076", "tolerance": "0.2", "paces": "2"}
_CHANGED |= {"big_task_bytes": "1000", "patience_s": "3", "retry_s": "0.5", "max_task_fanout": "2"}
_CHANGED |= {"cluster": "false", "delay_io": "false"}
_CHANGED |= {"assignment": "uniform", "least_mb": "1769", "step_mb": "512", "seed": "2", "starts": "wukong"}
_CHANGED |= {"memory": "2", "patience": "3", "effort": "800", "evaluations": "12", "population": "6"}


def quick_planner(name: str, **changed: str) -> Planner:
    """The planner of this name, asking little."""
    kind = planner_class(name)
    known = {parameter.name for parameter in parameters_of(kind)}
    quick = {parameter: text for parameter, text in QUICK.items() if parameter in known}
    return from_texts(kind, quick | changed, name)


def all_planners() -> list[Planner]:
    """Every registered planner, asking little, and one with each parameter away from its default."""
    plain = [quick_planner(name) for name in planner_names()]
    return plain + [
        quick_planner(planner.name, **{parameter.name: _changed(parameter)})
        for planner in plain
        for parameter in parameters_of(type(planner))
    ]


def _changed(parameter: Parameter) -> str:
    """A value that is not its default."""
    return _CHANGED[parameter.name]
