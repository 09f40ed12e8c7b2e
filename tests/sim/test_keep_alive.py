"""Keep-alive and routing against known answers: how many starts are cold, how many instances are alive.

Sources: renewal arguments (one instance at most); Mahmoudi and Khazaei's SimFaaS (2021), its README's point, run
again with eight seeds; the decay of idle instances that the SeBS data of January 2020 show on AWS.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from platforms import Exponential, Uniform
from sim.clock import ARRIVAL, Clock, Happening
from sim.clock import to_ns as to_whole_ns
from sim.instance import Instance
from sim.pool import Pool
from tests.sim.queueing import SIZE_MB, Outcome, Queueing, Visit, constant, exponential, pool_platform

WARM_S, COLD_S = 1.991, 2.244
ROUTINGS = ("newest", "oldest", "most-recently-used", "least-recently-used", "random")


def test_one_instance_at_most() -> None:
    """One instance, busy arrivals refused, idle expiry T = 100 s, λ = .01.

    Who is accepted finds it gone if no one came for T: p = e^(−λT) = .367879. With S = p·cold + (1−p)·warm:
    refused λS/(1+λS) = .020415, cold of all arrivals .360369, alive (S + (1−p)/λ)/(S + 1/λ) = .639631.
    """
    platform = pool_platform(concurrency=1, over_limit="refuse", keep_alive_s=100)
    outcome = Queueing(platform, 1, 0.01, 2e7, exponential(WARM_S), exponential(COLD_S)).run()
    accepted = ~outcome.refused
    of_accepted = outcome.mean_of_visits(outcome.cold[accepted])
    assert of_accepted.agrees_with(math.exp(-1))
    assert outcome.mean_of_visits(outcome.cold).agrees_with(0.360369)
    assert outcome.mean_of_visits(outcome.refused).agrees_with(0.020415)
    assert outcome.alive.agrees_with(0.639631)
    assert of_accepted.error < 0.01 * math.exp(-1)
    assert outcome.alive.error < 0.01 * 0.639631


def simfaas(routing: str, seed: int, until_s: float) -> Outcome:
    """The README's point: λ .9, warm 1.991, cold 2.244 (one exponential service time), T 600."""
    platform = pool_platform(routing=routing, keep_alive_s=600)
    return Queueing(platform, seed, 0.9, until_s, exponential(WARM_S), exponential(COLD_S)).run()


def test_the_point_of_simfaas() -> None:
    """10^6 s. The reference figures are means of eight seeds with their own errors; the README's are one seed's."""
    outcome = simfaas("newest", 1, 1e6)
    cold, alive, running = outcome.mean_of_visits(outcome.cold), outcome.alive, outcome.running
    assert cold.agrees_with(0.00133, of_expected=0.00001)
    assert alive.agrees_with(7.695, of_expected=0.009)
    assert running.agrees_with(1.7926)
    assert abs(alive.mean - running.mean - 5.903) <= 3.5 * math.hypot(alive.error, running.error, 0.009)
    assert cold.error < 0.03 * cold.mean
    assert alive.error < 0.003 * alive.mean


@pytest.fixture(scope="module")
def by_routing() -> dict[str, list[Outcome]]:
    """2·10^5 s under each routing, with the same three lots of arrivals and services."""
    return {routing: [simfaas(routing, seed, 2e5) for seed in (1, 2, 3)] for routing in ROUTINGS}


@pytest.mark.parametrize("routing", ["newest", "oldest", "most-recently-used"])
def test_routing_that_lets_instances_rest(by_routing: dict[str, list[Outcome]], routing: str) -> None:
    """Who is not needed at the moment is not needed soon: .0014 cold, 7.64 instances, under all three."""
    outcomes = by_routing[routing]
    cold = np.mean([outcome.cold.mean() for outcome in outcomes])
    alive = np.mean([outcome.alive.mean for outcome in outcomes])
    cold_error, alive_error = (
        joint_error([o.mean_of_visits(o.cold).error for o in outcomes]),
        joint_error([o.alive.error for o in outcomes]),
    )
    rounding = 0.00005  # the figure has two digits
    assert abs(cold - 0.0014) <= 3.5 * cold_error + rounding
    assert abs(alive - 7.64) <= 3.5 * alive_error
    assert cold_error < 0.05 * cold
    assert alive_error < 0.006 * alive


@pytest.mark.parametrize("routing", ["least-recently-used", "random"])
def test_routing_that_keeps_all_awake(by_routing: dict[str, list[Outcome]], routing: str) -> None:
    """Ten or eleven instances share .9 visits a second: none rests for 600 s, so each peak is paid for once.

    Then every cold start is a new peak of busy instances, .00006 or .00005 of the arrivals in 2·10^5 s, and
    10 to 11.1 instances live.
    """
    for outcome in by_routing[routing]:
        assert outcome.cold.sum() == peak_of_busy(outcome)
        assert 0.00004 < outcome.cold.mean() < 0.00008
        assert 9.5 < outcome.alive.mean < 12.0


def test_routing_changes_cold_starts_twentyfold(by_routing: dict[str, list[Outcome]]) -> None:
    n_cold = {routing: sum(int(o.cold.sum()) for o in outcomes) for routing, outcomes in by_routing.items()}
    for resting in ("newest", "oldest", "most-recently-used"):
        for awake in ("least-recently-used", "random"):
            assert 15 < n_cold[resting] / n_cold[awake] < 30


@pytest.mark.parametrize("routing", ROUTINGS)
def test_the_busy_do_not_depend_on_routing(by_routing: dict[str, list[Outcome]], routing: str) -> None:
    """Little's law: running = λ·E[S], with the warm service time but for .14 % of the visits."""
    for outcome in by_routing[routing]:
        share = float(outcome.cold.mean())
        assert outcome.running.agrees_with(0.9 * (share * COLD_S + (1 - share) * WARM_S))


def joint_error(errors: list[float]) -> float:
    """The standard error of the mean of independent means."""
    return math.hypot(*errors) / len(errors)


def peak_of_busy(outcome: Outcome) -> int:
    """The most instances ever busy at once."""
    begin = outcome.arrived_s + outcome.waited_s
    times = np.concatenate([begin, begin + outcome.served_s])
    steps = np.repeat([1, -1], begin.size)
    return int(np.cumsum(steps[np.argsort(times, kind="stable")]).max())


# what keep-alive does to one idle period ------------------------------------------------------------------


class Probe:
    """Idle instances, all asked for at once after a while, to see which are still warm."""

    def __init__(self, n_instances: int, seed: int, **keep_alive: object) -> None:
        initial = [{"memory_mb": SIZE_MB, "count": n_instances}]
        self._clock = Clock()
        self._n = n_instances
        self._pool = Pool(pool_platform(initial=initial, **keep_alive), self._clock, seed, self._admitted)
        self._warm = 0

    def share_warm_after(self, rest_s: float) -> float:
        """Of instances that became idle at 0."""
        self._clock.after(to_whole_ns(rest_s), ARRIVAL, Happening(self._ask))
        self._clock.run()
        return self._warm / self._n

    def _ask(self, _: Happening) -> None:
        for number in range(self._n):
            assert self._pool.request(Visit(number, self._clock.now_ns))

    def _admitted(self, visit: Visit, instance: Instance, cold: bool) -> None:
        self._warm += not cold


N_PROBED = 4_000


def within(share: float, expected: float) -> bool:
    """Three and a half binomial standard errors; what is certain is exact."""
    return abs(share - expected) <= 3.5 * math.sqrt(expected * (1 - expected) / N_PROBED)


@pytest.mark.parametrize("rest_s", [0.0, 379.9, 380.1, 600.0, 759.9, 760.1, 1139.9, 1140.1, 1600.0, 2000.0])
def test_half_of_the_idle_are_gone_after_each_half_life(rest_s: float) -> None:
    """AWS, January 2020: the share still warm after Δt is 2^(−⌊Δt/380⌋)."""
    share = Probe(N_PROBED, 1, half_life_s=380).share_warm_after(rest_s)
    assert within(share, 0.5 ** (rest_s // 380))


@pytest.mark.parametrize(("rest_s", "half_lives"), [(379.999999999, 0), (380.0, 0), (380.000000001, 1), (760.0, 1)])
def test_who_comes_as_a_half_life_ends_is_served_by_those_that_it_ends(rest_s: float, half_lives: int) -> None:
    """The rule of every keep-alive: at the very instant of its expiry an instance still serves."""
    assert within(Probe(N_PROBED, 1, half_life_s=380).share_warm_after(rest_s), 0.5**half_lives)


@pytest.mark.parametrize(("rest_s", "warm"), [(0.0, 1), (99.999999999, 1), (100.0, 1), (100.000000001, 0)])
def test_a_fixed_keep_alive_ends_on_the_nanosecond(rest_s: float, warm: int) -> None:
    """Who comes at the very instant of expiry is still served."""
    assert Probe(3, 1, keep_alive_s=100).share_warm_after(rest_s) == warm


def test_an_endless_keep_alive_does_not_end() -> None:
    assert Probe(3, 1, keep_alive_s=math.inf).share_warm_after(1e9) == 1


@pytest.mark.parametrize("rest_s", [0.0, 50.0, 150.0, 250.0, 300.0])
def test_a_drawn_keep_alive_follows_its_distribution(rest_s: float) -> None:
    duration = Uniform(low_s=100.0, high_s=300.0)
    share = Probe(N_PROBED, 1, keep_alive={"kind": "distribution", "duration": duration}).share_warm_after(rest_s)
    assert within(share, min(1.0, max(0.0, (300.0 - rest_s) / 200.0)))


def test_a_drawn_keep_alive_is_drawn_anew_for_each_idle_period() -> None:
    """One instance at most, a constant service of 1 s, keep-alive exponential with mean 10 s, λ = .1.

    A rest and a keep-alive race at equal rates, whatever came before: half of the accepted arrivals are cold.
    """
    keep_alive = {"kind": "distribution", "duration": Exponential(mean_s=10.0)}
    platform = pool_platform(concurrency=1, over_limit="refuse", keep_alive=keep_alive)
    outcome = Queueing(platform, 1, 0.1, 5e5, constant(1.0), constant(1.0)).run()
    cold = outcome.mean_of_visits(outcome.cold[~outcome.refused])
    assert cold.agrees_with(0.5)
    assert cold.error < 0.01
