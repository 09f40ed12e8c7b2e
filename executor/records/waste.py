"""Waste: what a run did that came to nothing, in seconds of instances and in money.

In vain are runs of tasks that failed, were killed or stopped, or lost against another version; transfers that failed
or were given up, gets that no run which counts has read on that invocation, puts of what no such run has made; and the
starts of workers that were delivered again after a death, or were there for a backup copy that came to nothing.

An instance's time is shared equally among all that ran or moved on it at that moment, so no second is counted twice;
and the money is that part of what the invocation was billed for which its time was in vain: so waste is part of the
bill, never more. What is not billed (provisioning; initialization, on most platforms) is seconds that cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executor.records.operations import NO_ROW, Kind, Outcome
from executor.records.table import Table
from platforms.sections import Prices
from workloads import Workflow

COPY = "copy:"
"""How the name of a worker begins that is there for a backup copy."""
_NS_PER_S = 1e9
_ON_INSTANCE = (Kind.FETCH, Kind.EXECUTE, Kind.UPLOAD)
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Waste:
    """Seconds by what they went into, and what they cost."""

    runs_s: float
    transfers_s: float
    starts_s: float
    n_runs: int
    """Executions that do not count."""
    n_redeliveries: int
    """Starts of workers that had died."""
    usd: float

    @property
    def total_s(self) -> float:
        """All seconds."""
        return self.runs_s + self.transfers_s + self.starts_s


NO_WASTE = Waste(runs_s=0.0, transfers_s=0.0, starts_s=0.0, n_runs=0, n_redeliveries=0, usd=0.0)


def is_calm(operations: Table) -> bool:
    """Whether all went well, and no task ran twice: then nothing was done in vain, and no table need be made."""
    runs = operations["task"][operations["kind"] == Kind.EXECUTE]
    return not operations["outcome"].any() and len(np.unique(runs)) == len(runs)


def waste_of(workflow: Workflow, tasks: Table, invocations: Table, operations: Table, prices: Prices) -> Waste:
    """What a run did in vain, from its tables."""
    spells = operations.where(np.isin(operations["kind"], _ON_INSTANCE))
    is_run = spells["kind"] == Kind.EXECUTE
    in_vain = np.zeros(spells.n_rows, dtype=bool)
    in_vain[is_run] = ~tasks["counts"]
    in_vain[~is_run] = _moved_in_vain(workflow, spells.where(is_run & ~in_vain), spells.where(~is_run))
    runs_s, moves_s = (_shares_s(spells, in_vain & chosen, invocations.n_rows) for chosen in (is_run, ~is_run))
    again = _redelivered(operations)
    starts_s, billed_s = _starts_s(invocations, np.union1d(again, _idle_copies(tasks, invocations)), prices)
    ran_s = _ran_s(invocations, prices)
    part = np.divide(runs_s + moves_s + billed_s, ran_s, out=np.zeros_like(ran_s), where=ran_s > 0)
    return Waste(
        runs_s=float(runs_s.sum()),
        transfers_s=float(moves_s.sum()),
        starts_s=float(starts_s.sum()),
        n_runs=int(np.count_nonzero(in_vain & is_run)),
        n_redeliveries=len(again),
        usd=float((np.minimum(part, 1.0) * invocations["usd"]).sum()),
    )


def _moved_in_vain(workflow: Workflow, counting: Table, moves: Table) -> Array:
    """Per transfer: whether it failed, or no run that counts, on its invocation, has read or made the object."""
    inputs, task, invocation = workflow.inputs, counting["task"], counting["invocation"].astype("i8")
    n_inputs = inputs.counts[task]
    place = np.arange(n_inputs.sum()) - np.repeat(np.cumsum(n_inputs) - n_inputs, n_inputs)
    read = inputs.indices[np.repeat(inputs.indptr[task], n_inputs) + place]
    was_read = np.repeat(invocation, n_inputs) * workflow.n_objects + read
    was_made = invocation * workflow.n_tasks + task
    where = moves["invocation"].astype("i8")
    served = np.where(
        moves["kind"] == Kind.FETCH,
        np.isin(where * workflow.n_objects + moves["object"], was_read),
        np.isin(where * workflow.n_tasks + moves["task"], was_made),
    )
    return np.asarray((moves["outcome"] != Outcome.DONE) | ~served)


def _shares_s(spells: Table, chosen: Array, n_invocations: int) -> Array:
    """Per invocation: the seconds that fall to the chosen spells, if all that go on at a time share it equally."""
    invocation = np.tile(spells["invocation"].astype("i8"), 2)
    at_ns = np.concatenate([spells["begin_ns"], spells["end_ns"]])
    change = np.repeat([1, -1], spells.n_rows)
    order = np.lexsort((at_ns, invocation))
    going_on, of_them = (np.cumsum(each[order]) for each in (change, change * np.tile(chosen, 2)))
    lasts_ns = np.diff(at_ns[order], append=0)
    share = np.divide(of_them, going_on, out=np.zeros(len(order)), where=going_on > 0)
    spent_ns = np.bincount(invocation[order], weights=share * lasts_ns, minlength=n_invocations)
    return np.asarray(spent_ns / _NS_PER_S)


def _starts_s(invocations: Table, again: Array, prices: Prices) -> tuple[Array, Array]:
    """Per invocation: how long its start took if that was in vain, and how much of that is billed."""
    until_s = np.fmin(invocations["started_s"], invocations["ended_s"])
    chosen = np.zeros(invocations.n_rows)
    chosen[again] = 1.0
    starts_s, billed_s = (chosen * np.nan_to_num(until_s - since_s) for since_s in _since_s(invocations, prices))
    return starts_s, np.maximum(0.0, billed_s)


def _since_s(invocations: Table, prices: Prices) -> tuple[Array, Array]:
    """Per invocation: since when it has an instance, and since when it is billed."""
    cold = np.isin(invocations["start"], ("cold", "prewarm")) & prices.bill_init
    return invocations["admitted_s"], np.where(cold, invocations["provisioned_s"], invocations["started_s"])


def _ran_s(invocations: Table, prices: Prices) -> Array:
    """Per invocation: how long it is billed for, before that is rounded up."""
    return np.asarray(np.nan_to_num(invocations["ended_s"] - _since_s(invocations, prices)[1]))


def _idle_copies(tasks: Table, invocations: Table) -> Array:
    """Invocations of backup copies of which no run counts."""
    is_copy = np.array([str(worker).startswith(COPY) for worker in invocations["worker"]], dtype=bool)
    return np.setdiff1d(np.flatnonzero(is_copy), tasks["invocation"][tasks["counts"]])


def _redelivered(operations: Table) -> Array:
    """Invocations that were started because a former epoch had died, each once."""
    starts = np.flatnonzero(operations["kind"] == Kind.START)
    cause = operations["cause"][starts]
    kind = np.where(cause == NO_ROW, -1, operations["kind"][cause])
    died = np.isin(kind, (Kind.LOST, Kind.TIMER))
    return np.unique(operations["invocation"][starts[died]])
