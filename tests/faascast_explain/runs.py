"""Runs to explain: by planner name, on platforms of round numbers."""

from __future__ import annotations

from executor.records.run import Run
from planners.registry import make_planner
from platforms import Platform
from sim import simulate
from workloads import Workflow


def run_of(workflow: Workflow, planner: str, platform: Platform, seed: int = 1) -> Run:
    """One run of a workflow as a planner would have it."""
    return simulate(workflow, make_planner(planner).plan(workflow, platform), platform, seed=seed)
