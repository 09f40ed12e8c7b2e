"""The horizon: a simulator counts nanoseconds in 64 bits, which is 292 years; what cannot end before is refused."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from planners.estimate import cold_start_s, exec_if_run_s
from planners.plan import Plan
from platforms import Platform
from workloads import Fault, Workflow

LONGEST_S = 1e9
"""32 years: what all of a plan may be expected to take, one thing after the other."""
_RAREST = 8.3
"""Standard deviations beyond which nothing is ever drawn, with uniform numbers of 53 bits."""


def beyond_horizon(where: str, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
    """What takes longer than a clock can count: a task without luck, or all that is to be done."""
    sizes_mb = [plan.size_of(task) for task in range(plan.n_tasks)]
    exec_s = exec_if_run_s(workflow, platform, sizes_mb)
    unlucky_s = exec_s * _most_factor(platform)
    slowest = int(unlucky_s.argmax())
    if unlucky_s[slowest] > LONGEST_S:
        field = f"tasks[{workflow.task_names[slowest]!r}] seconds without luck"
        yield Fault(where, field, float(unlucky_s[slowest]), f"at most {LONGEST_S:g}")
    starts_s = sum(platform.invocation.call_s.mean_s + cold_start_s(platform, size_mb) for size_mb in sizes_mb)
    in_all_s = float(exec_s.sum()) + starts_s + _moving_s(workflow, platform) + _asking_s(workflow, platform)
    if in_all_s > LONGEST_S:
        yield Fault(where, "expected seconds of all that is to be done", in_all_s, f"at most {LONGEST_S:g}")


def _most_factor(platform: Platform) -> float:
    """The largest factor that noise can put on a run time."""
    noise = platform.noise
    straggler = noise.straggler_factor if noise.straggler_probability else 1.0
    return straggler * max(1.0, math.exp(_RAREST * noise.sigma - noise.sigma**2 / 2))


def _moving_s(workflow: Workflow, platform: Platform) -> float:
    """Every object up once, and down to each of its readers, alone."""
    network, store = platform.network, platform.store
    readers = np.bincount(workflow.inputs.indices, minlength=workflow.n_objects)
    moved_bytes = float((workflow.object_bytes * (1.0 + readers)).sum())
    of_instance = network.instance and network.instance.sustained_bytes_per_s
    rates = (network.connection_bytes_per_s, of_instance, platform.store_bytes_per_s)
    slowest = min((rate for rate in rates if rate), default=math.inf)
    latencies_s = workflow.n_objects * store.put_latency_s.mean_s + float(readers.sum()) * store.get_latency_s.mean_s
    return moved_bytes / slowest + latencies_s


def _asking_s(workflow: Workflow, platform: Platform) -> float:
    """Commits, reads of dependency sets, and notifications."""
    ledger = platform.ledger
    return workflow.n_tasks * (2 * ledger.request_s.mean_s + ledger.notify_s.mean_s)
