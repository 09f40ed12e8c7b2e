"""Random workflows and plans for the machines, from one integer."""

from __future__ import annotations

from random import Random
from typing import Any

from msgspec.structs import replace

from executor.view import make_view
from executor.worker.view import View
from planners.orders import DelayIO, EarlyCall, Orders, Stream
from planners.plan import Plan, PlannedWorker
from platforms import Platform, load_platform
from workloads import Workflow, WorkflowBuilder

IDEAL = load_platform("ideal", {"sizes.mb_per_vcpu": 1024})
PATIENT = load_platform(
    "ideal",
    {"sizes.mb_per_vcpu": 1024, "faults.poll_s": 1.0, "faults.retry.attempts": 4, "limits.backoff.attempts": 20},
)
"""Tries things again, and asks for messages that may be lost."""


def random_workflow(rng: Random, most: int = 10) -> Workflow:
    """A DAG with data and control edges, objects with many consumers, several roots and sinks."""
    builder = WorkflowBuilder("random")
    n = rng.randint(1, most)
    builder.add_object("initial", 10)
    made: list[str] = []
    tasks: list[str] = []
    for i in range(n):
        outputs = [f"o{i}.{k}" for k in range(rng.choice((0, 1, 1, 1, 2)))]
        inputs = rng.sample(made, min(len(made), rng.choice((0, 1, 1, 2, 3))))
        if not inputs and rng.random() < 0.5:
            inputs = ["initial"]
        after = rng.sample(tasks, min(len(tasks), rng.choice((0, 0, 0, 1))))
        for name in outputs:
            builder.add_object(name, rng.choice((0, 1, 1000)))
        builder.add_task(f"t{i}", inputs=inputs, outputs=outputs, cpu_s=rng.choice((0.0, 0.0, 1.0)), after=after)
        made += outputs
        tasks.append(f"t{i}")
    return builder.build()


def random_plan(rng: Random, workflow: Workflow, *, release: bool = True) -> Plan:
    """Named and flexible workers mixed, of one and of several slots, holding and releasing."""
    n = workflow.n_tasks
    flexible = rng.choice((0.0, 0.0, 0.3, 1.0))
    chosen = [None if rng.random() < flexible else rng.randrange(max(1, n // 2)) for _ in range(n)]
    used = sorted({w for w in chosen if w is not None})
    workers = tuple(
        PlannedWorker(f"w{i}", rng.choice((1024, 3072)), hold=not (release and rng.random() < 0.4))
        for i in range(len(used))
    )
    priority = list(range(n))
    rng.shuffle(priority)
    return Plan(
        planner="random",
        workflow=workflow.fingerprint,
        workers=workers,
        assignment=tuple(None if w is None else used.index(w) for w in chosen),
        flexible_mb=rng.choice((1024, 2048)) if None in chosen else None,
        priority=tuple(priority),
    )


def random_orders(rng: Random, plan: Plan, workflow: Workflow | None = None) -> Orders:
    """Optimizations here and there, as far as they fit the plan; streams too if its workflow is given."""
    streams = random_streams(rng, workflow, plan) if workflow else ()
    ahead = {stream.consumer for stream in streams}
    named = [task for task, worker in enumerate(plan.assignment) if worker is not None and task not in ahead]
    return Orders(
        preload=tuple(task for task in named if rng.random() < 0.5),
        call_early=tuple(
            EarlyCall(task, worker, rng.choice((None, 0.0, 1e-9)))
            for task, home in enumerate(plan.assignment)
            for worker in range(len(plan.workers))
            if worker != home and rng.random() < 0.2
        ),
        **(flexible_orders(rng) if plan.n_flexible else {}),
        fan_out_helpers=rng.choice((None, 1, 1, 2, 3)),
        stream=streams,
    )


def flexible_orders(rng: Random) -> dict[str, Any]:
    """What flexible workers may be asked for, with thresholds that some of the random objects reach."""
    return {
        "cluster_fan_out_bytes": rng.choice((None, 0, 1, 1000)),
        "cluster_fan_in_bytes": rng.choice((None, 0, 1, 1000)),
        "delay_io": rng.choice((None, DelayIO(rng.choice((0, 1, 1000)), 5.0, rng.choice((None, None, 1.0))))),
    }


def random_streams(rng: Random, workflow: Workflow, plan: Plan) -> tuple[Stream, ...]:
    """Some of the edges with data between different named workers."""
    if rng.random() < 0.3:
        return ()
    makers = workflow.object_producer
    edges = {
        (int(makers[found]), task)
        for task in range(workflow.n_tasks)
        for found in workflow.inputs.row(task).tolist()
        if makers[found] >= 0 and plan.assignment[task] is not None
    }
    homes = plan.assignment
    apart = [(p, c) for p, c in sorted(edges) if homes[p] is not None and homes[p] != homes[c]]
    return tuple(Stream(p, c, 2 + p % 3) for p, c in apart if rng.random() < 0.7)


def random_view(
    seed: int, *, most: int = 10, release: bool = True, platform: Platform = IDEAL, optimized: bool = False
) -> tuple[Random, View]:
    """A generator to go on with, and a view; the same workflow and plan, optimized or not."""
    rng = Random(seed)
    workflow = random_workflow(rng, most)
    plan = random_plan(rng, workflow, release=release)
    if optimized:
        plan = replace(plan, orders=random_orders(Random(f"orders {seed}"), plan, workflow))
    view = with_short_lives(seed, make_view(workflow, plan, platform))
    if rng.random() < 0.5:
        view = replace(view, frugal=(True,) * view.n_workers, flexible_is_frugal=True)
    return rng, view


def with_short_lives(seed: int, view: View) -> View:
    """A view in which workers go on with flexible tasks for some steps only, or for ever."""
    return replace(view, goes_on_for_ns=Random(f"life {seed}").choice((None, None, 0, 5, 20, 60)))
