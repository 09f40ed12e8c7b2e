"""What is simulated: layered workflows on 16 workers, so that most data crosses between workers."""

from __future__ import annotations

from planners.plan import Plan, PlannedWorker
from planners.registry import make_planner
from platforms import Platform, load_platform
from platforms.faults import FaultRates, Faults
from sim import Setting
from workloads import Workflow, load_workflow

WIDTH = 100
WORKERS = 16


def layered(n_tasks: int, width: int = WIDTH, more: str = "") -> Workflow:
    """Layers of 100 tasks, each reading about two objects of the layer before."""
    return load_workflow(f"gen:layered,width={width},depth={n_tasks // width}{more}")


def spread(workflow: Workflow, n_workers: int = WORKERS) -> Plan:
    """Task i on worker i mod 16."""
    n = workflow.n_tasks
    return Plan(
        planner="spread",
        workflow=workflow.fingerprint,
        workers=tuple(PlannedWorker(f"w{i}", 1769) for i in range(n_workers)),
        assignment=tuple(i % n_workers for i in range(n)),
        flexible_mb=None,
        priority=tuple(range(n)),
    )


def platform(*, instance_network: bool) -> Platform:
    """AWS Lambda with S3 and no time limit; transfers each alone, or sharing their instance's token bucket."""
    overrides: dict[str, object] = {"limits.max_duration_s": "none"}
    if not instance_network:
        overrides["network.instance"] = "none"
    return load_platform("aws-lambda-s3", overrides)


def setting(n_tasks: int, *, instance_network: bool = False, rates: float = 0.0) -> Setting:
    """Everything ready to run; ``rates`` are those of all faults."""
    workflow, calm = layered(n_tasks), platform(instance_network=instance_network)
    return Setting(workflow, spread(workflow), with_faults(calm, rates) if rates else calm)


def with_faults(platform: Platform, rates: float) -> Platform:
    """The platform with all rates of faults alike, and somebody who asks for messages that may be lost."""
    faults = Faults(rates=FaultRates(**dict.fromkeys(FaultRates.model_fields, rates)), poll_s=30.0)
    return platform.model_copy(update={"faults": faults})


def one_store(n_tasks: int, mb_per_s: float, n_workers: int = WORKERS, *, bursts: bool = True) -> Setting:
    """Objects of 1 to 100 MB (lognormal, 15 MB on average) in a store that moves so much per worker in each direction.

    A worker with nothing but its CPU in its way would read 27 MB a second, and write 15.
    """
    workflow = layered(n_tasks, max(WIDTH, min(n_tasks, 6 * n_workers)), ",bytes=15000000,spread=0.8")
    overrides: dict[str, object] = {
        "limits.max_duration_s": "none",
        "network.model": "shared",
        "store.total_bytes_per_s": mb_per_s * 1e6 * n_workers,
    }
    if not bursts:
        overrides["network.instance"] = "none"
    return Setting(workflow, spread(workflow, n_workers), load_platform("aws-lambda-s3", overrides))


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
