"""Admission against queueing theory: a concurrency limit is a number of servers.

Figures from the formulas of Erlang (1917), as in any book on queues; each recomputed independently of this
project. A run draws its arrivals and services from a seed, so it either always passes or never does; the errors
come from batch means, and every test also says how small its error is, or it could not fail.
"""

from __future__ import annotations

import pytest

from tests.sim.queueing import Outcome, Queueing, Service, constant, exponential, pool_platform


def served_by(n_servers: int, over_limit: str, seed: int, rate_per_s: float, until_s: float, of: Service) -> Outcome:
    """Arrivals at instances that are all alike, warm or cold, and never reclaimed."""
    platform = pool_platform(concurrency=n_servers, over_limit=over_limit)
    return Queueing(platform, seed, rate_per_s, until_s, of, of).run()


@pytest.mark.parametrize(
    ("rate_per_s", "n_servers", "waits", "wait_s", "until_s"),
    [
        (8.0, 10, 0.40918, 0.20459, 50_000.0),
        (2.0, 3, 0.444444, 0.444444, 100_000.0),
        (0.9, 1, 0.9, 9.0, 400_000.0),
    ],
)
def test_waiting_for_one_of_several_servers(
    rate_per_s: float, n_servers: int, waits: float, wait_s: float, until_s: float
) -> None:
    """M/M/c with μ = 1: who arrives waits with Erlang's C, on average Wq."""
    outcome = served_by(n_servers, "queue", 1, rate_per_s, until_s, exponential(1.0))
    waiting, wait = outcome.mean_of_visits(outcome.waited_s > 0), outcome.mean_of_visits(outcome.waited_s)
    assert not outcome.refused.any()
    assert waiting.agrees_with(waits)
    assert wait.agrees_with(wait_s)
    assert waiting.error < 0.012 * waits
    assert wait.error < 0.045 * wait_s


@pytest.mark.parametrize("service", [exponential(1.991), constant(1.991)], ids=["exponential", "constant"])
def test_refusal_depends_on_the_mean_service_alone(service: Service) -> None:
    """M/G/5/5 at load .9 · 1.991 = 1.7919: Erlang's B, whatever the distribution."""
    outcome = served_by(5, "refuse", 2, 0.9, 300_000.0, service)
    refused = outcome.mean_of_visits(outcome.refused)
    assert refused.agrees_with(0.025919)
    assert refused.error < 0.02 * 0.025919


def test_who_waits_is_served_in_the_order_of_arrival() -> None:
    outcome = served_by(3, "queue", 3, 2.0, 5_000.0, exponential(1.0))
    admitted_s = outcome.arrived_s + outcome.waited_s
    assert (admitted_s[1:] >= admitted_s[:-1]).all()
