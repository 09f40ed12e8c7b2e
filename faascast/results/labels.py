"""Labels: what every row of every table says of where it comes from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from faascast.settings import Use, parameters_of

SCHEMA_VERSION = 1
"""Of tables and documents. Raised when a name or a meaning changes, not when one is added."""


@dataclass(frozen=True)
class Labels:
    """The labels of one run's rows."""

    workflow: str
    planner: str
    platform: str
    parameters: str
    """The settings, as a JSON object."""
    seed: int

    def columns(self) -> dict[str, object]:
        """Column by column, in front of the table's own."""
        return {
            "schema_version": SCHEMA_VERSION,
            "workflow": self.workflow,
            "planner": self.planner,
            "platform": self.platform,
            "parameters": self.parameters,
            "seed": self.seed,
        }

    @staticmethod
    def of(workflow: str, planner: str, platform: str, uses: Sequence[Use], seed: int) -> Labels:
        """The labels of a run, or of an experiment."""
        parameters = json.dumps(parameters_of(uses), default=str)
        return Labels(workflow, planner, platform, parameters, seed)
