"""A run as the events of a trace, in the order in which they are written.

First the run itself, its critical path and its client; then the queue before the platform's limits, and each instance;
then counters and the arrows between slices, and last what all tracks are called. Nothing is kept but where each
operation's slice is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from executor.records.run import Run
from faascast.explain.steps import Step, steps_of
from faascast.timeline.activities import NS_PER_S, last_exit_ns, submitted_ns
from faascast.timeline.flows import Flow, call_flows, data_flows
from faascast.traces.counters import counters
from faascast.traces.events import complete, flow_end, flow_start
from faascast.traces.lives import Lives
from faascast.traces.operations import CLIENT_INSTANCE, Operations, Places
from faascast.traces.tracks import Track, Tracks
from faascast.traces.words import Words, seconds_of

UNIT = "ts and dur are microseconds since the submission, with three decimals: exact nanoseconds"


def about(run: Run) -> dict[str, object]:
    """What a trace is of."""
    return {
        "workflow": run.workflow.name,
        "planner": run.plan.planner,
        "platform": run.platform.name,
        "seed": run.seed,
        "status": run.status,
        "failure": run.failure,
        "makespan_s": run.makespan_s,
        "lower_bound_s": run.lower_bound_s,
        "cost_usd": run.cost_usd,
        "cold_starts": run.cold_starts,
        "warm_starts": run.warm_starts,
        "unit": UNIT,
    }


def trace_events(run: Run) -> Iterator[bytes]:
    """Every event of a run's trace, each a JSON object."""
    tracks, words = Tracks(), Words(run)
    operations = Operations(run, words, tracks)
    lives = Lives(run, words, tracks, operations)
    process = tracks.process(f"{run.workflow.name}, {run.plan.planner}, {run.platform.name}, seed {run.seed}")
    yield from _whole(run, tracks.thread("run"))
    yield from _critical_path(run, tracks)
    yield from operations.slices_of(CLIENT_INSTANCE)
    yield from lives.queue()
    yield from lives.instances()
    yield from counters(run, process, lives.states, lives.queued)
    yield from _arrows("data", data_flows(run), operations.places)
    yield from _arrows("call", call_flows(run), operations.places)
    yield from tracks.descriptions()


def _whole(run: Run, track: Track) -> Iterator[bytes]:
    """The run from its submission until nothing is left to happen, and in it the makespan."""
    last_ns = int(run.operations["end_ns"].max(initial=0)) - submitted_ns(run)  # word to the client may come last
    until_ns = max(last_exit_ns(run), last_ns)
    name = "run" if run.failure is None else f"failed: {run.failure}"
    yield complete(name, "run", track, 0, until_ns, about(run), is_alarming=run.failure is not None)
    if run.makespan_ns is not None:
        yield complete("makespan", "run", track, 0, run.makespan_ns, {"makespan_s": run.makespan_s})


def _critical_path(run: Run, tracks: Tracks) -> Iterator[bytes]:
    """Each step of the path, and in it the causes of its time."""
    path = run.critical_path()
    if not path:
        return
    track, submitted = tracks.thread("critical path"), submitted_ns(run)
    segments = iter(path)
    for step in steps_of(run, path):
        yield complete(f"{step.worker} {step.says}", "critical", track, step.begin_ns, step.end_ns, _step_args(step))
        begin_ns = step.begin_ns
        while begin_ns < step.end_ns:
            segment = next(segments)
            begin_ns = segment.end_ns - submitted
            yield complete(str(segment.cause), "critical", track, segment.begin_ns - submitted, begin_ns, {})


def _step_args(step: Step) -> dict[str, object]:
    parts = {seconds_of(cause): ns / NS_PER_S for cause, ns in step.parts}
    return {"cause": str(step.cause), **parts, "worker": step.worker, "task": step.task or None, "operations": step.n}


def _arrows(name: str, flows: Iterable[Flow], places: Places) -> Iterator[bytes]:
    """An arrow for each flow, numbered by its target, which has but one."""
    for source, target in flows:
        begin, end = places.last(source), places.first(target)
        if begin is not None and end is not None:
            yield flow_start(name, target + 1, *begin)
            yield flow_end(name, target + 1, *end)
