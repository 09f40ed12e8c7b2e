"""When nothing is left to happen and a run is not over: who waits for whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

from executor.pool.pool import Pool
from executor.pool.waits import Limit
from executor.worker.view import View
from platforms.sections import Limits

_NOT_YET = -1


class Live(Protocol):
    """One delivery of a worker."""

    @property
    def worker(self) -> int:
        """Which worker."""

    @property
    def memory_mb(self) -> int:
        """The size that it asked for."""

    @property
    def admitted_ns(self) -> int:
        """When it got its instance; −1: it waits for one."""


class Stuck(Protocol):
    """A run that does not move."""

    @property
    def view(self) -> View:
        """What its machines know."""

    @property
    def limits(self) -> Limits:
        """The platform's."""

    @property
    def live(self) -> Mapping[int, Live]:
        """By worker: the present delivery, if it has not ended."""

    @property
    def strays(self) -> Mapping[int, Live]:
        """Deliveries that run although the platform takes them for dead, by any number."""

    @property
    def has_company(self) -> bool:
        """Whether other runs share the pool."""

    def is_committed(self, task: int) -> bool:
        """Whether a task is committed."""

    def worker_name(self, worker: int) -> str:
        """A worker's name for people."""

    def task_name(self, task: int) -> str:
        """A task's name for people."""


_MOST_NAMES = 4

_Waits: TypeAlias = "dict[int, dict[int, int]]"
"""Per worker with work left, whom it waits for: for which task of theirs, or for their instance."""
_INSTANCE = -1


def describe_deadlock(run: Stuck, pool: Pool[Any]) -> str:
    """The waits that keep a run from moving, as one sentence: round a cycle, if there is one."""
    waits = _waits(run, pool)
    cycle = _cycle(waits)[:-1]
    queued = [worker for worker, invocation in run.live.items() if invocation.admitted_ns == _NOT_YET]
    for place, worker in enumerate(cycle):
        if worker in queued:
            cycle = cycle[place:] + cycle[:place]  # told from a limit on, for that is what it is about
            break
    following = [*cycle[1:], *cycle[:1]]
    parts = [_told(run, pool, waits, *pair) for pair in zip(cycle, following, strict=True)]
    parts = parts or [_held_up(run, pool, waits, worker) for worker in queued[:_MOST_NAMES]]
    parts = parts or [f"{len(run.live)} workers live, none of them waits for another"]
    others = pool.waiting - sum(worker in queued for worker in (cycle or queued[:_MOST_NAMES]))
    return f"deadlock: {'; '.join(parts)}" + (f"; so do {others} more" if others else "")


def _told(run: Stuck, pool: Pool[Any], waits: _Waits, worker: int, following: int) -> str:
    """What a worker waits for, of the one that follows it."""
    task = waits[worker][following]
    if task == _INSTANCE:
        return _held_up(run, pool, waits, worker)
    holds = " holds one and" if worker in run.live else ", not called yet,"
    name = run.task_name(task)
    return f"{run.worker_name(worker)}{holds} waits for {name} of {run.worker_name(following)}"


def _held_up(run: Stuck, pool: Pool[Any], waits: _Waits, worker: int) -> str:
    """Which limit a worker waits for, and who uses it up."""
    memory_mb, limits = run.live[worker].memory_mb, run.limits
    limit, size, of_size = limits.concurrency, "", pool.limit_on(memory_mb) is Limit.SIZE_CONCURRENCY
    if of_size:
        limit, size = limits.concurrency_of(memory_mb), f" of {memory_mb} MB"
    strays = [stray for stray in run.strays.values() if stray.memory_mb == memory_mb or not of_size]
    holders = [run.worker_name(holder) for holder in waits.get(worker, ())]
    holders += [f"an earlier epoch of {run.worker_name(stray.worker)}" for stray in strays]
    names = holders[:_MOST_NAMES] + ([f"{len(holders) - _MOST_NAMES} more"] if len(holders) > _MOST_NAMES else [])
    if run.has_company and limit is not None and len(holders) < limit:
        names.append("other runs")
    return f"{run.worker_name(worker)} waits for an instance{size} (at most {limit}, held by {', '.join(names)})"


def _waits(run: Stuck, pool: Pool[Any]) -> _Waits:
    """Who waits for whom.

    One that waits for admission waits for all that hold an instance that counts; any other, for the workers of its
    tasks' parents that are not committed (called or not: who was not called waits for those that would).
    """
    view = run.view
    tasks: dict[int, list[int]] = {}
    for task in range(len(view.parents)):
        if not run.is_committed(task):
            tasks.setdefault(view.worker_for(task), []).append(task)
    holding = {worker: i.memory_mb for worker, i in sorted(run.live.items()) if i.admitted_ns != _NOT_YET}
    waits: _Waits = {}
    for worker, own in tasks.items():
        invocation = run.live.get(worker)
        if invocation is not None and invocation.admitted_ns == _NOT_YET:
            size_mb = invocation.memory_mb
            of_size = pool.limit_on(size_mb) is Limit.SIZE_CONCURRENCY
            waits[worker] = {holder: _INSTANCE for holder, mb in holding.items() if mb == size_mb or not of_size}
        else:
            waits[worker] = _others(run, worker, own)
    return waits


def _others(run: Stuck, worker: int, own: list[int]) -> dict[int, int]:
    """The other workers that a worker's tasks need, each with the first task that they need of it."""
    view = run.view
    others: dict[int, int] = {}
    for parent in sorted({parent for task in own for parent in view.parents[task]}):
        if not run.is_committed(parent) and view.worker_for(parent) != worker:
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
