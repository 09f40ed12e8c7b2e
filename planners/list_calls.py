"""`Calls`: when a worker that is called now would be up, for calls queue at who makes them."""

from __future__ import annotations

from planners.arrivals import CLIENT, Arrival
from platforms import Platform


class Calls:
    """Who has how many calls to make: each caller's are spread evenly over the few it makes at a time."""

    def __init__(self, platform: Platform) -> None:
        self._call_s = platform.invocation.call_s.mean_s
        self._callers, self._client_callers = platform.invocation.callers, platform.invocation.client_callers
        self._free_s: dict[int, float] = {}

    def taken_s(self, arrival: Arrival) -> float:
        """When a call for this arrival would be accepted."""
        return self._begin_s(arrival) + self._call_s

    def call(self, arrival: Arrival) -> float:
        """Make the call; returns what `take_back` needs to undo it."""
        before_s = self._free_s.get(arrival.caller, 0.0)
        at_a_time = self._client_callers if arrival.caller == CLIENT else self._callers
        self._free_s[arrival.caller] = self._begin_s(arrival) + self._call_s / at_a_time
        return before_s

    def take_back(self, caller: int, before_s: float) -> None:
        """Undo the latest call of `caller`."""
        self._free_s[caller] = before_s

    def _begin_s(self, arrival: Arrival) -> float:
        return max(arrival.met_s, self._free_s.get(arrival.caller, 0.0))
