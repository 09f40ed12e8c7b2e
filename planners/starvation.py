"""Starvation: how many workers can be stuck at once, each with an instance that others need to start.

Nothing moves only when a limit is used up by workers that hold their instances and cannot go on. Where calls over a
limit queue, such a worker waits for tasks of others: it holds, and what its tasks need of others is not all done
when it is called. Of two workers of which one is called only after all that the other needs is done, one at most
waits. So those that can wait are put into as few such sequences as are easily found: of each, one at most waits.

Where calls over a limit are refused, a caller keeps its instance until it gets through, whatever is done by then; so
all that can wait or call are counted. One that is called early waits for others though it may have but one task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from planners.ancestry import BLOCK, Bits, Kin

_MOST_ENTRIES = 64
"""A worker that may be called first for more tasks than this is taken to wait, whatever the others do."""


def most_stuck(kin: Kin, counts: Callable[[int], bool], *, whatever_is_done: bool) -> int:
    """An upper bound of the workers, of sizes that count, that are stuck at once.

    ``whatever_is_done``: all that can wait or call, even for what is done by then.
    """
    plan = kin.plan
    mine = [worker for worker in kin.waiters if counts(plan.workers[worker].memory_mb) and kin.needs(worker)]
    if not whatever_is_done:
        return _n_sequences(kin, mine)
    if plan.orders.fan_out_helpers is not None:  # whoever is called may have a share of others' calls to make
        return sum(counts(plan.size_of(task)) for task in _one_per_worker(kin))
    calling = {worker for worker in _calling(kin) if counts(plan.workers[worker].memory_mb)}
    flexible = sum(_may_call(kin, task) for task in range(plan.n_tasks)) if counts(plan.flexible_mb or 0) else 0
    return len(calling.union(mine)) + flexible


def _one_per_worker(kin: Kin) -> Iterator[int]:
    """A task of each worker that a run can have."""
    seen: set[int] = set()
    for task, worker in enumerate(kin.plan.assignment):
        if worker is None or worker not in seen:
            yield task
        if worker is not None:
            seen.add(worker)


def _calling(kin: Kin) -> set[int]:
    """Named workers with a task that another worker's needs."""
    worker_of = kin.plan.assignment
    return {
        worker
        for task, worker in enumerate(worker_of)
        if worker is not None and any(worker_of[child] != worker for child in kin.children[task])
    }


def _may_call(kin: Kin, task: int) -> bool:
    """Whether a task is flexible, and whoever runs it may have to call another worker for a child."""
    plan, children = kin.plan, kin.children[task]
    goes_on = len(children) == 1 and plan.assignment[children[0]] is None and len(kin.parents[children[0]]) == 1
    return plan.assignment[task] is None and bool(children) and not goes_on


def _n_sequences(kin: Kin, mine: Sequence[int]) -> int:
    """Sequences that those who can wait fall into; first fit, from the latest on."""
    served = _served_before(kin, mine)
    place = {task: k for k, task in enumerate(kin.order)}
    last_need = [max(place[task] for task in kin.needs(worker)) for worker in mine]
    last: list[int] = []
    for k in sorted(range(len(mine)), key=last_need.__getitem__):
        if served[k] >> k & 1:
            continue
        before = next((i for i in reversed(range(len(last))) if served[last[i]] >> k & 1), None)
        if before is not None:
            del last[before]
        last.append(k)
    return len(last)


def _served_before(kin: Kin, mine: Sequence[int]) -> list[Bits]:
    """Per worker, those that are called only after all that it needs is done; itself, if it never waits.

    Bits are places in ``mine``. This is an order (transitive) of those that can wait.
    """
    served = [0] * len(mine)
    for marks, entries in _in_blocks(kin, mine):
        reached = kin.after(entries)
        for k, worker in enumerate(mine):
            of_all = -1
            for task in kin.needs(worker):
                of_all &= reached[task]
            if of_all:
                served[k] |= sum(1 << other for other, mark in marks.items() if of_all & mark == mark)
    return served


def _in_blocks(kin: Kin, mine: Sequence[int]) -> Iterator[tuple[dict[int, Bits], list[Bits]]]:
    """A block of entries at a time: per worker (its place in ``mine``) the bits of its entries; per task its bit."""
    marks: dict[int, Bits] = {}
    bits = [0] * kin.plan.n_tasks
    n = 0
    for k, worker in enumerate(mine):
        entries = kin.entries(worker)
        if len(entries) > _MOST_ENTRIES:
            continue
        marks[k] = ((1 << len(entries)) - 1) << n
        for task in entries:
            bits[task] |= 1 << n
            n += 1
        if n >= BLOCK:
            yield marks, bits
            marks, bits, n = {}, [0] * kin.plan.n_tasks, 0
    if marks:
        yield marks, bits
