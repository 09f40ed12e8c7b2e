"""Spells: what each instance was for a while, told in few words; of one run, or of many requests on one pool."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from executor.records.run import Run
from executor.records.table import Table
from faascast.timeline.activities import Activity, spans
from sim import Arrivals

Column = NDArray[Any]


class State(StrEnum):
    """What an instance is, as a whole; one that is in no state is not there yet, or reclaimed."""

    COMPUTING = "computing"
    MOVING = "data, requests, calls"
    SERVING = "serving, started warm"
    SERVING_COLD = "serving, started cold"
    HELD = "held for others"
    LOST = "lost, killed"
    WARM = "starting warm"
    COLD = "starting cold"
    IDLE = "idle, kept alive"


STATE_OF: Mapping[Activity, State] = MappingProxyType(
    {
        Activity.PROVISIONING: State.COLD,
        Activity.INIT: State.COLD,
        Activity.WARM_START: State.WARM,
        Activity.COMPUTING: State.COMPUTING,
        Activity.FETCH: State.MOVING,
        Activity.UPLOAD: State.MOVING,
        Activity.DEPENDENCY: State.MOVING,
        Activity.CALL: State.MOVING,
        Activity.HOLD: State.HELD,
        Activity.LOST: State.LOST,
        Activity.KEEP_ALIVE: State.IDLE,
    }
)
"""Of a run every activity is known."""


def spells_of_run(run: Run) -> Table:
    """All spells of a run's instances until the last exit: instance, begin_s, end_s, state (its place in `State`)."""
    place = {state: place for place, state in enumerate(State)}
    rows = [(span.instance, span.begin_s, span.end_s, place[STATE_OF[span.activity]]) for span in spans(run)]
    instance, begin_s, end_s, state = zip(*rows, strict=True) if rows else ((), (), (), ())
    return _table(np.array(instance), np.array(begin_s), np.array(end_s), np.array(state))


def spells_of_arrivals(arrivals: Arrivals) -> Table:
    """The same of many requests: that an instance serves one is known, and how it began to, not what it does meanwhile.

    An instance that was not there from the start began its first service cold.
    """
    stays, instances = arrivals.stays, arrivals.instances
    order = np.lexsort((stays["begin_s"], stays["instance"]))
    served, begins_s, ends_s = (stays[name][order] for name in ("instance", "begin_s", "end_s"))
    everyone = np.arange(instances.n_rows)
    until_s = np.minimum(instances["ended_s"], max(arrivals.end_s, float(ends_s.max(initial=0.0))))
    # An instance idles from when it is there, and from each end, to the next begin, and at last to its own end.
    idle = np.concatenate([everyone, served])
    free_s = np.concatenate([instances["created_s"], ends_s])
    taken_s = np.concatenate([begins_s, until_s])
    by_begin = np.lexsort((free_s, idle))
    by_end = np.lexsort((taken_s, np.concatenate([served, everyone])))
    place = {state: place for place, state in enumerate(State)}
    is_first = np.append(True, served[1:] != served[:-1])[: served.size]
    is_cold = is_first & (instances["origin"][served] != "initial")
    return _table(
        np.concatenate([served, idle[by_begin]]),
        np.concatenate([begins_s, free_s[by_begin]]),
        np.concatenate([ends_s, taken_s[by_end]]),
        np.concatenate(
            [
                np.where(is_cold, place[State.SERVING_COLD], place[State.SERVING]),
                np.full(idle.size, place[State.IDLE]),
            ]
        ),
    )


def _table(instance: Column, begin_s: Column, end_s: Column, state: Column) -> Table:
    """The spells that last."""
    spells = Table({"instance": instance, "begin_s": begin_s, "end_s": end_s, "state": state})
    return spells.where(np.asarray(end_s) > np.asarray(begin_s))
