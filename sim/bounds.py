"""The lower bound of a run: what no plan can beat with the same luck."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.clock import to_s
from sim.copiers import attempt
from sim.job import Job


def lower_bound_s(job: Job) -> float:
    """Seconds from the submission that any run with these draws takes at least, at the plan's sizes.

    The earliest start that the pool allows, then the longest chain of run times (each alone, the least of its
    attempts; what reads ahead overlaps with what it reads), then the upload and commit of a result. Fetches between
    tasks may be saved by sharing workers, so they do not count; neither do waits. Rounded down: what shares a CPU or a
    link may end a nanosecond sooner than it would alone, for each of these times is rounded up by itself.
    """
    setting, luck = job.setting, job.luck
    view = setting.view
    begins, earliest = [0] * len(view.parents), [0] * len(view.parents)
    void = job.split.tasks
    for task in setting.workflow.topological_order.tolist():
        begins[task], earliest[task] = _earliest_ns(job, task, begins, earliest)
    ends = [earliest[goal] + (0 if goal in void else _publish_ns(job, goal)) for goal in view.goals]
    roots = [task for task, parents in enumerate(view.parents) if not parents]
    call = min(luck.call.least_ns(root) for root in roots)
    return to_s(call + _start_ns(job, roots) + max(ends))


def _earliest_ns(job: Job, task: int, begins: Sequence[int], ends: Sequence[int]) -> tuple[int, int]:
    """When a task can begin and end: after all parents.

    Of what it reads ahead it needs the first chunk to compute; when the last one comes, a share of its work is left.
    """
    if task in job.split.tasks:
        return 0, 0  # it is void: nobody waits for it, but for the splitter that says so
    view, run_ns = job.setting.view, _least_run_ns(job, task)
    streamed = view.reads_ahead.get(task, ())
    begin = max((ends[parent] for parent in view.parents[task] if parent not in streamed), default=0)
    begin = max([begin, *(begins[parent] for parent in streamed)])
    end = begin + run_ns
    for parent in streamed:
        chunks = max(view.chunks[found] for found in view.outputs[parent] if found in view.chunks)
        first = begins[parent] + _least_run_ns(job, parent) // chunks
        end = max(end, first + run_ns, ends[parent] + run_ns // chunks)
    return begin, end


def _least_run_ns(job: Job, task: int) -> int:
    copies = [attempt(c, n) for (of, c), runs in job.copy_runs.items() if of == task for n in range(1, runs + 1)]
    attempts = [*range(1, 1 + max(1, job.executions[task])), *copies]
    factor = min(job.luck.factors.of(task, number) for number in attempts)
    setting = job.setting
    return math.floor(setting.io_ns[task] * factor) + math.floor(setting.cpu_alone_ns[task] * factor)


def _publish_ns(job: Job, goal: int) -> int:
    """Upload of the slowest result, then the commit."""
    setting, luck = job.setting, job.luck
    view, network = setting.view, setting.platform.network
    per_byte = 1e9 / network.connection_bytes_per_s if network.connection_bytes_per_s else 0.0
    uploads: Sequence[int] = [
        luck.put.least_ns(found) + math.floor(setting.object_bytes[found] * per_byte)
        for found in view.outputs[goal]
        if view.is_result[found]
    ]
    return max(uploads, default=0) + luck.commit.least_ns(goal)


def _start_ns(job: Job, roots: list[int]) -> int:
    """The cheapest first start: warm only if an instance may be there before the first invocation."""
    setting, luck = job.setting, job.luck
    sizes = {setting.view.size_of(setting.view.worker_for(root)) for root in roots}
    cold = min(
        luck.provisioning.least_ns(root) + luck.least_init_ns(size, root) for root in roots for size in sorted(sizes)
    )
    may_be_warm = bool(setting.platform.pool.initial or setting.plan.prewarms or job.has_company)
    return min(cold, min(luck.warm.least_ns(root) for root in roots)) if may_be_warm else cold
