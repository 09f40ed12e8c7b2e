"""How long planning takes: HEFT on cost matrices, and the list schedulers on a platform."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from planners.classic import CostGraph, heft
from planners.registry import make_planner
from platforms import load_platform
from workloads import load_workflow

LIST_PLANNERS = [
    *("heft", "cpop", "peft", "lookahead", "mcp", "dls", "etf"),
    *("min-min", "max-min", "sufferage", "dsc", "tds"),
]


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
