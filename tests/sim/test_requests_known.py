"""Requests against queueing theory, on the fast lane and on the general way.

A request here is one task that computes nothing: what it does on its instance is its commit, whose time is drawn.
Figures as in `test_queues` and `test_keep_alive`, which ask the pool alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from planners.registry import make_planner
from platforms import Platform, load_platform
from sim import Arrivals, Setting, poisson, simulate_arrivals
from sim.rehearsal import rehearse
from tests.sim.queueing import BATCHES, Estimate, batch_error
from workloads import load_workflow

WARM_S, COLD_S = 1.991, 2.244
GENERAL_WAY = {"host.cores": 1e9}
"""Cores that would do for everybody: nobody shares any, but each might, so each request is a job."""
WAYS = {"lane": ({}, 1.0), "general": (GENERAL_WAY, 0.04)}
"""What makes requests take a way, and the share of the requests that there is time for."""


@dataclass(frozen=True)
class Observed:
    """What was seen of the requests."""

    result: Arrivals

    def mean(self, column: NDArray[np.bool_] | NDArray[np.float64]) -> Estimate:
        """Over the requests, its error from batches."""
        batches = [float(part.mean()) for part in np.array_split(column.astype(np.float64), BATCHES)]
        return Estimate(float(np.mean(column)), batch_error(batches))

    @property
    def cold(self) -> NDArray[np.bool_]:
        return np.asarray(self.result.requests["cold_starts"] > 0)

    @property
    def refused(self) -> NDArray[np.bool_]:
        return np.asarray(self.result.requests["status"] == "failed")

    @property
    def wait_s(self) -> NDArray[np.float64]:
        return self.result.requests["wait_s"]

    def average_number(self, begin_s: NDArray[np.float64], end_s: NDArray[np.float64]) -> Estimate:
        """Over time, until the last arrival; of instances, say."""
        edges = np.linspace(0, self.result.requests["arrival_s"][-1], BATCHES + 1)
        before = [float(np.clip(np.minimum(end_s, edge) - begin_s, 0, None).sum()) for edge in edges]
        means = np.diff(before) / np.diff(edges)
        return Estimate(float(means.mean()), batch_error(means.tolist()))

    @property
    def live(self) -> Estimate:
        return self.average_number(self.result.instances["created_s"], self.result.instances["ended_s"])

    @property
    def busy(self) -> Estimate:
        return self.average_number(self.result.stays["begin_s"], self.result.stays["end_s"])


def exponential(mean_s: float) -> dict[str, object]:
    return {"kind": "exponential", "mean_s": mean_s}


def observed(way: str, rate_per_s: float, n: int, seed: int = 1, **fields: object) -> Observed:
    """Poisson requests whose service time is the platform's ``ledger.request_s``."""
    forced, share = WAYS[way]
    platform: Platform = load_platform("ideal", {name.replace("__", "."): v for name, v in fields.items()} | forced)
    workflow = load_workflow("gen:chain,depth=1,cpu_s=0,bytes=0")
    ready = Setting(workflow, make_planner("one-per-task").plan(workflow, platform), platform)
    assert bool(rehearse(ready)) is (way == "lane")
    return Observed(simulate_arrivals([ready], poisson(rate_per_s, round(share * n), seed), seed=seed))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("rate_per_s", "n_servers", "waits", "wait_s"), [(8.0, 10, 0.40918, 0.20459), (2.0, 3, 0.444444, 0.444444)]
)
def test_waiting_for_one_of_several_servers(
    way: str, rate_per_s: float, n_servers: int, waits: float, wait_s: float
) -> None:
    """M/M/c with μ = 1."""
    seen = observed(way, rate_per_s, 100_000, ledger__request_s=exponential(1.0), limits__concurrency=n_servers)
    waiting, wait = seen.mean(seen.wait_s > 0), seen.mean(seen.wait_s)
    assert waiting.agrees_with(waits)
    assert wait.agrees_with(wait_s)
    assert waiting.error < 0.15 * waits
    assert wait.error < 0.4 * wait_s


def test_one_server_that_is_nearly_always_busy() -> None:
    """M/M/1 at load .9: Wq = 9."""
    seen = observed("lane", 0.9, 150_000, ledger__request_s=exponential(1.0), limits__concurrency=1)
    wait = seen.mean(seen.wait_s)
    assert wait.agrees_with(9.0)
    assert wait.error < 0.1 * 9.0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("service", [exponential(WARM_S), WARM_S], ids=["exponential", "constant"])
def test_refusal_depends_on_the_mean_service_alone(way: str, service: object) -> None:
    """M/G/5/5 at load 1.7919: Erlang's B."""
    limits = {"limits.concurrency": 5, "limits.over_limit": "refuse", "limits.backoff.attempts": 1}
    seen = observed(way, 0.9, 80_000, seed=2, ledger__request_s=service, **limits)
    refused = seen.mean(seen.refused)
    assert refused.agrees_with(0.025919)
    assert refused.error < 0.25 * 0.025919


@pytest.mark.parametrize("way", WAYS)
def test_one_instance_at_most(way: str) -> None:
    """λ .01, T 100: cold over all arrivals .360369, refused .020415, alive .639631."""
    limits = {"limits.concurrency": 1, "limits.over_limit": "refuse", "limits.backoff.attempts": 1}
    seen = observed(
        way,
        0.01,
        60_000,
        seed=3,
        ledger__request_s=exponential(WARM_S),
        start__provisioning_s=COLD_S - WARM_S,
        keep_alive_s=100,
        **limits,
    )
    cold = seen.mean(seen.cold[~seen.refused])
    assert cold.agrees_with(math.exp(-1))
    assert seen.mean(seen.cold).agrees_with(0.360369)
    assert seen.mean(seen.refused).agrees_with(0.020415)
    assert seen.live.agrees_with(0.639631)
    assert cold.error < 0.08 * cold.mean
    assert seen.live.error < 0.08 * 0.639631


def simfaas(way: str, routing: str, n: int, seed: int = 1) -> Observed:
    """The README's point; a cold service is a start of .253 s and a warm one, which has the same mean."""
    return observed(
        way,
        0.9,
        n,
        seed,
        ledger__request_s=exponential(WARM_S),
        start__provisioning_s=COLD_S - WARM_S,
        keep_alive_s=600,
        routing=routing,
    )


def test_the_point_of_simfaas() -> None:
    """2.5·10^5 s of the README's 10^6; the reference figures have errors of their own."""
    seen = simfaas("lane", "newest", 225_000)
    cold = seen.mean(seen.cold)
    assert cold.agrees_with(0.00133, of_expected=0.00001)
    assert seen.live.agrees_with(7.695, of_expected=0.009)
    assert seen.busy.agrees_with(1.7926)
    assert cold.error < 0.06 * cold.mean
    assert seen.live.error < 0.009 * 7.695


def test_the_point_of_simfaas_on_the_general_way() -> None:
    """The same requests, fewer of them: the pool does not know which way they came."""
    lane, general = (simfaas(way, "newest", n) for way, n in (("lane", 3_200), ("general", 80_000)))
    np.testing.assert_array_equal(lane.cold, general.cold)
    assert lane.live == general.live


@pytest.mark.parametrize("routing", ["newest", "oldest", "most-recently-used", "least-recently-used", "random"])
def test_routing_decides_keep_alive(routing: str) -> None:
    """Who lets instances rest has .0014 cold and 7.6 instances; who keeps all awake .00005 and ten to eleven."""
    seen = simfaas("lane", routing, 180_000)
    cold = float(seen.cold.mean())
    if routing in ("least-recently-used", "random"):
        assert 0.00003 < cold < 0.00009
        assert 9.5 < seen.live.mean < 12.0
    else:
        assert 0.0011 < cold < 0.0016
        assert 7.5 < seen.live.mean < 7.8
    assert seen.busy.agrees_with(0.9 * (cold * COLD_S + (1 - cold) * WARM_S))
