"""When nothing is left to happen and the run is not over: who waits for whom."""

from __future__ import annotations

from sim.job import NOT_YET, Job


def describe_deadlock(job: Job, waiting: int) -> str:
    """The waits that keep a run from moving, as one sentence; a cycle is named as such."""
    waits = _waits(job)
    cycle = _cycle(waits)
    names = [job.worker_name(worker) for worker in cycle]
    chain = " → ".join(names) if names else f"{len(job.live)} workers live, none of them in a cycle of waits"
    queued = f"; waiting for admission: {waiting}" if waiting else ""
    return f"deadlock: {chain}{queued}"


def _waits(job: Job) -> dict[int, list[int]]:
    """Per worker with work left, whom it waits for.

    One that waits for admission waits for all that hold an instance; any other, for the workers of its tasks' parents
    that are not committed (called or not: who was not called waits for those that would).
    """
    view, ledger = job.setting.view, job.ledger
    tasks: dict[int, list[int]] = {}
    for task in range(len(view.parents)):
        if not ledger.committed_version(task):
            tasks.setdefault(view.worker_for(task), []).append(task)
    holding = [worker for worker, invocation in job.live.items() if invocation.admitted_ns != NOT_YET]
    waits: dict[int, list[int]] = {}
    for worker, own in tasks.items():
        invocation = job.live.get(worker)
        if invocation is not None and invocation.admitted_ns == NOT_YET:
            waits[worker] = sorted(holding)
        else:
            open_parents = {p for task in own for p in view.parents[task] if not ledger.committed_version(p)}
            waits[worker] = sorted({view.worker_for(parent) for parent in open_parents} - {worker})
    return waits


def _cycle(waits: dict[int, list[int]]) -> list[int]:
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
