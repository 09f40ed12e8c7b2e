"""Programs of a few milliseconds, whose result tells whether every task read what it should."""

from __future__ import annotations

import time
from hashlib import blake2b
from random import Random

from msgspec.structs import replace

from planners.plan import Plan
from tests.executor.cases import random_orders, random_plan, random_workflow
from tests.executor.copied import with_copies
from workloads import Workflow, load_workflow
from workloads.program import Program, PythonBody, Reference, burnt
from workloads.real import real_program

TINY = (
    "gemm,n=12,strips=3",
    "tree_reduction,numbers=7,bytes=80",
    "text_analysis,text_bytes=3000,counts=3,segments=4,overviews=2",
    "image_transformer,image_bytes=4000,chunks=3,sleep_s=0",
    "montage,images=3,bytes=8000",
    "wordcount,chunks=5,chunk_bytes=900",
    "fixed_times,chains=3,sleep_s=0",
)
"""The built-ins that really compute, each with next to nothing to do."""
BURNT = "gen:forkjoin,width=4,cpu_s=0.01"


def digest(task: int, n_outputs: int, nap_s: float, *inputs: object) -> object:
    """Outputs that tell the task, and what it read."""
    time.sleep(nap_s)
    made = [blake2b(repr((task, place, inputs)).encode()).hexdigest() for place in range(n_outputs)]
    return made[0] if n_outputs == 1 else made


def digesting(workflow: Workflow, naps_s: tuple[float, ...] = ()) -> Program:
    """A program whose tasks digest what they read; the result are all the workflow's results."""
    bodies = []
    for task in range(workflow.n_tasks):
        outputs = tuple(workflow.outputs.row(task).tolist())
        inputs = map(Reference, workflow.inputs.row(task).tolist())
        nap_s = naps_s[task] if naps_s else 0.0
        bodies.append(PythonBody(digest, (task, len(outputs), nap_s, *inputs), outputs=outputs))
    given = {found: f"object {found}" for found, task in enumerate(workflow.object_producer) if task < 0}
    results = [Reference(found) for found, is_result in enumerate(workflow.is_result) if is_result]
    return Program(workflow, tuple(bodies), given, results)


def random_case(seed: int) -> tuple[Program, Plan]:
    """A random program with a plan: named and flexible workers, of one slot and of several, that hold and release."""
    rng = Random(f"real {seed}")
    workflow = random_workflow(rng, 8)
    naps_s = tuple(rng.choice((0.0, 0.002, 0.01, 0.03)) for _ in range(workflow.n_tasks))
    return digesting(workflow, naps_s), random_plan(rng, workflow)


def held_case(seed: int) -> tuple[Program, Plan]:
    """A random program on workers that are named, and hold, with orders."""
    rng = Random(f"held {seed}")
    workflow = random_workflow(rng, 8)
    plan = random_plan(rng, workflow, release=False)
    while None in plan.assignment:
        plan = random_plan(rng, workflow, release=False)
    plan = replace(plan, orders=random_orders(rng, plan, workflow))
    return digesting(workflow, (0.002,) * workflow.n_tasks), plan


def optimized_case(seed: int) -> tuple[Program, Plan]:
    """A random program on workers of all kinds, with orders of all kinds, whose waits a test can bear."""
    program, plan = random_case(seed)
    rng = Random(f"optimized {seed}")
    plan = replace(plan, orders=random_orders(rng, plan, program.workflow))
    plan = with_copies(rng, program.workflow, plan)
    orders, delay_io = plan.orders, plan.orders.delay_io
    return program, replace(
        plan,
        orders=replace(
            orders,
            duplicate=tuple(replace(each, patience_s=each.patience_s and 0.01) for each in orders.duplicate),
            backup=tuple(replace(each, after_s=each.after_s and 0.01) for each in orders.backup),
            delay_io=delay_io and replace(delay_io, patience_s=0.02, retry_s=delay_io.retry_s and 0.01),
        ),
    )


def tiny(spec: str) -> Program:
    """A built-in."""
    program = real_program(spec)
    assert program is not None
    return program


def burnt_program(spec: str) -> Program:
    """A workflow whose times and bytes are spent."""
    return burnt(load_workflow(spec))
