"""Transfers on a network without anything around it: who moves how much when, and when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from platforms import Platform
from sim.clock import ARRIVAL, TIMER, Clock, Happening
from sim.network import Network, Way


@dataclass(frozen=True)
class Flow:
    """So many bytes from a time on, to or from an instance."""

    at_ns: int
    n_bytes: int
    instance: int
    is_up: bool = False


@dataclass(frozen=True)
class Kill:
    """An instance gives up all that is under way, after what ends at that instant."""

    at_ns: int
    instance: int


@dataclass
class Moved:
    """The flows on their ways."""

    platform: Platform
    flows: Sequence[Flow]
    ends_ns: dict[int, int] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)

    def run(self, kills: Sequence[Kill]) -> None:
        """Until nothing moves."""
        clock = self.clock = Clock()
        network = Network(self.platform, clock)
        self.ways = {flow.instance: network.ways() for flow in self.flows}
        for number, flow in enumerate(self.flows):
            clock.after(flow.at_ns, ARRIVAL + number, Happening(self._begin, number))
        for number, kill in enumerate(kills):
            clock.after(kill.at_ns, TIMER + number, Happening(self._kill, kill))
        clock.run()

    def _begin(self, happening: Happening) -> None:
        number: int = happening.about
        flow = self.flows[number]
        way = self.ways[flow.instance][flow.is_up]
        assert way
        way.carry(flow.n_bytes, number, Happening(self._end, number))

    def _end(self, done: Happening) -> None:
        self.ends_ns[done.about] = self.clock.now_ns
        self.order.append(done.about)

    def _kill(self, happening: Happening) -> None:
        ways: tuple[Way | None, ...] = self.ways.get(happening.about.instance, ())
        for way in ways:
            assert way
            way.stop()


def simulated_ends(platform: Platform, flows: Sequence[Flow], kills: Sequence[Kill] = ()) -> dict[int, int]:
    """When each flow ends that is not given up, in ns."""
    moved = Moved(platform, flows)
    moved.run(kills)
    return moved.ends_ns
