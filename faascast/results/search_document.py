"""A search as plain data."""

from __future__ import annotations

from faascast.experiments.search import Search
from faascast.results.documents import goal_content, plan_summary, platform_summary, versions, workflow_summary
from faascast.settings import parameters_of


def search_content(search: Search) -> dict[str, object]:
    """A search in figures: the best plan, the front, and the plans to begin with."""
    best = search.row_of(search.best) | {"plan": "best"}
    return {
        "workflow": workflow_summary(search.workflow),
        "platform": platform_summary(search.platform),
        "parameters": parameters_of(search.uses),
        "planner": search.planner,
        "seed": search.seed,
        "goal": goal_content(search.goal),
        "n_evaluations": search.n_evaluations,
        "n_simulations": search.n_simulations,
        "n_runs": search.front.n_runs,
        "best": {**best, **plan_summary(search.best.plan)},
        "front": list(search.rows),
        "starts": [search.row_of(point) | {"plan": point.origin} for point in search.front.starts],
        "warnings": search.warnings,
        "versions": versions(),
    }
