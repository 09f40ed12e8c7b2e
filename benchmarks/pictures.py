"""A picture of each optimization: the same run without and with it. `python -m benchmarks.pictures [NAME…]`.

Writes docs/optimizations/NAME.png. Each example is as small as shows the point, on a platform of round numbers: a call
takes .1 s, a cold start 1 s, a warm one .1 s, a get or put .05 s and 10 MB/s; the rest next to nothing. Computing and
calls cost what they do on AWS Lambda, so that the pictures tell what time is bought for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from executor.records.run import Run
from faascast.plots import beside, save
from planners.check import check_plan
from planners.goal import Goal
from planners.plan import Plan, PlannedWorker
from planners.switches import all_switches
from platforms import Platform, load_platform
from sim import simulate
from sim.evaluator import SimulatedEvaluator
from workloads import Workflow, WorkflowBuilder

OUT = Path(__file__).parent.parent / "docs" / "optimizations"
SEED = 1
MB = 1_000_000
_ROUND = {
    "call_s": 0.1,
    "provisioning_s": 0.7,
    "start.init_s": 0.3,
    "warm_s": 0.1,
    "put_latency_s": 0.05,
    "get_latency_s": 0.05,
    "ledger.request_s": 0.01,
    "notify_s": 0.01,
    "connection_bytes_per_s": 10 * MB,
    "parallel_transfers": 4,
    "callers": 1,
    "client_callers": 1,
    "prices.usd_per_gb_s": 1.66667e-5,
    "prices.usd_per_invocation": 2e-7,
}
Example = tuple[Workflow, Plan, Platform]


def _platform(**settings: object) -> Platform:
    return load_platform("ideal", _ROUND | settings)


def _workflow(name: str, *tasks: tuple[str, float, str, float], function: str | None = None) -> Workflow:
    """Each task: its name, seconds, what it reads (names of tasks), and the MB it makes; a function each, or one."""
    builder = WorkflowBuilder(name)
    for task, cpu_s, parents, made_mb in tasks:
        builder.add_object(f"of {task}", int(made_mb * MB))
        inputs = [f"of {each}" for each in parents.split()]
        builder.add_task(task, function=function, cpu_s=cpu_s, inputs=inputs, outputs=[f"of {task}"])
    return builder.build()


def _plan(workflow: Workflow, assignment: Sequence[int | None], sizes_mb: Sequence[int] = ()) -> Plan:
    n_workers = 1 + max((worker for worker in assignment if worker is not None), default=-1)
    sizes = sizes_mb or [1769] * n_workers
    return Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=tuple(PlannedWorker(f"w{i}", size_mb) for i, size_mb in enumerate(sizes)),
        assignment=tuple(assignment),
        flexible_mb=1769 if None in assignment else None,
        priority=tuple(range(workflow.n_tasks)),
    )


def _preload() -> Example:
    workflow = _workflow("two parents", ("short", 1, "", 20), ("long", 5, "", 0), ("join", 1, "short long", 0))
    return workflow, _plan(workflow, (0, 1, 1)), _platform()


def _prewarm() -> Example:
    workflow = _workflow("three sizes", ("a", 2, "", 1), ("b", 2, "a", 1), ("c", 2, "b", 1))
    return workflow, _plan(workflow, (0, 1, 2), (1769, 1770, 1771)), _platform()


def _duplicate() -> Example:
    workflow = _workflow(
        "a short task behind a long one",
        ("long", 5, "", 0), ("short", 0.5, "", 0), ("other", 2, "", 0), ("join", 2, "other short", 0),
    )  # fmt: skip
    return workflow, _plan(workflow, (0, 0, 1, 1)), _platform()


def _backup() -> Example:
    workflow = _workflow("stragglers", *((f"t{i}", 2, "", 0) for i in range(4)), ("join", 0.5, "t0 t1 t2 t3", 0))
    straggling = {"noise.straggler_probability": 0.25, "noise.straggler_factor": 5.0}
    return workflow, _plan(workflow, (0, 1, 2, 3, 0)), _platform(**straggling)


def _fan_out() -> Example:
    workflow = _workflow("a large object", ("root", 1, "", 40), *((f"t{i}", 1, "root", 0) for i in range(4)))
    return workflow, _plan(workflow, [None] * 5), _platform()


def _fan_in() -> Example:
    workflow = _workflow(
        "a join for a busy worker",
        ("large", 1, "", 60), ("small", 3, "", 0), ("more", 8, "large", 0), ("join", 1, "large small", 0),
    )  # fmt: skip
    return workflow, _plan(workflow, [None] * 4), _platform()


def _delay_io() -> Example:
    workflow = _workflow("large beside small", ("large", 1, "", 60), ("small", 2, "", 1), ("join", 1, "large small", 0))
    return workflow, _plan(workflow, [None] * 3), _platform()


def _async_upload() -> Example:
    workflow = _workflow("a chain of workers", ("a", 2, "", 8), ("b", 2, "a", 8), ("c", 2, "b", 0))
    return workflow, _plan(workflow, (0, 1, 2)), _platform(**{"keep_alive_s": 0.0})


def _stream() -> Example:
    workflow = _workflow("a pipeline", ("make", 4, "", 40), ("use", 4, "make", 0))
    return workflow, _plan(workflow, (0, 1)), _platform()


def _fan_out_helper() -> Example:
    workflow = _workflow("many children", *((f"t{i:02}", 1, "", 0) for i in range(20)), function="child")
    return workflow, _plan(workflow, [None] * 20), _platform(callers=1)


EXAMPLES: dict[str, Callable[[], Example]] = {
    "preload": _preload,
    "prewarm": _prewarm,
    "duplicate": _duplicate,
    "backup": _backup,
    "cluster-fan-out": _fan_out,
    "cluster-fan-in": _fan_in,
    "delay-io": _delay_io,
    "async-upload": _async_upload,
    "stream": _stream,
    "fan-out-helper": _fan_out_helper,
}


def runs_of(name: str, seed: int = SEED) -> tuple[Run, Run]:
    """The example's run without the optimization, and with the best of its proposals."""
    workflow, plan, platform = EXAMPLES[name]()
    evaluator = SimulatedEvaluator(workflow, platform, SEED)
    proposals = all_switches()[name].proposals(plan, workflow, platform, evaluator.observe(plan))
    runnable = [each for each in proposals if not check_plan(each, workflow, platform)]
    best = min(runnable, key=lambda each: Goal().key(evaluator.evaluate(each)))
    without, with_it = (simulate(workflow, each, platform, seed=seed) for each in (plan, best))
    return without, with_it


def main() -> None:
    """Draw."""
    OUT.mkdir(exist_ok=True)
    for name in sys.argv[1:] or EXAMPLES:
        without, with_it = runs_of(name)
        save(beside((without, with_it), (f"without {name}", f"with {name}")), OUT / f"{name}.png")
        print(f"{name}: {without.makespan_s:.2f} s, with it {with_it.makespan_s:.2f} s")


if __name__ == "__main__":
    main()
