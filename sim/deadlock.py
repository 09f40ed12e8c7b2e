"""When nothing is left to happen and the run is not over: who waits for whom."""

from __future__ import annotations

from typing import TypeAlias

from executor.pool.waits import Limit
from executor.records.left import NOT_YET
from sim.job import Job
from sim.pool import Pool

_MOST_NAMES = 4

_Waits: TypeAlias = "dict[int, dict[int, int]]"
"""Per worker with work left, whom it waits for: for which task of theirs, or for their instance."""
_INSTANCE = -1


def describe_deadlock(job: Job, pool: Pool) -> str:
    """The waits that keep a run from moving, as one sentence: round a cycle, if there is one."""
    waits = _waits(job, pool)
    cycle = _cycle(waits)[:-1]
    queued = [worker for worker, invocation in job.live.items() if invocation.admitted_ns == NOT_YET]
    for place, worker in enumerate(cycle):
        if worker in queued:
            cycle = cycle[place:] + cycle[:place]  # told from a limit on, for that is what it is about
            break
    following = [*cycle[1:], *cycle[:1]]
    parts = [_told(job, pool, waits, *pair) for pair in zip(cycle, following, strict=True)]
    parts = parts or [_held_up(job, pool, waits, worker) for worker in queued[:_MOST_NAMES]]
    parts = parts or [f"{len(job.live)} workers live, none of them waits for another"]
    others = pool.waiting - sum(worker in queued for worker in (cycle or queued[:_MOST_NAMES]))
    return f"deadlock: {'; '.join(parts)}" + (f"; so do {others} more" if others else "")


def _told(job: Job, pool: Pool, waits: _Waits, worker: int, following: int) -> str:
    """What a worker waits for, of the one that follows it."""
    task = waits[worker][following]
    if task == _INSTANCE:
        return _held_up(job, pool, waits, worker)
    holds = " holds one and" if worker in job.live else ", not called yet,"
    name = job.setting.workflow.task_names[task]
    return f"{job.worker_name(worker)}{holds} waits for {name} of {job.worker_name(following)}"


def _held_up(job: Job, pool: Pool, waits: _Waits, worker: int) -> str:
    """Which limit a worker waits for, and who uses it up."""
    memory_mb, limits = job.live[worker].memory_mb, job.setting.platform.limits
    limit, size, of_size = limits.concurrency, "", pool.limit_on(memory_mb) is Limit.SIZE_CONCURRENCY
    if of_size:
        limit, size = limits.concurrency_of(memory_mb), f" of {memory_mb} MB"
    strays = [stray for stray in job.strays.values() if stray.memory_mb == memory_mb or not of_size]
    holders = [job.worker_name(holder) for holder in waits.get(worker, ())]
    holders += [f"an earlier epoch of {job.worker_name(stray.worker)}" for stray in strays]
    names = holders[:_MOST_NAMES] + ([f"{len(holders) - _MOST_NAMES} more"] if len(holders) > _MOST_NAMES else [])
    if job.has_company and limit is not None and len(holders) < limit:
        names.append("other runs")
    return f"{job.worker_name(worker)} waits for an instance{size} (at most {limit}, held by {', '.join(names)})"


def _waits(job: Job, pool: Pool) -> _Waits:
    """Who waits for whom.

    One that waits for admission waits for all that hold an instance that counts; any other, for the workers of its
    tasks' parents that are not committed (called or not: who was not called waits for those that would).
    """
    view, ledger = job.setting.view, job.ledger
    tasks: dict[int, list[int]] = {}
    for task in range(len(view.parents)):
        if not ledger.committed_version(task):
            tasks.setdefault(view.worker_for(task), []).append(task)
    holding = {worker: i.memory_mb for worker, i in sorted(job.live.items()) if i.admitted_ns != NOT_YET}
    waits: _Waits = {}
    for worker, own in tasks.items():
        invocation = job.live.get(worker)
        if invocation is not None and invocation.admitted_ns == NOT_YET:
            size_mb = invocation.memory_mb
            of_size = pool.limit_on(size_mb) is Limit.SIZE_CONCURRENCY
            waits[worker] = {holder: _INSTANCE for holder, mb in holding.items() if mb == size_mb or not of_size}
        else:
            waits[worker] = _others(job, worker, own)
    return waits


def _others(job: Job, worker: int, own: list[int]) -> dict[int, int]:
    """The other workers that a worker's tasks need, each with the first task that they need of it."""
    view, ledger = job.setting.view, job.ledger
    others: dict[int, int] = {}
    for parent in sorted({parent for task in own for parent in view.parents[task]}):
        if not ledger.committed_version(parent) and view.worker_for(parent) != worker:
            others.setdefault(view.worker_for(parent), parent)
    return dict(sorted(others.items()))


def _cycle(waits: _Waits) -> list[int]:
    """Some cycle of waits, its first worker repeated at its end; empty if there is none. Depth first."""
    done: set[int] = set()
    for first in waits:
        path, place = [first], {first: 0}
        branches = [iter(waits[first])]
        while branches:
            following = next(branches[-1], None)
            if following is None:
                branches.pop()
                worker = path.pop()
                done.add(worker)
                del place[worker]
            elif following in place:
                return [*path[place[following] :], following]
            elif following in waits and following not in done:
                place[following] = len(path)
                path.append(following)
                branches.append(iter(waits[following]))
    return []
