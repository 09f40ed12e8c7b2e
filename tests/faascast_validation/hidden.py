"""A reality of which only the records are shown: platforms and workflows with known figures, and runs on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from executor.records.run import Run
from planners.plan import Plan
from planners.registry import make_planner
from platforms import Platform, change_platform, load_platform
from sim import simulate
from workloads import Workflow, WorkflowBuilder

DESCRIBED = load_platform("local")
"""What everybody takes the platform for."""
TRUTH: Mapping[str, object] = {
    "start.provisioning_s": {"kind": "lognormal", "median_s": 0.020, "sigma": 0.2},
    "start.init_s": {"kind": "lognormal", "median_s": 0.050, "sigma": 0.3},
    "start.warm_s": {"kind": "lognormal", "median_s": 0.001, "sigma": 0.3},
    "invocation.call_s": {"kind": "lognormal", "median_s": 0.0015, "sigma": 0.3},
    "ledger.request_s": {"kind": "lognormal", "median_s": 0.0008, "sigma": 0.4},
    "ledger.notify_s": 0.0007,
    "network.connection_bytes_per_s": 400e6,
    "store.get_latency_s": {"kind": "lognormal", "median_s": 0.0008, "sigma": 0.4},
    "store.put_latency_s": {"kind": "lognormal", "median_s": 0.0015, "sigma": 0.2},
    "noise.sigma": 0.05,
}


def hidden_platform(**changes: object) -> Platform:
    """The real platform; more of its figures by path, a double underscore for the dot."""
    return change_platform(DESCRIBED, {**TRUTH, **{path.replace("__", "."): each for path, each in changes.items()}})


def chain_of(*cpu_s: float, io_s: float = 0.0, parallelism: float = 1.0, n_bytes: int = 1000) -> Workflow:
    """Tasks one after the other, each of a function of its own."""
    builder = WorkflowBuilder("chain")
    inputs: list[str] = []
    for i, seconds in enumerate(cpu_s):
        made = builder.add_object(f"o{i}", bytes=n_bytes * (i + 1))
        builder.add_task(f"t{i}", inputs=inputs, outputs=[made], cpu_s=seconds, io_s=io_s, parallelism=parallelism)
        inputs = [made]
    return builder.build()


def runs_of(workflow: Workflow, planners: Iterable[str], platform: Platform, n: int, seed: int = 0) -> list[Run]:
    """Runs under each planner, each with luck of its own; planned for what the platform is taken for."""
    return [
        simulate(workflow, make_planner(planner).plan(workflow, DESCRIBED), platform, seed=seed + n * place + number)
        for place, planner in enumerate(planners)
        for number in range(n)
    ]


class FakeReality:
    """A recorder whose runs are simulated on a hidden platform; instances stay warm as on a real one."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._idle: Counter[int] = Counter()

    def fresh(self) -> None:
        self._idle.clear()

    def run(self, workflow: Workflow, plan: Plan, seed: int) -> Run:
        idle = [{"memory_mb": size_mb, "count": count} for size_mb, count in sorted(self._idle.items())]
        run = simulate(workflow, plan, change_platform(self._platform, {"pool.initial": idle}), seed=seed)
        self._idle = Counter(run.instances["memory_mb"].tolist())
        return run
