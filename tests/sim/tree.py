"""Max-min fair sharing over connection, instance and store, as a fluid: exact, slow, and written the other way round.

All rates are found anew after each event, by raising them together until something is full. Nothing here knows of
levels or clocks: it is what `sim.trunk` is compared with. Times in seconds, amounts in bytes, all fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from sim.clock import NS_PER_S
from tests.sim.flows import Flow, Kill
from tests.sim.fluid import Bucket

Where: TypeAlias = tuple[int, bool]
"""An instance's network: whose, and whether up."""
Look: TypeAlias = Callable[[Mapping[int, Fraction]], None]


@dataclass(frozen=True)
class Tree:
    """What is shared; None is unlimited."""

    cap: Fraction | None
    bucket: Bucket | None
    total: Fraction | None
    joined: bool = False

    def where(self, flow: Flow) -> Where:
        """The instance's network that a flow takes."""
        return flow.instance, flow.is_up and not self.joined

    def rates(self, flows: Mapping[int, Flow], capacities: Mapping[Where, Fraction]) -> dict[int, Fraction]:
        """What flows get: raised together until each is held by something that is full."""
        rates = dict.fromkeys(flows, Fraction(0))
        shared = list(self._shared(flows, capacities))
        rising = set(flows)
        while rising:
            room = [(full - sum(rates[i] for i in among)) / len(up) for full, among in shared if (up := among & rising)]
            step = min(room)
            for i in rising:
                rates[i] += step
            held = [among for full, among in shared if sum(rates[i] for i in among) == full]
            rising -= set().union(*held)
        return rates

    def _shared(
        self, flows: Mapping[int, Flow], capacities: Mapping[Where, Fraction]
    ) -> list[tuple[Fraction, set[int]]]:
        """Every capacity, and the flows that share it."""
        shared = [(full, {i for i, f in flows.items() if self.where(f) == where}) for where, full in capacities.items()]
        if self.cap is not None:
            shared += [(self.cap, {i}) for i in flows]
        if self.total is not None:
            for is_up in (False, True):
                shared.append((self.total, {i for i, flow in flows.items() if self.where(flow)[1] == is_up}))
        return shared


class Fluid:
    """The tree in motion. ``look`` is shown the rates between any two events."""

    def __init__(
        self, tree: Tree, flows: Sequence[Flow], kills: Sequence[Kill] = (), look: Look = lambda rates: None
    ) -> None:
        self.tree = tree
        self.flows = dict(enumerate(flows))
        self.now = Fraction(0)
        self.ends: dict[int, Fraction] = {}
        self._look = look
        self._left = {i: Fraction(flow.n_bytes) for i, flow in self.flows.items()}
        self._kills = sorted(kills, key=lambda kill: kill.at_ns)
        self._budgets = {tree.where(flow): tree.bucket.depth for flow in flows} if tree.bucket else {}

    def run(self) -> dict[int, Fraction]:
        """When each ends that is not given up."""
        while self._left:
            self._give_up()
            if self._left:
                self._step()
        return self.ends

    def _begins(self, i: int) -> Fraction:
        return Fraction(self.flows[i].at_ns, NS_PER_S)

    def _give_up(self) -> None:
        while self._kills and Fraction(self._kills[0].at_ns, NS_PER_S) <= self.now:
            killed = self._kills.pop(0)
            for i in list(self._left):
                if self.flows[i].instance == killed.instance and self.flows[i].at_ns < killed.at_ns:
                    del self._left[i]

    def _step(self) -> None:
        """From one event to the next."""
        active = {i: self.flows[i] for i in self._left if self._begins(i) <= self.now}
        rates = self.tree.rates(active, self._capacities())
        self._look(rates)
        gains = {
            where: self._gain(sum((rates[i] for i in active if self.tree.where(active[i]) == where), Fraction(0)))
            for where in self._budgets
        }
        steps = [self._begins(i) - self.now for i in self._left if i not in active]
        steps += [Fraction(kill.at_ns, NS_PER_S) - self.now for kill in self._kills]
        steps += [self._left[i] / rates[i] for i in active]
        steps += [left / -gains[where] for where, left in self._budgets.items() if left and gains[where] < 0]
        step = min(steps)
        self.now += step
        self._move(rates, step)
        for where, gain in gains.items():
            assert self.tree.bucket
            self._budgets[where] = min(self.tree.bucket.depth, max(Fraction(0), self._budgets[where] + gain * step))

    def _move(self, rates: Mapping[int, Fraction], step: Fraction) -> None:
        for i, rate in rates.items():
            self._left[i] -= rate * step
            if not self._left[i]:
                self.ends[i] = self.now
                del self._left[i]

    def _capacities(self) -> dict[Where, Fraction]:
        bucket = self.tree.bucket
        return {where: bucket.fast if left else bucket.slow for where, left in self._budgets.items()} if bucket else {}

    def _gain(self, moved: Fraction) -> Fraction:
        """What a bucket gains while so much moves; it loses what is beyond the sustained rate."""
        bucket = self.tree.bucket
        assert bucket
        spare = bucket.slow - moved
        return spare if spare <= 0 else spare / bucket.slow * bucket.depth / bucket.refill
