"""What several outcomes are warned of: each warning once, however many it is about."""

from __future__ import annotations

from collections.abc import Sequence

from faascast.experiments.trial import Outcome


def warned(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """Each warning with the planners that it is about; without, if it is about all of several that have a plan."""
    about: dict[str, dict[str, None]] = {}
    for outcome in outcomes:
        for warning in outcome.warnings:
            about.setdefault(warning, {})[outcome.planner] = None
    everybody = {outcome.planner for outcome in outcomes if outcome.status in ("complete", "failed")}
    return tuple(
        warning if len(planners) == len(everybody) > 1 else f"{', '.join(planners)}: {warning}"
        for warning, planners in about.items()
    )
