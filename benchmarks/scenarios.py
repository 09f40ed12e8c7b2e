"""What is simulated: layered workflows on 16 workers, so that most data crosses between workers."""

from __future__ import annotations

from planners.plan import Plan, PlannedWorker
from planners.registry import make_planner
from platforms import Platform, load_platform
from sim import Setting
from workloads import Workflow, load_workflow

WIDTH = 100
WORKERS = 16


def layered(n_tasks: int) -> Workflow:
    """Layers of 100 tasks, each reading about two objects of the layer before."""
    return load_workflow(f"gen:layered,width={WIDTH},depth={n_tasks // WIDTH}")


def spread(workflow: Workflow) -> Plan:
    """Task i on worker i mod 16."""
    n = workflow.n_tasks
    return Plan(
        planner="spread",
        workflow=workflow.fingerprint,
        workers=tuple(PlannedWorker(f"w{i}", 1769) for i in range(WORKERS)),
        assignment=tuple(i % WORKERS for i in range(n)),
        flexible_mb=None,
        priority=tuple(range(n)),
    )


def platform(*, instance_network: bool) -> Platform:
    """AWS Lambda with S3 and no time limit; transfers each alone, or sharing their instance's token bucket."""
    overrides: dict[str, object] = {"limits.max_duration_s": "none"}
    if not instance_network:
        overrides["network.instance"] = "none"
    return load_platform("aws-lambda-s3", overrides)


def setting(n_tasks: int, *, instance_network: bool = False) -> Setting:
    """Everything ready to run."""
    workflow = layered(n_tasks)
    return Setting(workflow, spread(workflow), platform(instance_network=instance_network))


def single_task() -> Setting:
    """The README's point of SimFaaS: a service of 1.991 s (exponential), .253 s more if cold; kept alive for 600 s."""
    overrides = {
        "ledger.request_s": {"kind": "exponential", "mean_s": 1.991},
        "start.provisioning_s": 0.253,
        "keep_alive_s": 600,
        "routing": "newest",
    }
    workflow, ideal = load_workflow("gen:chain,depth=1,cpu_s=0,bytes=0"), load_platform("ideal", overrides)
    return Setting(workflow, make_planner("one-per-task").plan(workflow, ideal), ideal)
