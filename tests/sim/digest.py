"""Every byte of some runs as one digest each.

`python -m tests.sim.digest` prints them, so that one process can be compared with another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from executor.records.run import Run
from planners.plan import Plan, Prewarm
from planners.registry import make_planner
from platforms import Platform, load_platform
from sim import simulate
from tests.planners.examples import unaided_planners
from tests.sim.small import plan_of
from workloads import Workflow, load_workflow

TABLES = ("tasks", "transfers", "invocations", "instances", "operations")


def digest_of(run: Run) -> str:
    """SHA-256 over all tables, the bill, and what became of the run."""
    digest = hashlib.sha256()
    for name in TABLES:
        table = getattr(run, name)
        for column in table:
            values = table[column]
            content = repr(values.tolist()).encode() if values.dtype == object else values.tobytes()
            digest.update(f"{name}.{column}:{values.dtype.str}:{len(content)}:".encode() + content)
    digest.update(repr((run.status, run.failure, run.makespan_ns, run.lower_bound_s, run.bill)).encode())
    digest.update(repr(run.critical_path()).encode())
    return digest.hexdigest()


def cases() -> Iterator[tuple[str, Workflow, Plan, Platform]]:
    """Planners that ask nobody, on a noisy platform; all kinds of workers where instances are short and die."""
    workflow = load_workflow("gen:layered,width=5,depth=4,seed=3")
    platform = load_platform("aws-lambda-s3", {"noise.sigma": 0.2})
    for name in unaided_planners():
        yield name, workflow, make_planner(name).plan(workflow, platform), platform
    mixed = [None if task % 4 == 3 else task % 3 for task in range(workflow.n_tasks)]
    plan = plan_of(workflow, mixed, hold=False)
    prewarms = (Prewarm(plan.workers[0].memory_mb, 0.5, 2), Prewarm(512, 0.0))
    scarce = {
        "limits": {"concurrency": 3, "max_duration_s": 4.0, "max_attempts": 9},
        "routing": "random",
        "half_life_s": 2.0,
        "noise.straggler_probability": 0.1,
        "noise.straggler_factor": 3.0,
    }
    yield "mixed", workflow, _with_prewarms(plan, prewarms), load_platform("aws-lambda-s3", scarce)
    refusing = {"limits": {"concurrency": 3, "over_limit": "refuse", "backoff": {"attempts": 30}}, "host.cores": 2.0}
    yield "refusing", workflow, plan, load_platform("aws-lambda-redis", refusing)


def _with_prewarms(plan: Plan, prewarms: tuple[Prewarm, ...]) -> Plan:
    return Plan(**{name: getattr(plan, name) for name in plan.__struct_fields__} | {"prewarms": prewarms})


def digests(seed: int) -> dict[str, str]:
    """The digest of each case's run."""
    return {
        name: digest_of(simulate(workflow, plan, platform, seed=seed)) for name, workflow, plan, platform in cases()
    }


if __name__ == "__main__":
    for name, digest in digests(seed=7).items():
        print(name, digest)
