"""Documents: results as plain data, for `--json` and for files. The layout is described in docs/json.md."""

from __future__ import annotations

import math
import platform as machine
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version

from executor.records.run import Run
from faascast.experiments.comparison import Comparison
from faascast.experiments.kept import goal_of, kept
from faascast.experiments.measures import measures_of
from faascast.experiments.simulation import Case
from faascast.experiments.summary import Difference, Estimated, Summary
from faascast.experiments.sweep import Sweep
from faascast.experiments.switched import Switched
from faascast.experiments.trial import Outcome
from faascast.explain.backend import backend_content
from faascast.explain.failure import failure_of
from faascast.results.labels import SCHEMA_VERSION
from faascast.settings import Use, parameters_of
from planners.bounds import lower_bound
from planners.goal import Goal
from planners.plan import Plan
from planners.plan_file import plan_document
from planners.statistics import Needs
from planners.switches import switched_on
from planners.verdict import is_infeasible, verdict_of
from platforms import Platform
from workloads import Workflow

LIBRARIES = ("faascast", "numpy", "scipy", "simpy", "msgspec", "pydantic")
"""What the figures of a run may depend on."""


def document(kind: str, content: Mapping[str, object]) -> dict[str, object]:
    """A document: its version and kind first; what is no finite number is null."""
    plain = {"schema_version": SCHEMA_VERSION, "kind": kind, **content}
    return {name: _plain(value) for name, value in plain.items()}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def versions() -> dict[str, str]:
    """What made a result: the same versions make it again, bit by bit."""
    return {"python": machine.python_version(), **{name: version(name) for name in LIBRARIES}}


def workflow_summary(workflow: Workflow) -> dict[str, object]:
    """What a workflow is, in a few figures."""
    return {
        "name": workflow.name,
        "fingerprint": workflow.fingerprint,
        "n_tasks": workflow.n_tasks,
        "n_objects": workflow.n_objects,
        "n_edges": workflow.n_edges,
        "bytes": int(workflow.object_bytes.sum()),
        "cpu_s": float(workflow.cpu_s.sum()) if not workflow.curves else None,
        "assumptions": workflow.assumptions,
    }


def platform_summary(platform: Platform) -> dict[str, object]:
    """Which platform it is."""
    return {"name": platform.name, "fingerprint": platform.fingerprint}


def switched_content(found: Sequence[Switched]) -> dict[str, object]:
    """What each optimization of a plan did in a run."""
    rows = [
        {"name": each.name, **asdict(each.account), "saved_s": each.saved_s, "saved_usd": each.saved_usd}
        for each in found
    ]
    return {"optimizations": rows}


def plan_summary(plan: Plan) -> dict[str, object]:
    """What a plan decides, in a few figures."""
    sizes_mb = {worker.memory_mb for worker in plan.workers} | ({plan.flexible_mb} if plan.flexible_mb else set())
    return {
        "planner": plan.planner,
        "n_workers": len(plan.workers),
        "n_flexible_tasks": plan.n_flexible,
        "sizes_mb": sorted(sizes_mb),
        "n_prewarms": sum(prewarm.count for prewarm in plan.prewarms),
        "optimizations": list(switched_on(plan)),
        "estimated_makespan_s": plan.estimated_makespan_s,
        "verdict": verdict_of(plan.notes),
        "is_infeasible": is_infeasible(plan.notes),
        "notes": plan.notes,
    }


def plan_content(case: Case) -> dict[str, object]:
    """A plan in figures, and whole, as its file has it."""
    return {
        "workflow": workflow_summary(case.workflow),
        "platform": platform_summary(case.platform),
        "parameters": parameters_of(case.uses),
        **plan_summary(case.plan),
        "lower_bound_s": lower_bound(case.workflow, case.plan, case.platform).makespan_s,
        "warnings": case.warnings,
        "plan": plan_document(case.plan, case.workflow),
    }


def run_content(run: Run, uses: Sequence[Use], warnings: Sequence[str] = ()) -> dict[str, object]:
    """A run in figures."""
    measures = measures_of(run)
    return {
        "workflow": workflow_summary(run.workflow),
        "platform": platform_summary(run.platform),
        "plan": plan_summary(run.plan),
        "parameters": parameters_of(uses),
        "backend": backend_content(run.backend),
        "report": report.to_json() if (report := failure_of(run)) else None,
        **{name: getattr(measures, name) for name in measures.__struct_fields__},
        "makespan_ns": run.makespan_ns,
        "gap": measures.gap,
        **_bound_content(run),
        "bytes_moved": measures.bytes_moved,
        "bill": [
            {
                "item": item.name,
                "quantity": item.quantity,
                "unit": item.unit,
                "usd_per_unit": item.usd_per_unit,
                "usd": item.usd,
            }
            for item in run.bill.items
        ],
        "warnings": list(warnings),
        "versions": versions(),
    }


def _bound_content(run: Run) -> dict[str, object]:
    """The bound of the plan, on expectations, and by which share this run is above it (or below, by luck)."""
    bound_s = lower_bound(run.workflow, run.plan, run.platform).makespan_s
    gap = run.makespan_s / bound_s - 1 if run.makespan_s is not None and bound_s else None
    return {"plan_lower_bound_s": bound_s, "plan_gap": gap}


def comparison_content(comparison: Comparison) -> dict[str, object]:
    """A comparison in figures; `runs` of each planner are in the order of the seeds."""
    return {
        "workflow": workflow_summary(comparison.workflow),
        "platform": platform_summary(comparison.platform),
        "parameters": parameters_of(comparison.uses),
        "seed": comparison.seed,
        "reps": comparison.reps,
        "reference": comparison.planners[0],
        "best": comparison.best,
        "typical_seed": comparison.typical_seed,
        "planners": [
            {
                **summary_content(summary),
                **kept_content(comparison.uses, outcome),
                "warnings": outcome.warnings,
                "notes": outcome.notes,
                "runs": [{name: getattr(run, name) for name in run.__struct_fields__} for run in outcome.runs],
            }
            for summary, outcome in zip(comparison.summaries, comparison.outcomes, strict=True)
        ],
        "versions": versions(),
    }


def sweep_content(sweep: Sweep) -> dict[str, object]:
    """A sweep in figures: each point with its settings and what is said of it. The runs are in its tables."""
    return {
        "workflow": workflow_summary(sweep.workflow),
        "axes": {key: list(values) for key, values in sweep.axes.items()},
        "seed": sweep.seed,
        "reps": sweep.reps,
        "points": [
            {
                "key": point.key,
                "platform": platform_summary(point.trial.platform),
                "parameters": parameters_of(point.uses),
                **summary_content(summary),
                **kept_content(point.uses, outcome),
                "warnings": outcome.warnings,
                "notes": outcome.notes,
            }
            for point, summary, outcome in zip(sweep.points, sweep.summaries, sweep.outcomes, strict=True)
        ],
        "versions": versions(),
    }


def kept_content(uses: Sequence[Use], outcome: Outcome) -> dict[str, object]:
    """Whether the runs keep the deadline and budget asked for; null if none is, or there are no runs."""
    goal = goal_of(uses)
    found = kept(goal, outcome.runs) if goal else None
    return {
        "goal": None
        if found is None
        else goal_content(found.goal)
        | {
            "makespan_s": found.makespan_s,
            "mean_cost_usd": found.mean_cost_usd,
            "is_met": found.is_met,
            "needs_runs": found.needs_runs,
        }
    }


def goal_content(goal: Goal) -> dict[str, object]:
    """What is asked for."""
    return {"sla": goal.sla, "deadline_s": goal.deadline_s, "budget_usd": goal.budget_usd}


def summary_content(summary: Summary) -> dict[str, object]:
    """What is said of a planner."""
    return {
        "planner": summary.planner,
        "status": summary.status,
        "reasons": summary.reasons,
        "n_runs": summary.n_runs,
        "n_failed": summary.n_failed,
        "makespan_s": {name: estimated(value) for name, value in summary.makespan_s.items()},
        "cost_usd": estimated(summary.cost_usd),
        "medians": dict(summary.medians),
        "difference": _difference(summary.difference),
        "estimated_makespan_s": summary.estimated_makespan_s,
        "mean_makespan_s": summary.mean_makespan_s,
        "plan_lower_bound_s": summary.plan_bound_s,
        "plan_gap": summary.plan_gap,
    }


def estimated(value: Estimated | None) -> dict[str, object] | None:
    """Always the same members; `needs_runs` is null where there is an estimate, the others where there is none."""
    if value is None:
        return None
    if isinstance(value, Needs):
        return {"value": None, "low": None, "high": None, "needs_runs": value.n_runs}
    return {"value": value.value, "low": value.low, "high": value.high, "needs_runs": None}


def _difference(difference: Difference | None) -> dict[str, object] | None:
    if difference is None:
        return None
    return {
        "reference": difference.reference,
        "n_pairs": difference.n_pairs,
        "makespan_s": {name: estimated(value) for name, value in difference.makespan_s.items()},
        "of_medians_s": difference.of_medians_s,
        "share": difference.share,
    }
