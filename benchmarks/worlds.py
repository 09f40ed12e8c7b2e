"""Random scenarios: a small workflow, a platform, a planner. Scenario `k` is the same in any process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from platforms import Platform, load_platform
from workloads import Workflow, WorkflowBuilder

PLATFORMS = ("aws-lambda-s3", "aws-lambda-redis")
FLEXIBLE = "wukong[cluster=false,delay_io=false]"
PLANNERS = ("one-per-task", "uniform", "heft", "uniform[group=2]", "peft", FLEXIBLE, FLEXIBLE, FLEXIBLE)
MOST_TASKS = 14
WIDE = 0.1
"""The share of workflows that fan out to many tasks at once."""


@dataclass(frozen=True)
class World:
    """Who plans what, where."""

    workflow: Workflow
    platform: Platform
    planner: str


def random_world(number: int) -> World:
    """Scenario `number`: 3 to 14 tasks, from milliseconds to half a minute, handing on nothing to 300 MB."""
    random = np.random.default_rng([number, 77])
    workflow = _wide(random) if random.random() < WIDE else _workflow(random)
    settings = {
        "noise.sigma": float(random.choice([0.05, 0.1, 0.3])),
        "noise.straggler_probability": float(random.choice([0.0, 0.0, 0.02, 0.1])),
        "noise.straggler_factor": float(random.choice([3.0, 8.0])),
        "keep_alive_s": float(random.choice([2.0, 60.0, 600.0])),
        "provisioning_s": float(random.choice([0.1, 0.35, 2.0])),
        "call_s": float(random.choice([0.01, 0.05])),
    }
    platform = load_platform(str(random.choice(PLATFORMS)), settings)
    return World(workflow, platform, str(random.choice(PLANNERS)))


def _workflow(random: np.random.Generator) -> Workflow:
    builder = WorkflowBuilder("random")
    n_tasks = int(random.integers(3, MOST_TASKS + 1))
    given = [builder.add_object(f"given{i}", _size_bytes(random)) for i in range(int(random.integers(1, 3)))]
    depth = random.random()
    made: list[str] = []
    for i in range(n_tasks):
        reach = made[-1 - int(len(made) * (1 - depth)) :] if made else []
        n_inputs = min(len(reach), int(random.choice([1, 1, 2, 3, 5])))
        inputs = [str(name) for name in random.choice(reach, n_inputs, replace=False)] if n_inputs else []
        if not inputs or random.random() < 0.1:
            inputs.append(str(random.choice(given)))
        outputs = [builder.add_object(f"d{i}.{k}", _size_bytes(random)) for k in range(int(random.choice([1, 1, 2])))]
        cpu_s = float(np.exp(random.normal(0.0, 1.5)))
        builder.add_task(
            f"t{i}", cpu_s=cpu_s, parallelism=float(random.choice([1.0, 1.0, 2.0])), inputs=inputs, outputs=outputs
        )
        made += outputs
    return builder.build()


def _wide(random: np.random.Generator) -> Workflow:
    """A root, 16 to 48 tasks that read what it made, and one that reads what they made."""
    builder = WorkflowBuilder("wide")
    builder.add_object("seed", _size_bytes(random))
    builder.add_task("root", cpu_s=float(random.exponential()), outputs=["seed"])
    made = [builder.add_object(f"d{i}", _size_bytes(random) // 10) for i in range(int(random.integers(16, 49)))]
    mean_s = float(random.choice([0.2, 1.0, 5.0]))
    for name in made:
        builder.add_task(f"t-{name}", cpu_s=float(random.exponential(mean_s)), inputs=["seed"], outputs=[name])
    builder.add_task("join", cpu_s=float(random.exponential()), inputs=made)
    return builder.build()


def _size_bytes(random: np.random.Generator) -> int:
    return int(min(3e8, np.exp(random.normal(13.0, 3.0))))
