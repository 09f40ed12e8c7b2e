"""Recording runs to validate with: rounds in which every workflow runs under every planner, cold and then warm.

A machine drifts: it heats up, something else runs on it for a while. So planners take turns, each round in another
order, and whatever befalls a round befalls all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from executor.records.run import Run
from faascast.experiments.calibration.evidence import evidence_of
from faascast.experiments.validation.samples import Cell, Sample
from faascast.inputs import Report
from planners.plan import Plan
from workloads import Workflow


class Recorder(Protocol):
    """Whoever carries out plans."""

    def fresh(self) -> None:
        """From now on no instance is there."""

    def run(self, workflow: Workflow, plan: Plan, seed: int) -> Run:
        """Carry a plan out on the instances that are there; a run that fails is returned, too."""


def record(
    cases: Sequence[tuple[Workflow, Plan]], recorder: Recorder, n_runs: int, report: Report = lambda done, total: None
) -> list[Sample]:
    """Run each case `n_runs` times, every other time on what the run before it left; in the order of recording."""
    total, samples = n_runs * len(cases), list[Sample]()
    for number, (workflow, plan, is_first) in enumerate(_turns(cases, n_runs)):
        report(number, total)
        if is_first:
            recorder.fresh()
        run = recorder.run(workflow, plan, seed=number + 1)
        evidence = evidence_of(run, f"run {number + 1} ({workflow.name}, {plan.planner})")
        start = "cold" if evidence.was_cold else "warm"
        samples.append(Sample(Cell(workflow.name, plan.planner, start), evidence, number // (2 * len(cases))))
    report(total, total)
    return samples


def _turns(cases: Sequence[tuple[Workflow, Plan]], n_runs: int) -> Iterator[tuple[Workflow, Plan, bool]]:
    """Rounds of a cold and a warm run of each case; the case that begins is another one each round."""
    for first in range(0, n_runs, 2):
        begin = first // 2 % len(cases)
        for workflow, plan in (*cases[begin:], *cases[:begin]):
            yield workflow, plan, True
            if first + 1 < n_runs:
                yield workflow, plan, False
