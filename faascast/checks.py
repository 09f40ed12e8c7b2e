"""Checking a file: which kind it is, and all that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from faascast.faults import Intake
from faascast.inputs import as_workflow
from faascast.text.comparison import workflow_told
from planners.check import check_plan, plan_warnings
from planners.plan_file import read_plan
from platforms import load_platform, presets
from workloads import FillRules, InvalidInput
from workloads.files import read_json

KINDS = ("workflow", "platform", "plan")


@dataclass(frozen=True)
class Verdict:
    """What a check found."""

    subject: str
    kind: str
    summary: str
    """What it is, in a line; empty if it could not be read."""
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """What may go wrong all the same."""
    assumptions: tuple[str, ...] = ()
    """By which rules unknown figures were filled."""

    def content(self) -> dict[str, object]:
        """The same as plain data."""
        told = asdict(self)
        return {"subject": told.pop("subject"), "subject_kind": told.pop("kind"), **told}


@dataclass(frozen=True)
class Check:
    """What is to be checked, and against what."""

    subject: str
    """A file, the name of a preset, or the specification of a workflow."""
    kind: str | None
    """`workflow`, `platform` or `plan`; None if name and content are to tell."""
    workflow: str | None
    """For a plan: whose it is."""
    platform: str
    """For a plan: where it is to be run."""
    fill: FillRules

    def verdict(self, faults: Sequence[str] = ()) -> Verdict:
        """Check it; `faults` are those found already."""
        kind = self.kind or kind_of(self.subject)
        intake = Intake()
        intake.refuse(*faults)
        if kind == "platform":
            return self._platform(intake)
        if kind == "plan":
            return self._plan(intake)
        if kind != "workflow":
            intake.refuse(f"--as is {kind!r}; expected one of {', '.join(KINDS)}")
            return Verdict(self.subject, kind, "", tuple(intake.faults))
        return self._workflow(intake)

    def _workflow(self, intake: Intake) -> Verdict:
        workflow = intake.take(partial(as_workflow, self.subject, self.fill))
        summary = f"{workflow.name}: {workflow_told(workflow)}" if workflow else ""
        assumptions = workflow.assumptions if workflow else ()
        return Verdict(self.subject, "workflow", summary, tuple(intake.faults), assumptions=assumptions)

    def _platform(self, intake: Intake) -> Verdict:
        platform = intake.take(partial(load_platform, self.subject))
        summary = ": ".join(filter(None, (platform.name, platform.description))) if platform else ""
        later = platform.unsupported() if platform else ()
        warnings = tuple(f"{self.subject}: {field} is set, but is not simulated yet" for field in later)
        warnings += platform.without_effect() if platform else ()
        return Verdict(self.subject, "platform", summary, tuple(intake.faults), warnings)

    def _plan(self, intake: Intake) -> Verdict:
        platform = intake.take(partial(load_platform, self.platform))
        if self.workflow is None:
            intake.refuse(f"{self.subject} is a plan; expected its workflow, too: --workflow WORKFLOW")
            return Verdict(self.subject, "plan", "", tuple(intake.faults))
        workflow = intake.take(partial(as_workflow, self.workflow, self.fill))
        plan = intake.take(partial(read_plan, Path(self.subject), workflow)) if workflow else None
        if plan is None or platform is None or workflow is None:
            return Verdict(self.subject, "plan", "", tuple(intake.faults))
        intake.refuse(*(f"{self.subject}: {fault}" for fault in check_plan(plan, workflow, platform)))
        warnings = [] if intake.faults else plan_warnings(plan, workflow, platform)
        summary = f"{plan.planner}'s for {workflow.name}, on {platform.name}"
        told = tuple(f"{self.subject}: {warning}" for warning in warnings)
        return Verdict(self.subject, "plan", summary, tuple(intake.faults), told, workflow.assumptions)


def kind_of(subject: str) -> str:
    """What a subject is by its name, or if that does not tell, by what it holds."""
    if subject in presets() or subject.endswith(".toml"):
        return "platform"
    with suppress(InvalidInput):  # reading it as what it is will tell
        document = read_json(subject, "JSON")
        if isinstance(document, dict) and "planner" in document:
            return "plan"
    return "workflow"
