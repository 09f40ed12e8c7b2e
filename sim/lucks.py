"""The luck of each seed, drawn once however many plans are tried under it."""

from __future__ import annotations

from platforms import Platform
from sim.luck import Luck
from workloads import Workflow

_KEPT_TASKS = 100_000
"""So many tasks' luck is kept at most, about 20 MB; drawing it is little work where a run is long."""


class Lucks:
    """What happens to a workflow on a platform, whatever the plan."""

    def __init__(self, workflow: Workflow, platform: Platform) -> None:
        self._workflow = workflow
        self._platform = platform
        self._kept: dict[int, Luck] = {}

    def of(self, seed: int) -> Luck:
        """The luck of a run, of which none is used yet."""
        kept = self._kept.get(seed)
        if kept is None:
            kept = Luck((seed,), self._workflow, self._platform)
            if self._workflow.n_tasks * (len(self._kept) + 1) > _KEPT_TASKS:
                return kept
            self._kept[seed] = kept
        return kept.fresh()
