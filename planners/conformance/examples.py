"""What planners are tried on: a platform of round numbers, and small workflows of every shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from platforms import Platform, change_platform, load_platform
from workloads import Workflow, WorkflowBuilder

_MB = 1_000_000
_MANY = 1_000
_IRREGULAR = 10


def round_platform(**overrides: object) -> Platform:
    """One vCPU a worker; call .1, cold start .5, warm .2, put .05, get .03, ledger .01, word .005, 1 MB/s.

    Four transfers, two calls of a worker and one of the client at a time; the same in every run.
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


def priced_platform() -> Platform:
    """The same, where time is money: 2e-5 USD a GB-s, 1e-6 a call."""
    return round_platform(**{"prices.usd_per_gb_s": 2e-5, "prices.usd_per_invocation": 1e-6})


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


def distinct(order: Sequence[int] = range(9), prefix: str = "task") -> Workflow:
    """A fan-out of three chains and their fan-in, no two times or sizes alike: a planner has no ties to break.

    Its tasks are added in the order asked for, which must have parents before their children.
    """
    builder = WorkflowBuilder("fan-out and fan-in")
    parents = ((), (0,), (0,), (0,), (1,), (2,), (3,), (4, 5, 6), (7,))
    cpu_s = (0.37, 3.1, 1.7, 2.3, 1.13, 4.9, 0.71, 1.9, 0.53)
    for i in order:
        builder.add_object(f"{prefix} {i} made", round((0.11 + 0.37 * i + 0.013 * i * i) * _MB))
    for i in order:
        builder.add_task(
            f"{prefix} {i}",
            function=f"f{i}",
            cpu_s=cpu_s[i],
            parallelism=1 + i % 3,
            inputs=[f"{prefix} {parent} made" for parent in parents[i]],
            outputs=[f"{prefix} {i} made"],
        )
    return builder.build()


_OTHER_ORDER = (0, 3, 2, 1, 6, 4, 5, 7, 8)
"""Another order in which the tasks of `distinct` may be added."""


def irregular(number: int, *, reordered: bool = False) -> Workflow:
    """One of any number of DAGs with 2 to 12 tasks, no two times or sizes alike; or with its tasks in another order."""
    draw = np.random.default_rng(number)
    n_tasks = int(draw.integers(2, 13))
    n_parents = [min(task, int(draw.choice([0, 1, 1, 2, 3]))) for task in range(n_tasks)]
    parents = [draw.choice(task, n, replace=False).tolist() if n else [] for task, n in enumerate(n_parents)]
    cpu_s = draw.uniform(0.05, 6.0, n_tasks).tolist()
    made_bytes = draw.integers(1_000, 4 * _MB, n_tasks).tolist()
    parallelism = draw.choice([1.0, 2.0, 4.0], n_tasks).tolist()
    builder = WorkflowBuilder(f"irregular {number}")
    for task in _any_order(parents, draw) if reordered else range(n_tasks):
        builder.add_object(f"made by {task}", made_bytes[task])
        builder.add_task(
            f"task {task}",
            function=f"f{task}",
            cpu_s=cpu_s[task],
            parallelism=parallelism[task],
            inputs=[f"made by {parent}" for parent in sorted(parents[task])],
            outputs=[f"made by {task}"],
        )
    return builder.build()


def _any_order(parents: Sequence[Sequence[int]], draw: np.random.Generator) -> list[int]:
    """The tasks, parents before children."""
    order: list[int] = []
    while len(order) < len(parents):
        left = [task for task in range(len(parents)) if task not in order]
        order.append(int(draw.choice([task for task in left if {*parents[task]} <= {*order}])))
    return order


def reordered_workflows() -> Iterator[tuple[Workflow, Workflow]]:
    """Workflows without ties, each as it is and with its tasks in another order."""
    yield distinct(), distinct(_OTHER_ORDER)
    for number in range(_IRREGULAR):
        yield irregular(number), irregular(number, reordered=True)


def without_turns(platform: Platform) -> Platform:
    """The platform, where nobody queues for a call, a fetch or the ledger, or is first to have a warm instance."""
    many = dict.fromkeys(("callers", "client_callers", "parallel_transfers"), _MANY)
    return change_platform(platform, {**many, "keep_alive_s": 0, "ledger.request_s": 0})


def small_workflows() -> tuple[Workflow, ...]:
    """One task, chains, stars and fan-ins, with data or none, with tasks that take no time."""
    return (
        roots(1.0),
        roots(0.0, 0.0, 0.0),
        chain(1.0, 2.0, 3.0, size_bytes=_MB),
        chain(0.0, 0.0, 0.0),
        star(1.0, 2.0, 3.0, 4.0, 5.0, size_bytes=_MB),
        star(0.0, 0.0, 0.0, root_s=0.0),
        distinct(),
    )


def large_workflows(n_tasks: int = 10_000) -> tuple[Workflow, ...]:
    """A chain, a star, and a grid a hundred wide."""
    builder = WorkflowBuilder("grid")
    for i in range(n_tasks):
        above = [f"t{i - 100 - i % 100 + k % 100}" for k in (i % 100, i % 100 + 1)] if i >= 100 else []
        builder.add_task(f"t{i}", cpu_s=0.1, after=above)
    return (chain(*[0.1] * n_tasks), star(*[0.1] * (n_tasks - 1)), builder.build())
