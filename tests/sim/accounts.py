"""More of what must hold of every run: money, bounds, and why it took as long as it did. See `invariants`."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from executor.records.operations import NO_ROW, Kind, Outcome
from executor.records.run import Run


def the_bill_adds_up(run: Run) -> None:
    """The cost is the sum of the items, and each item what the tables say was used, at the platform's price."""
    prices = run.platform.prices
    assert run.cost_usd == pytest.approx(math.fsum(item.usd for item in run.bill.items), rel=1e-12)
    quantities = {item.name: (item.quantity, item.usd_per_unit) for item in run.bill.items}
    expected = _compute(run) | _counted(run)
    assert quantities.keys() == expected.keys()
    for name, (quantity, usd_per_unit) in expected.items():
        assert quantities[name][1] == usd_per_unit, name
        assert quantities[name][0] == pytest.approx(quantity, rel=1e-9), name
    billed_usd = float(run.invocations["usd"].sum())
    assert billed_usd == pytest.approx(run.bill["compute"].usd + run.bill["prewarm compute"].usd, rel=1e-9)
    assert prices.usd_per_gb_s == run.bill["compute"].usd_per_unit


def _compute(run: Run) -> dict[str, tuple[float, float]]:
    """GB-seconds and starts, from the times of the invocations."""
    prices = run.platform.prices
    gb_s = {"compute": 0.0, "prewarm compute": 0.0}
    starts = {"invocations": 0, "prewarm invocations": 0}
    for row in run.invocations.rows():
        if row["start"] == "none":
            continue
        prewarm = "prewarm" in row["start"]
        starts["prewarm invocations" if prewarm else "invocations"] += 1
        cold = row["start"] in ("cold", "prewarm")
        begin_s = row["provisioned_s"] if cold and prices.bill_init else row["started_s"]
        if not math.isnan(row["ended_s"] - begin_s):
            step_ns = round(prices.billing_step_s * 1e9)
            steps = -(-round((row["ended_s"] - begin_s) * 1e9) // step_ns)
            gb_s["prewarm compute" if prewarm else "compute"] += steps * step_ns / 1e9 * row["memory_mb"] / 1024
    return (
        {name: (quantity, prices.usd_per_gb_s) for name, quantity in gb_s.items()}
        | {name: (float(quantity), prices.usd_per_invocation) for name, quantity in starts.items()}
        | {"orchestration": (float(starts["invocations"]), prices.orchestration_usd_per_invocation)}
    )


def _counted(run: Run) -> dict[str, tuple[float, float]]:
    """Requests, from the log of operations; a request that its worker did not live to see answered counts, too."""
    prices = run.platform.prices
    answered = ~np.isin(run.operations["kind"], (Kind.COMMIT, Kind.READ)) | (run.operations["outcome"] != Outcome.LOST)
    kinds = run.operations["kind"][answered].tolist()
    last_s = float(np.nanmax(run.invocations["ended_s"], initial=0.0))
    if run.makespan_s is not None:
        last_s = max(last_s, run.makespan_s)
    counted = {
        "store gets": (kinds.count(Kind.FETCH), prices.usd_per_get),
        "store puts": (kinds.count(Kind.UPLOAD), prices.usd_per_put),
        "ledger requests": (kinds.count(Kind.COMMIT) + kinds.count(Kind.READ), prices.usd_per_ledger_request),
        "notifications": (kinds.count(Kind.NOTIFY), prices.usd_per_notification),
    }
    if any(status not in ("done", "released") for status in run.invocations["status"]):
        counted = {name: (max(n, run.bill[name].quantity), price) for name, (n, price) in counted.items()}
    return {name: (float(n), price) for name, (n, price) in counted.items()} | {
        "store standing": (last_s / 3600, prices.store_usd_per_hour)
    }


def no_run_beats_its_bound(run: Run) -> None:
    """The makespan is not below the lower bound with the run's own luck."""
    if run.makespan_ns is not None:
        assert round(run.lower_bound_s * 1e9) <= run.makespan_ns, f"{run.lower_bound_s} > {run.makespan_s}"


def operations_begin_when_their_cause_ends(run: Run) -> None:
    """Every operation is begun by the end of one before it; only the client's first have no cause."""
    rows = list(run.operations.rows())
    for number, row in enumerate(rows):
        assert row["begin_ns"] <= row["end_ns"], f"row {number}"
        if row["cause"] == NO_ROW:
            assert (row["invocation"], row["begin_ns"]) == (-1, 0), f"row {number}: without a cause"
        else:
            assert 0 <= row["cause"] < number, f"row {number}: caused by a later one"
            assert rows[row["cause"]]["end_ns"] == row["begin_ns"], f"row {number}: begins after its cause"


def the_critical_path_explains_the_makespan(run: Run) -> None:
    """Segments follow one another without a gap from the submission to the last commit, and add up to the makespan."""
    path = run.critical_path()
    if run.makespan_ns is None:
        assert not path
        return
    assert sum(segment.length_ns for segment in path) == run.makespan_ns
    if path:
        assert (path[0].begin_ns, path[-1].end_ns) == (0, run.makespan_ns)
    for before, after in pairwise(path):
        assert before.end_ns == after.begin_ns, f"a gap after {before}"


def a_failure_has_a_reason(run: Run) -> None:
    """A run fails only by a limit of its platform: refused, killed, or held up for ever by who holds all instances."""
    limits, reason = run.platform.limits, run.failure
    if run.status == "complete":
        assert reason is None
        return
    assert reason
    if "refused" in reason or "over the platform's limit" in reason:
        assert limits.over_limit == "refuse", reason
        of_sizes = [limits.concurrency_of(mb) for mb in run.invocations["memory_mb"]] + [limits.concurrency_per_size]
        assert any(limit is not None for limit in (limits.concurrency, limits.ramp_per_s, *of_sizes)), reason
    elif "killed" in reason:
        assert limits.max_duration_s is not None, reason
        assert "killed" in run.invocations["status"], reason
    else:
        _is_deadlocked(run, reason)


def _is_deadlocked(run: Run, reason: str) -> None:
    """Somebody waits for an instance, and all there may be, of the size or over all, are held."""
    assert reason.startswith("deadlock: "), reason
    rows: list[dict[str, Any]] = list(run.invocations.rows())
    stopped = [row for row in rows if row["status"] == "stopped"]
    assert stopped, f"{reason}: nobody held anything"
    given_up_s = min(row["ended_s"] for row in stopped)
    held = [row for row in stopped if row["started_s"] < given_up_s]
    waiting = [row for row in stopped if row["admitted_s"] >= given_up_s]
    assert waiting, f"{reason}: nobody waits for admission"
    limits = run.platform.limits
    for row in waiting:
        of_size = [other for other in held if other["memory_mb"] == row["memory_mb"]]
        used_up = len(held) == limits.concurrency or len(of_size) == limits.concurrency_of(row["memory_mb"])
        assert used_up, f"{reason}: {len(held)} instances are held, {len(of_size)} of {row['memory_mb']} MB"
