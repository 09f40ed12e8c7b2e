"""When nothing is left to happen and the run is not over: who waits for whom."""

from __future__ import annotations

from sim.job import Job


def describe_deadlock(job: Job, waiting: int) -> str:
    """The waits that keep a run from moving, as one sentence; a cycle is named as such."""
    waits = _waits(job)
    cycle = _cycle(waits)
    chain = " → ".join(cycle) if cycle else "; ".join(f"{w} waits for {', '.join(sorted(f))}" for w, f in waits.items())
    queued = f"; waiting for admission: {waiting}" if waiting else ""
    return f"deadlock: {chain or 'no worker is live'}{queued}"


def _waits(job: Job) -> dict[str, set[str]]:
    """Per live worker, whom it waits for: its tasks' missing parents' workers; all that run, if it is queued."""
    view, ledger = job.setting.view, job.ledger
    running = [i for i in job.live.values() if i.status == "running"]
    waits: dict[str, set[str]] = {}
    for invocation in job.live.values():
        name = job.worker_name(invocation.worker)
        if invocation.status == "waiting":
            waits[name] = {job.worker_name(other.worker) for other in running}
            continue
        missing = {
            parent
            for task in (view.tasks_of[invocation.worker] if invocation.worker < view.n_workers else ())
            for parent in view.parents[task]
            if not ledger.committed_version(parent)
        }
        waits[name] = {job.worker_name(view.worker_for(parent)) for parent in missing} - {name}
    return waits


def _cycle(waits: dict[str, set[str]]) -> list[str]:
    """Some cycle of waits, first worker repeated at its end; empty if there is none."""
    for first in waits:
        path = [first]
        seen = {first: 0}
        while following := sorted(name for name in waits.get(path[-1], ()) if name in waits):
            if following[0] in seen:
                return [*path[seen[following[0]] :], following[0]]
            seen[following[0]] = len(path)
            path.append(following[0])
    return []
