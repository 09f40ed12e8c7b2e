"""How long planning takes: HEFT on cost matrices, and the list schedulers on a platform."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import msgspec

from planners.classic import CostGraph, heft
from planners.registry import make_planner
from platforms import load_platform
from sim.clock import Clock
from sim.evaluator import SimulatedEvaluator
from workloads import load_workflow

LIST_PLANNERS = [
    *("heft", "cpop", "peft", "lookahead", "mcp", "dls", "etf"),
    *("min-min", "max-min", "sufferage", "dsc", "tds"),
]

TEN_THOUSAND = "gen:layered,width=100,depth=100"
THREE_HUNDRED = ("gen:layered,width=20,depth=15,seed=3", "wfcommons:montage,tasks=300", "gen:forkjoin,width=296")


def random_costs(n_tasks: int, n_processors: int, reach: int | None = None) -> CostGraph:
    """One to four parents a task, of the `reach` tasks before it (all if None); costs that do not tie."""
    draw = random.Random(n_tasks)
    edges = {
        (parent, task): draw.uniform(0, 10)
        for task in range(1, n_tasks)
        for parent in draw.sample(range(max(0, task - (reach or task)), task), min(task, draw.randint(1, 4)))
    }
    return CostGraph([[draw.uniform(1, 20) for _ in range(n_processors)] for _ in range(n_tasks)], edges)


def heft_on_8(best_s: Callable[[Callable[[], object]], float]) -> str:
    """Seconds at 1,000, 2,000 and 5,000 tasks, of the slower of two shapes: parents anywhere before, and close by."""
    seconds = []
    for n_tasks in (1_000, 2_000, 5_000):
        graphs = [random_costs(n_tasks, 8), random_costs(n_tasks, 8, reach=50)]
        seconds.append(max(best_s(lambda graph=graph: heft(graph)) for graph in graphs))  # type: ignore[misc]
    return " / ".join(f"{each:.3f}" for each in seconds) + " s"


def list_planners(spec: str) -> str:
    """Seconds of each list scheduler on AWS Lambda with S3."""
    workflow, platform = load_workflow(spec), load_platform("aws-lambda-s3")
    figures = []
    for name in LIST_PLANNERS:
        planner = make_planner(name)
        began = time.process_time()
        planner.plan(workflow, platform)
        figures.append(f"{name} {time.process_time() - began:.1f}")
    return ", ".join(figures) + " s"


SIZES = {20: "gen:layered,width=5,depth=4,seed=3", 300: "gen:layered,width=20,depth=15,seed=3", 10_000: TEN_THOUSAND}


def evaluation_overhead() -> str:
    """What an evaluation takes beside its events, as a share of the whole: of the plans after the first, the least."""
    return ", ".join(f"{_overhead(spec, 10 if n < 1_000 else 2):.1%} at {n:,}" for n, spec in SIZES.items()) + " tasks"


def _overhead(spec: str, runs: int) -> float:
    workflow, platform = load_workflow(spec), load_platform("aws-lambda-s3")
    plan = make_planner("heft").plan(workflow, platform)
    evaluator, shares = SimulatedEvaluator(workflow, platform, 1), []
    for number in range(6):
        other = msgspec.structs.replace(plan, priority=tuple(p + number * workflow.n_tasks for p in plan.priority))
        with _timed_events() as events_s:
            began = time.process_time()
            evaluator.evaluate(other, runs=runs)
            shares.append(1 - sum(events_s) / (time.process_time() - began))
    return min(shares[1:])


@contextmanager
def _timed_events() -> Iterator[list[float]]:
    """Inside, the processor time of everything that happens in virtual time is noted."""
    seconds: list[float] = []
    run = Clock.run

    def timed(clock: Clock) -> None:
        began = time.process_time()
        run(clock)
        seconds.append(time.process_time() - began)

    with patch.object(Clock, "run", timed):
        yield seconds


def planned(name: str, *specs: str) -> str:
    """Seconds of a planner that may simulate, and how many simulations it asked for."""
    figures = []
    for spec in specs:
        workflow, platform = load_workflow(spec), load_platform("aws-lambda-s3")
        planner, evaluator = make_planner(name), SimulatedEvaluator(workflow, platform, 1)
        began = time.process_time()
        planner.plan(workflow, platform, evaluator)
        figures.append(f"{time.process_time() - began:.2f} s ({evaluator.n_simulations} simulations)")
    return ", ".join(figures)
