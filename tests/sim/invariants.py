"""What must hold of every run, judged from its tables alone: each rule raises `AssertionError` with what broke it.

Times in the tables are seconds since the submission; here they are whole nanoseconds, so that comparisons are exact.
"""

from __future__ import annotations

import math
import operator
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

from executor.records.run import Run
from executor.records.table import Table

Row: TypeAlias = dict[str, Any]
Rule: TypeAlias = Callable[[Run], None]
NEVER = math.inf
ROUNDING_NS = 2


def ns(seconds: float) -> float:
    """Whole nanoseconds; never stays never."""
    return NEVER if math.isnan(seconds) or math.isinf(seconds) else round(seconds * 1e9)


# the protocol ---------------------------------------------------------------------------------------------


def each_task_is_committed_once(run: Run) -> None:
    """One execution of each task counts (in a run that failed, at most one), and none is committed before it ends.

    An execution whose outputs died with its worker before anybody had them is done again, and then the later counts.
    """
    counting = defaultdict[str, list[Row]](list)
    ended = defaultdict[str, list[float]](list)
    for row in run.tasks.rows():
        ended[row["task"]].append(ns(row["end_s"]))
        if row["counts"]:
            counting[row["task"]].append(row)
    for task, rows in counting.items():
        assert len(rows) == 1, f"{task}: {len(rows)} executions count"
        assert min(ended[task]) <= ns(rows[0]["committed_s"]) < NEVER, f"{task}: committed before its end"
    missing = set(run.workflow.task_names) - counting.keys()
    assert run.status == "failed" or not missing, f"complete without {sorted(missing)}"


def no_task_runs_again_without_need(run: Run) -> None:
    """Only what failed, or what an invocation that died did, is ever done again."""
    died = any(status in ("killed", "failed", "superseded") for status in run.invocations["status"])
    executed = done(run.tasks)["task"].tolist()
    assert died or len(executed) == len(set(executed)), "executed twice although no instance died"


def inputs_are_there_before_they_are_read(run: Run) -> None:
    """A get begins after an upload of the object and the commit of its producer; a task after all of its parents."""
    committed = {row["task"]: ns(row["committed_s"]) for row in run.tasks.rows()}
    uploads = defaultdict[str, list[float]](list)
    here = defaultdict[tuple[int, str], list[float]](list)
    for row in done(run.transfers).rows():
        if row["direction"] == "put":
            uploads[row["object"]].append(ns(row["end_s"]))
        else:
            here[row["invocation"], row["object"]].append(ns(row["end_s"]))
    for row in done(run.tasks).rows():
        for found in run.workflow.task(row["task"]).outputs:
            here[row["invocation"], found].append(ns(row["end_s"]))
        here[row["invocation"], f"done {row['task']}"].append(ns(row["end_s"]))
    for row in run.transfers.where(run.transfers["direction"] == "get").rows():
        producer, begin = run.workflow.data_object(row["object"]).producer, ns(row["start_s"])
        if producer is not None:
            assert committed.get(producer, NEVER) <= begin, f"{row['object']}: got before {producer} was committed"
            assert min(uploads[row["object"]], default=NEVER) <= begin, f"{row['object']}: got before it was there"
    for row in run.tasks.rows():
        _has_what_it_needs(run, row, committed, here)


def done(table: Table) -> Table:
    """What came to a good end."""
    return table.where(table["outcome"] == "done")


def _has_what_it_needs(
    run: Run, row: Row, committed: dict[str, float], here: dict[tuple[int, str], list[float]]
) -> None:
    task, begin = run.workflow.task(row["task"]), ns(row["start_s"])
    for found in task.inputs:
        arrived = min(here.get((row["invocation"], found), ()), default=NEVER)
        assert arrived <= begin, f"{task.name} runs without {found}"
    for parent in task.parents:
        at_home = min(here.get((row["invocation"], f"done {parent}"), ()), default=NEVER)
        assert min(committed.get(parent, NEVER), at_home) <= begin, f"{task.name} runs before {parent}"


# capacity -------------------------------------------------------------------------------------------------


def cpus_are_not_exceeded(run: Run) -> None:
    """No more work is done in any interval than the vCPUs (and the host's cores) can do; no more tasks than slots."""
    by_instance = defaultdict[int, list[tuple[float, float, float]]](list)
    for row in run.tasks.rows():
        begin, end = ns(row["start_s"]), ns(row["end_s"])
        assert end - begin >= ns(row["alone_s"]) - ROUNDING_NS, f"{row['task']}: faster than alone"
        by_instance[row["instance"]].append((begin, end, _work_ns(run, row) if row["outcome"] == "done" else 0.0))
    for instance, done in by_instance.items():
        memory_mb = _memory_of(run, instance)
        vcpus = run.platform.vcpus(memory_mb)
        _within(done, partial(operator.mul, vcpus), f"instance {instance}: CPU")
        slots = run.platform.slots(memory_mb)
        assert _most_at_once((begin, end) for begin, end, _ in done) <= slots, f"instance {instance}: slots"
    cores = run.platform.host.cores
    if cores is not None:
        everything = [entry for done in by_instance.values() for entry in done]
        _within(everything, partial(operator.mul, cores), "host: CPU")


def _work_ns(run: Run, row: Row) -> float:
    """vCPU-nanoseconds of an execution: those of the task, times the factor by which its time alone is longer."""
    memory_mb = row["memory_mb"]
    vcpus = run.platform.vcpus(memory_mb)
    demand = run.workflow.demand(run.workflow.index_of_task(row["task"]), memory_mb, vcpus)
    expected_s = demand.duration_s(vcpus)
    return demand.cpu_s * 1e9 * row["alone_s"] / expected_s if expected_s else 0.0


def networks_are_not_exceeded(run: Run) -> None:
    """No more bytes move in any interval than burst, sustained rate and connections allow; no more gets at once."""
    network = run.platform.network
    ways = defaultdict[tuple[int, str], list[tuple[float, float, float]]](list)
    gets = defaultdict[int, list[tuple[float, float]]](list)
    for row in run.transfers.rows():
        begin, end = ns(row["start_s"]), ns(row["end_s"])
        way = "both" if network.directions == "joined" else row["direction"]
        if row["outcome"] == "done":
            ways[row["instance"], way].append((begin, end, row["bytes"]))
        if row["direction"] == "get":
            gets[row["invocation"]].append((begin, end))
        assert end - begin >= ns(row["alone_s"]) - ROUNDING_NS, f"{row['object']}: faster than alone"
        if network.connection_bytes_per_s is not None and row["outcome"] == "done":
            least_ns = row["bytes"] / network.connection_bytes_per_s * 1e9
            assert end - begin >= least_ns - ROUNDING_NS, f"{row['object']}: faster than a connection"
    for (instance, way), moved in ways.items():
        _within(moved, partial(_most_bytes, run), f"instance {instance}: {way}")
    for invocation, spans in gets.items():
        assert _most_at_once(spans) <= network.parallel_transfers, f"invocation {invocation}: gets at once"


def _most_bytes(run: Run, span_ns: float) -> float:
    instance = run.platform.network.instance
    if instance is None:
        return NEVER
    steady = max(instance.sustained_bytes_per_s, instance.burst_bytes / instance.refill_s)
    return min(instance.burst_bytes_per_s * span_ns, instance.burst_bytes * 1e9 + steady * span_ns) / 1e9


def _within(done: list[tuple[float, float, float]], most: Callable[[float], float], what: str) -> None:
    """What begins and ends within any interval is no more than can be done in it."""
    for first in {begin for begin, _, _ in done}:
        inside = sorted((end, amount) for begin, end, amount in done if begin >= first)
        total = 0.0
        for end, amount in inside:
            total += amount
            allowed = most(end - first + ROUNDING_NS * len(inside))
            assert total <= allowed * (1 + 1e-9), f"{what}: {total} in {end - first} ns, at most {allowed}"


def _most_at_once(spans: Iterator[tuple[float, float]] | list[tuple[float, float]]) -> int:
    """The most intervals that overlap; one that ends where another begins does not."""
    steps = sorted((at, step) for begin, end in spans if end > begin for at, step in ((begin, 1), (end, -1)))
    most = now = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most


# instances ------------------------------------------------------------------------------------------------


def an_instance_serves_one_at_a_time(run: Run) -> None:
    """From admission to its end an invocation has its instance to itself, of its size, while that exists."""
    lives = {row["instance"]: row for row in run.instances.rows()}
    for instance, served in _by_instance(run).items():
        life = lives[instance]
        for row in served:
            assert row["memory_mb"] == life["memory_mb"], f"instance {instance}: size"
            assert _begin(row) >= ns(life["created_s"]), f"instance {instance}: served before it was made"
            assert _end(row) <= ns(life["ended_s"]), f"instance {instance}: served after its end"
        for before, after in pairwise(served):
            assert _end(before) <= _begin(after), f"instance {instance}: two invocations at once"
        assert life["uses"] == len(served), f"instance {instance}: uses"


def starts_are_cold_without_idle_instances_alone(run: Run) -> None:
    """The first to use an instance that was made for it starts cold, later ones warm, and no idle one is overlooked."""
    lives = {row["instance"]: row for row in run.instances.rows()}
    by_instance = _by_instance(run)
    for instance, served in by_instance.items():
        made_for_somebody = lives[instance]["origin"] != "initial"
        for place, row in enumerate(served):
            cold = row["start"] in ("cold", "prewarm")
            assert cold == (place == 0 and made_for_somebody), f"instance {instance}: {row['start']} as number {place}"
            if cold:
                origin = "prewarm" if row["start"] == "prewarm" else "cold"
                assert lives[instance]["origin"] == origin, f"instance {instance}: made for another"
                _no_idle_one(run, row, by_instance, lives)


def _no_idle_one(run: Run, row: Row, by_instance: dict[int, list[Row]], lives: dict[int, Row]) -> None:
    at = _begin(row)
    for instance, life in lives.items():
        if life["memory_mb"] != row["memory_mb"] or not ns(life["created_s"]) < at <= ns(life["ended_s"]):
            continue
        busy = any(_begin(other) <= at <= _end(other) for other in by_instance.get(instance, ()))
        assert busy, f"a cold start at {at} although instance {instance} was idle"


def instances_are_accounted_for(run: Run) -> None:
    """Instances made = cold starts + prewarm starts, the initial pool apart; they end as their keep-alive says."""
    origins, starts = run.instances["origin"].tolist(), run.invocations["start"].tolist()
    assert origins.count("cold") == starts.count("cold") == run.cold_starts
    assert origins.count("prewarm") == starts.count("prewarm")
    assert origins.count("initial") == sum(entry.count for entry in run.platform.pool.initial)
    by_instance = _by_instance(run)
    for row in run.instances.rows():
        served = by_instance.get(row["instance"], [])
        if all(_end(other) < NEVER and other["status"] != "killed" for other in served):
            last = max((_end(other) for other in served), default=ns(row["created_s"]))
            _keeps_alive(run, ns(row["ended_s"]) - last)


def _keeps_alive(run: Run, idle_ns: float) -> None:
    keep_alive = run.platform.keep_alive
    match keep_alive.kind:
        case "fixed":
            assert idle_ns == ns(keep_alive.duration_s), "keep-alive"
        case "half_life":
            periods = idle_ns / ns(keep_alive.half_life_s)
            assert abs(periods - round(periods)) < 1e-6, "half-life"
            assert periods > 0.5, "half-life"
        case "distribution":
            assert ns(keep_alive.duration.least_s) <= idle_ns < NEVER, "keep-alive drawn"


def limits_are_kept(run: Run) -> None:
    """No more instances busy or starting than the limit, and new ones no faster than the ramp."""
    limits = run.platform.limits
    admitted = [row for row in run.invocations.rows() if ns(row["admitted_s"]) < NEVER]
    for memory_mb in (None, *sorted({row["memory_mb"] for row in admitted})):
        most = limits.concurrency if memory_mb is None else limits.concurrency_of(memory_mb)
        counted = [row for row in admitted if memory_mb in (None, row["memory_mb"])]
        at_once = _most_at_once((_begin(row), _end(row)) for row in counted)
        assert most is None or at_once <= most, f"{at_once} at once of {memory_mb or 'all'} MB, at most {most}"
    if limits.ramp_per_s is None or limits.ramp_burst is None:
        return
    made = defaultdict[int, list[float]](list)
    for row in admitted:
        if row["start"] in ("cold", "prewarm"):
            made[row["memory_mb"]].append(_begin(row))
    for memory_mb, times in made.items():
        times.sort()
        for i, first in enumerate(times):
            for j in range(i, len(times)):
                allowed = limits.ramp_burst + limits.ramp_per_s * (times[j] - first) / 1e9
                assert j - i + 1 <= allowed + 1e-6, f"{memory_mb} MB: {j - i + 1} new ones, at most {allowed}"


def waits_are_the_fault_of_limits(run: Run) -> None:
    """Each wait for admission is split among the limits that the platform has; none but these makes anybody wait."""
    limits = run.platform.limits
    for row in run.invocations.rows():
        parts = {name: int(row[f"{name}_ns"]) for name in ("concurrency", "size_concurrency", "ramp")}
        assert sum(parts.values()) == row["admission_ns"], f"{row['worker']}: {parts}"
        assert min(parts.values()) >= 0, f"{row['worker']}: {parts}"
        assert limits.over_limit == "queue" or not any(parts.values()), f"{row['worker']}: {parts}"
        assert limits.concurrency is not None or not parts["concurrency"], f"{row['worker']}: {parts}"
        assert limits.concurrency_of(row["memory_mb"]) is not None or not parts["size_concurrency"], f"{parts}"
        assert limits.ramp_per_s is not None or not parts["ramp"], f"{row['worker']}: {parts}"


def invocations_go_through_life_in_order(run: Run) -> None:
    """Requested, admitted, provisioned, started, ended; all that it did lies between the last two."""
    stages = ("requested_s", "admitted_s", "provisioned_s", "started_s", "ended_s")
    rows = list(run.invocations.rows())
    for row in rows:
        times = [ns(row[stage]) for stage in stages]
        reached = [time for time in times if time < NEVER]  # who dies at its start is never started
        assert reached == sorted(reached), f"{row['worker']}: {times}"
        assert (row["instance"] >= 0) == (times[1] < NEVER), f"{row['worker']}: instance"
        assert row["admission_ns"] == (times[1] - times[0] if times[1] < NEVER else 0), f"{row['worker']}: admission"
    for table in (run.tasks, run.transfers):
        for row in table.rows():
            host = rows[row["invocation"]]
            assert ns(host["started_s"]) <= ns(row["start_s"]) <= ns(row["end_s"]), f"{row}: before its start"
            assert ns(row["end_s"]) <= _end(host), f"{row}: after the end of its invocation"
            assert row["instance"] == host["instance"], f"{row}: on another instance"
            assert (row["worker"], row["epoch"]) == (host["worker"], host["epoch"]), f"{row}: of another worker"


def _by_instance(run: Run) -> dict[int, list[Row]]:
    """Per instance, the invocations that it served, in order; of two that took no time the cold one was first."""
    served = defaultdict[int, list[Row]](list)
    for row in run.invocations.rows():
        if row["instance"] >= 0:
            served[row["instance"]].append(row)
    return {instance: sorted(rows, key=_turn) for instance, rows in served.items()}


def _turn(row: Row) -> tuple[float, float, bool]:
    return _begin(row), _end(row), row["start"] not in ("cold", "prewarm")


def _memory_of(run: Run, instance: int) -> int:
    rows = run.instances.where(run.instances["instance"] == instance)
    return int(rows["memory_mb"][0])


def _begin(row: Row) -> float:
    return ns(row["admitted_s"])


def _end(row: Row) -> float:
    return ns(row["ended_s"])
