"""Forecast and explain how a workflow runs on a serverless platform, start-up included.

    import faascast

    run = faascast.simulate("montage", "heft", "aws-lambda-s3", seed=1)
    run.makespan_s, run.cost_usd, run.tasks.to_pandas()

    faascast.compare("montage", ["one-per-task", "wukong", "heft"]).summary

What is here is imported when it is first used, so that `faascast --help` loads nothing it does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from executor.local.platform import LocalPlatform
    from executor.local.run import RunFailed
    from executor.records.run import Run
    from faascast.experiments.arrivals import arrivals
    from faascast.experiments.calibration.calibrate import Calibration, calibrate
    from faascast.experiments.compare import compare
    from faascast.experiments.comparison import Comparison
    from faascast.experiments.execution import ExecutedRun, run
    from faascast.experiments.search import Search, search
    from faascast.experiments.simulation import simulate
    from faascast.experiments.sweep import Sweep, sweep
    from faascast.experiments.traffic import Traffic
    from faascast.experiments.validation.validate import validate, validate_recorded
    from faascast.experiments.validation.validation import Validation
    from faascast.faults import BadInput
    from faascast.history.learn import learn
    from faascast.results.saving import load_run, save
    from faascast.traces import save_trace
    from planners.plan import Plan
    from planners.registry import make_planner
    from platforms import Platform, load_platform
    from workloads import Workflow, WorkflowBuilder, load_workflow
    from workloads.program import Lanes, Node, Program, command, map, task  # noqa: A004 (it is for tasks)

_HOMES = {
    "BadInput": "faascast.faults",
    "Calibration": "faascast.experiments.calibration.calibrate",
    "Comparison": "faascast.experiments.comparison",
    "ExecutedRun": "faascast.experiments.execution",
    "Lanes": "workloads.program",
    "LocalPlatform": "executor.local.platform",
    "Node": "workloads.program",
    "Plan": "planners.plan",
    "Platform": "platforms",
    "Program": "workloads.program",
    "Run": "executor.records.run",
    "RunFailed": "executor.local.run",
    "Search": "faascast.experiments.search",
    "Sweep": "faascast.experiments.sweep",
    "Traffic": "faascast.experiments.traffic",
    "Validation": "faascast.experiments.validation.validation",
    "Workflow": "workloads",
    "WorkflowBuilder": "workloads",
    "arrivals": "faascast.experiments.arrivals",
    "calibrate": "faascast.experiments.calibration.calibrate",
    "command": "workloads.program",
    "compare": "faascast.experiments.compare",
    "learn": "faascast.history.learn",
    "load_platform": "platforms",
    "load_run": "faascast.results.saving",
    "load_workflow": "workloads",
    "make_planner": "planners.registry",
    "map": "workloads.program",
    "run": "faascast.experiments.execution",
    "save": "faascast.results.saving",
    "save_trace": "faascast.traces",
    "search": "faascast.experiments.search",
    "simulate": "faascast.experiments.simulation",
    "sweep": "faascast.experiments.sweep",
    "task": "workloads.program",
    "validate": "faascast.experiments.validation.validate",
    "validate_recorded": "faascast.experiments.validation.validate",
}

__all__ = [
    "BadInput",
    "Calibration",
    "Comparison",
    "ExecutedRun",
    "Lanes",
    "LocalPlatform",
    "Node",
    "Plan",
    "Platform",
    "Program",
    "Run",
    "RunFailed",
    "Search",
    "Sweep",
    "Traffic",
    "Validation",
    "Workflow",
    "WorkflowBuilder",
    "arrivals",
    "calibrate",
    "command",
    "compare",
    "learn",
    "load_platform",
    "load_run",
    "load_workflow",
    "make_planner",
    "map",
    "run",
    "save",
    "save_trace",
    "search",
    "simulate",
    "sweep",
    "task",
    "validate",
    "validate_recorded",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
