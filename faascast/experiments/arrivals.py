"""Arrivals: requests for one workflow or several over one pool, by rate, at intervals or from a trace file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from faascast.experiments.streams import Stream, Traced
from faascast.experiments.traffic import Traffic
from faascast.experiments.trial import plan_with
from faascast.faults import BadInput, Intake
from faascast.inputs import DEFAULT_PLATFORM, DEFAULT_SEED, WorkflowLike, as_workflow, number_faults
from faascast.settings import PlannerLike, PlatformLike, Resolved, Settings, resolve
from faascast.warmup import WarmUp
from planners.plan import Plan
from sim import Setting, simulate_arrivals
from workloads import FillRules, InvalidInput, Workflow, read_trace
from workloads.errors import in_one_line
from workloads.fill import REFUSE

DEFAULT_PLANNER = "heft"
MOST_MIXED = 10_000


def arrivals(
    workflow: WorkflowLike | None = None,
    planner: PlannerLike = DEFAULT_PLANNER,
    platform: PlatformLike = DEFAULT_PLATFORM,
    *,
    rate_per_s: float | None = None,
    every_s: float | None = None,
    n: int | None = None,
    duration_s: float | None = None,
    trace: Path | str | None = None,
    workflows: Mapping[str, WorkflowLike] | None = None,
    mix: int = 1,
    seed: int = DEFAULT_SEED,
    warmup: str = "mser",
    settings: Settings | None = None,
    fill: FillRules = REFUSE,
    faults: Sequence[str] = (),
) -> Traffic:
    """Let requests arrive at one pool, each a run of its own with its own luck.

    They come at random (Poisson) with `rate_per_s`, or one each `every_s`, until there are `n` or `duration_s` is over;
    or as a `trace` file has them, whose workflows are specifications or names of `workflows`. With `mix`, requests are
    for so many workflows that a generator makes under the seeds 0, 1, …, five of which get 46 % of them. `warmup` says
    which of the first requests do not count: `mser`, `none`, `10%`, `600s`.

    The same seed gives the same result. Raises BadInput with all that is wrong with the input, and the `faults` that
    the caller has found.
    """
    intake = Intake()
    intake.refuse(*faults, *number_faults(reps=1, seed=seed, processes=1))
    source = Stream(rate_per_s, every_s, n, duration_s)
    stream = intake.take(lambda: _stream(source, trace, workflow, mix, workflows or {}))
    cut = intake.take(lambda: WarmUp.read(warmup))
    resolved = intake.take(lambda: resolve([planner], platform, settings))
    offers = intake.take(lambda: _offers(stream, workflow, workflows or {}, mix, fill)) if stream else None
    intake.close()
    assert stream is not None and cut is not None and resolved is not None and offers is not None  # noqa: PT018
    return _let_come(offers, stream, resolved, cut, seed)


@dataclass(frozen=True)
class _Offer:
    """A workflow that may be asked for, and by which name."""

    name: str
    workflow: Workflow


def _let_come(
    offers: Sequence[_Offer], stream: Stream | Traced, resolved: Resolved, warmup: WarmUp, seed: int
) -> Traffic:
    """Plan, simulate, and look that something is left to be told of."""
    made = [_plan(offer, resolved, seed) for offer in offers]
    ready = [Setting(offer.workflow, plan, resolved.platform) for offer, (plan, _) in zip(offers, made, strict=True)]
    result = simulate_arrivals(ready, stream.arrivals(len(ready), seed), seed=seed)
    n_requests = result.requests.n_rows
    if not n_requests:
        raise BadInput([f"arrivals: nobody came ({stream}); expected a duration in which somebody does"])
    traffic = Traffic(
        names=tuple(offer.name for offer in offers),
        workflows=tuple(offer.workflow for offer in offers),
        plans=tuple(plan for plan, _ in made),
        platform=resolved.platform,
        stream=str(stream),
        seed=seed,
        uses=resolved.uses,
        warnings=tuple(dict.fromkeys(warning for _, warnings in made for warning in warnings)),
        warmup=warmup,
        result=result,
    )
    if traffic.cut.first >= n_requests:
        raise BadInput([f"warmup leaves out {traffic.cut.reason}; expected less than all {n_requests:,} requests"])
    return traffic


def _stream(
    source: Stream,
    trace: Path | str | None,
    workflow: WorkflowLike | None,
    mix: int,
    workflows: Mapping[str, WorkflowLike],
) -> Stream | Traced:
    """Where the requests come from; BadInput for what cannot be, or not together."""
    if trace is None:
        faults = [*source.faults()]
        if workflow is None:
            faults.append("workflow: there is none; expected a workflow, or a trace file")
        if workflows:
            faults.append("workflows: names are given; expected none, for they are those in a trace file")
        if not 1 <= mix <= MOST_MIXED:
            faults.append(f"mix is {mix}; expected a whole number from 1 to {MOST_MIXED:,}")
        if faults:
            raise BadInput(faults)
        return source
    if workflow is not None or source != Stream() or mix != 1:
        raise BadInput(
            [
                "a trace says when requests come, and for which workflow; "
                "expected no workflow, rate, every, n, duration or mix beside it"
            ]
        )
    return Traced(read_trace(trace))


def _offers(
    stream: Stream | Traced,
    workflow: WorkflowLike | None,
    workflows: Mapping[str, WorkflowLike],
    mix: int,
    fill: FillRules,
) -> list[_Offer]:
    """The workflows, in the order of the stream's numbers; BadInput with all that is wrong with them."""
    intake = Intake()
    offers = []
    for name, like in _wanted(stream, workflow, workflows, mix):
        try:
            found = as_workflow(like, fill)
        except InvalidInput as invalid:
            of = f"{stream.trace.path}, workflow {in_one_line(name)}: " if isinstance(stream, Traced) else ""
            intake.refuse(*(f"{of}{fault}" for fault in invalid.faults))
        else:
            offers.append(_Offer(name or found.name, found))
    intake.close()
    return offers


def _wanted(
    stream: Stream | Traced, workflow: WorkflowLike | None, workflows: Mapping[str, WorkflowLike], mix: int
) -> Iterator[tuple[str, WorkflowLike]]:
    """Names, empty for a workflow's own, and what they stand for."""
    if isinstance(stream, Traced):
        for name in stream.trace.workflows:
            yield name, workflows.get(name, name)
    elif mix == 1:
        assert workflow is not None
        yield "", workflow
    elif isinstance(workflow, Workflow):
        raise BadInput([f"mix is {mix}, but {workflow.name} is one workflow; expected a specification with a seed"])
    else:
        assert workflow is not None
        for number in range(mix):
            spec = f"{os.fspath(workflow)},seed={number}"
            yield spec, spec


def _plan(offer: _Offer, resolved: Resolved, seed: int) -> tuple[Plan, tuple[str, ...]]:
    planned = plan_with(resolved.planners[0], offer.workflow, resolved.platform, seed)
    if planned.plan is None:
        raise BadInput(f"{planned.planner} for {offer.name}: {reason}" for reason in planned.reasons)
    return planned.plan, planned.warnings
