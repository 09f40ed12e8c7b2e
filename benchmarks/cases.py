"""The cases. Each prints one figure; `python -m benchmarks NAME` runs one, in its own process."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
from simpy import Environment

from benchmarks.planning import TEN_THOUSAND, THREE_HUNDRED, evaluation_overhead, heft_on_8, list_planners, planned
from benchmarks.scenarios import layered, one_store, setting, single_task
from planners.registry import make_planner
from platforms import load_platform
from sim import Arrivals, Setting, poisson, simulate_arrivals, simulate_setting
from sim.watch import watcher
from workloads import load_workflow

REPEATS = 3


def _best_s(work: Callable[[], object]) -> float:
    """The least processor time of a few repetitions: what the code needs when nothing disturbs it."""
    times: list[float] = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


NARROW, WIDE = 20.0, 1_000.0
"""MB/s that a store moves for each worker: about what they want together, and much more than they can take."""


def _simulated(n_tasks: int, *, instance_network: bool = False) -> str:
    return _speed(setting(n_tasks, instance_network=instance_network))


def _shared(n_tasks: int, mb_per_s: float, n_workers: int = 16, *, bursts: bool = True) -> str:
    return _speed(one_store(n_tasks, mb_per_s, n_workers, bursts=bursts))


def _speed(ready: Setting) -> str:
    n_tasks = ready.workflow.n_tasks

    def work() -> None:
        run = simulate_setting(ready, 1)
        assert run.status == "complete"
        assert run.tasks.n_rows == n_tasks

    return f"{n_tasks / _best_s(work):,.0f} tasks/s"


def _faults_that_do_not_happen() -> str:
    """The same run with every rate of faults above 0 and none drawn, against calm: in turns, the least of each."""
    calm, stormy = setting(20_000), setting(20_000, rates=1e-12)
    seconds: dict[Setting, list[float]] = {calm: [], stormy: []}
    for _ in range(3 * REPEATS):
        for ready, times in seconds.items():
            began = time.process_time()
            run = simulate_setting(ready, 1)
            times.append(time.process_time() - began)
            assert not run.operations["outcome"].any()
    return f"{min(seconds[stormy]) / min(seconds[calm]) - 1:+.1%} time"


def _memory() -> str:
    """Peak resident memory of everything, workflow included, above what the imports take."""
    simulate_setting(setting(1_000), 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    n_tasks = 100_000
    ready = setting(n_tasks)
    with tempfile.TemporaryFile() as spool:
        simulate_setting(ready, 1, watch=watcher(ready, 1, spool, check=False))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"{(after - before) * 1024 / n_tasks:,.0f} bytes a task"


def _workflow() -> str:
    began = time.process_time()
    layered(100_000)
    seconds = time.process_time() - began
    tracemalloc.start()
    workflow = layered(100_000)
    size, _ = tracemalloc.get_traced_memory()
    return f"{seconds:.2f} s, {size / 1e6:.0f} MB for {workflow.n_tasks:,} tasks"


def _requests() -> str:
    lambda_s3 = load_platform("aws-lambda-s3")
    single = load_workflow("gen:chain,depth=1")
    ready = Setting(single, make_planner("one-per-task").plan(single, lambda_s3), lambda_s3)
    n = 10_000
    return f"{n / _best_s(lambda: simulate_arrivals([ready], poisson(50, n, 1), seed=1)):,.0f} requests/s"


def _arrivals(rate_per_s: float) -> str:
    """SimFaaS's own set-up at three rates; the mean number of instances over the second half."""
    ready, n = single_task(), 200_000
    results: list[Arrivals] = []
    seconds = _best_s(lambda: results.append(simulate_arrivals([ready], poisson(rate_per_s, n, 1), seed=1)))
    end_s = float(results[0].requests["arrival_s"][-1])
    lives = (results[0].instances[name].clip(end_s / 2, end_s) for name in ("ended_s", "created_s"))
    live = float(np.subtract(*lives).sum()) / (end_s / 2)
    return f"{n / seconds:,.0f} requests/s, {live:,.1f} instances live"


def _million() -> str:
    """Peak resident memory of a million requests, tables included, the imports too."""
    result = simulate_arrivals([single_task()], poisson(400, 1_000_000, 1), seed=1)
    assert result.requests.n_rows == 1_000_000
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"


def _dags() -> str:
    """Small DAGs, each a run of its own with machines and ledger."""
    n = 1_000
    lambda_s3 = load_platform("aws-lambda-s3")
    workflow = load_workflow("gen:forkjoin,width=3")
    ready = Setting(workflow, make_planner("wukong").plan(workflow, lambda_s3), lambda_s3)
    seconds = _best_s(lambda: simulate_arrivals([ready], poisson(20, n, 1), seed=1))
    return f"{n / seconds:,.0f} requests/s, {n * workflow.n_tasks / seconds:,.0f} tasks/s"


def _machine() -> str:
    """SimPy's own bare speed on this machine, now: what the other figures stand against."""
    n = 300_000

    def work() -> None:
        environment = Environment()
        left = iter(range(n))

        def again(_: object) -> None:
            if next(left, None) is not None:
                environment.timeout(1).callbacks.append(again)

        for _ in range(16):
            again(None)
        environment.run()

    return f"{n / _best_s(work):,.0f} bare callbacks/s"


def _heft_100k() -> str:
    workflow, platform = load_workflow("gen:layered,width=1000,depth=100"), load_platform("aws-lambda-s3")
    planner = make_planner("heft")
    return f"{_best_s(lambda: planner.plan(workflow, platform)):.1f} s"


def _command(*arguments: str) -> str:
    """Wall time of a command, the median of five, after one to warm the caches."""
    program = str(Path(sys.executable).parent / "faascast")
    times = []
    for _ in range(6):
        began = time.perf_counter()
        subprocess.run([program, *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return f"{np.median(times[1:]):.2f} s"


CASES: dict[str, tuple[str, Callable[[], str]]] = {
    "machine": ("-", _machine),
    "simulate-1k": ("≥ 40,000 tasks/s", lambda: _simulated(1_000)),
    "simulate-20k": ("≥ 40,000 tasks/s", lambda: _simulated(20_000)),
    "simulate-100k": ("≥ 40,000 tasks/s", lambda: _simulated(100_000)),
    "simulate-20k-instance-network": ("-", lambda: _simulated(20_000, instance_network=True)),
    "shared-1k": ("≥ 20,000 tasks/s", lambda: _shared(1_000, NARROW)),
    "shared-20k": ("≥ 20,000 tasks/s", lambda: _shared(20_000, NARROW)),
    "shared-100k": ("≥ 20,000 tasks/s", lambda: _shared(100_000, NARROW)),
    "shared-1k-wide": ("≥ 20,000 tasks/s", lambda: _shared(1_000, WIDE)),
    "shared-20k-wide": ("≥ 20,000 tasks/s", lambda: _shared(20_000, WIDE)),
    "shared-100k-wide": ("≥ 20,000 tasks/s", lambda: _shared(100_000, WIDE)),
    "shared-20k-no-bursts": ("≥ 20,000 tasks/s", lambda: _shared(20_000, NARROW, bursts=False)),
    "shared-20k-200-instances": ("-", lambda: _shared(20_000, NARROW, 200)),
    "shared-20k-1-instance": ("-", lambda: _shared(20_000, NARROW, 1)),
    "faults-none-happen": ("≤ +5 %", _faults_that_do_not_happen),
    "memory-100k": ("≤ 1,500 bytes a task", _memory),
    "workflow-100k": ("≤ 2 s, ≤ 60 MB", _workflow),
    "requests": ("-", _requests),
    "requests-of-5-tasks": ("-", _dags),
    "arrivals-8": ("≥ 60,000 requests/s", lambda: _arrivals(0.9)),
    "arrivals-245": ("≥ 60,000 requests/s", lambda: _arrivals(97)),
    "arrivals-855": ("≥ 60,000 requests/s", lambda: _arrivals(400)),
    "million-requests": ("≤ 500 MB", _million),
    "heft-8": ("≤ 0.01 / 0.025 / 0.1 s", lambda: heft_on_8(_best_s)),
    "list-10k": ("-", lambda: list_planners("gen:layered,width=100,depth=100")),
    "heft-100k": ("-", _heft_100k),
    "uniform-10k": ("≤ 1 s", lambda: planned("uniform", TEN_THOUSAND)),
    "non-uniform-300": ("≤ 5 s", lambda: planned("non-uniform[optimizations=all]", *THREE_HUNDRED)),
    "evaluation-overhead": ("-", evaluation_overhead),
    "help": ("≤ 0.3 s", lambda: _command("--help")),
    "hello": ("≤ 1.5 s", lambda: _command("hello")),
}
