"""Names of workers, for people."""

from __future__ import annotations

from executor.worker.view import View
from planners.plan import Plan
from workloads import Workflow


def worker_name(workflow: Workflow, plan: Plan, view: View, worker: int) -> str:
    """A worker's name: the plan's, or for one that no plan names, what it is there for."""
    if worker < view.n_workers:
        return plan.workers[worker].name
    kind = "copy" if view.is_copy_worker(worker) else "flexible"
    return f"{kind}:{workflow.task_names[view.first_task(worker)]}"
