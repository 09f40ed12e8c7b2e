"""Real runs as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from faascast.results.documents import run_content
from faascast.settings import Use

if TYPE_CHECKING:
    from faascast.experiments.execution import ExecutedRun


def executed_content(run: ExecutedRun, uses: Sequence[Use], warnings: Sequence[str]) -> dict[str, object]:
    """What there is to say of a run; its result is Python's own, and not part of it."""
    folder = str(run.folder) if run.folder else None
    return {**run_content(run, uses, warnings), "folder": folder, "resume": folder if run.can_be_resumed else None}
