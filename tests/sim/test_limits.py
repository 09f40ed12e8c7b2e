"""Limits against known answers: queues and losses by formula, the ramp and the split of waits by hand.

Formulas: Erlang (1917); for losses under several limits at once the product form (Kelly, *Loss Networks*, 1991). What
is random is drawn from a seed and held to 3.5 of its own standard errors, which are held to be small.
"""

from __future__ import annotations

import numpy as np
import pytest

from faascast.explain import explain_run
from planners.plan import Plan, PlannedWorker
from planners.registry import make_planner
from platforms import Platform, load_platform
from sim import Setting, at, simulate, simulate_arrivals
from sim.clock import IDLE, NS_PER_S, Clock, Happening
from sim.instance import Instance
from sim.pool import Pool
from tests.sim.queueing import Queueing, Service, Visit, constant, exponential, pool_platform
from tests.sim.small import chain, independent_tasks, plan_of
from tests.sim.watched_pool import Caller, WatchedPool
from workloads import WorkflowBuilder

SMALL_MB, LARGE_MB = 1024, 2048
BOTH_MB = (SMALL_MB, LARGE_MB)
CONCURRENCY, SIZE_CONCURRENCY, RAMP = range(3)

# queues ---------------------------------------------------------------------------------------------------


def test_saturated_throughput_is_servers_over_service() -> None:
    """300 tasks of 2 s on 10 instances: 60 s to the nanosecond; the last one waited for 58 s of them."""
    workflow, platform = independent_tasks([(0.0, 2.0, 1.0)] * 300), load_platform("ideal", {"concurrency": 10})
    run = simulate(workflow, make_planner("one-per-task").plan(workflow, platform), platform, seed=1)
    assert run.makespan_s == 60.0
    assert {str(total.cause): total.length_ns for total in explain_run(run).causes} == {
        "concurrency": 58 * NS_PER_S,
        "CPU": 2 * NS_PER_S,
    }


def test_saturated_requests_leave_at_the_rate_of_the_servers() -> None:
    """20 requests a second of 1 s each for 10 instances: they leave at 10 a second, to the end of the line."""
    workflow, platform = independent_tasks([(0.0, 1.0, 1.0)]), load_platform("ideal", {"concurrency": 10})
    setting = Setting(workflow, plan_of(workflow, [0]), platform)
    result = simulate_arrivals([setting], at([k / 20 for k in range(2_000)]), seed=1)
    left_s = np.sort(result.requests["arrival_s"] + result.requests["latency_s"])
    assert left_s[-1] == pytest.approx(200.0, abs=1.0)
    assert np.diff(left_s[99::100]) == pytest.approx(10.0)


def test_each_size_is_a_queue_of_its_own() -> None:
    """Two M/M/10 beside each other (λ = 8, μ = 1): who arrives waits with .40918, on average .20459 s, for its size."""
    platform = pool_platform(concurrency_per_size=10)
    outcome = Queueing(platform, 5, 16.0, 15_000.0, exponential(1.0), exponential(1.0), BOTH_MB).run()
    for size_mb in BOTH_MB:
        waited_s = outcome.waited_s[outcome.size_mb == size_mb]
        waiting, wait = outcome.mean_of_visits(waited_s > 0), outcome.mean_of_visits(waited_s)
        assert waiting.agrees_with(0.40918)
        assert wait.agrees_with(0.20459)
        assert waiting.error < 0.025 * 0.40918
        assert wait.error < 0.08 * 0.20459
    assert not outcome.waited_for_s[:, [CONCURRENCY, RAMP]].any()
    assert np.allclose(outcome.waited_for_s[:, SIZE_CONCURRENCY], outcome.waited_s, atol=1e-6)


def test_a_size_with_a_limit_does_not_hold_up_one_without() -> None:
    """M/M/3 with λ = 2 waits with .444444 and .444444 s; the other size never does."""
    of_small = [{"memory_mb": SMALL_MB, "concurrency": 3}]
    platform = pool_platform(**{"limits.concurrency_of_sizes": of_small})
    outcome = Queueing(platform, 6, 4.0, 30_000.0, exponential(1.0), exponential(1.0), BOTH_MB).run()
    small = outcome.size_mb == SMALL_MB
    assert outcome.mean_of_visits(outcome.waited_s[small] > 0).agrees_with(0.444444)
    assert outcome.mean_of_visits(outcome.waited_s[small]).agrees_with(0.444444)
    assert not outcome.waited_s[~small].any()


def test_one_line_for_all_where_only_the_account_is_limited() -> None:
    """Sizes that each would have room: together an M/M/10 with λ = 8, and all waits are the account's."""
    platform = pool_platform(concurrency=10, concurrency_per_size=10)
    outcome = Queueing(platform, 7, 8.0, 20_000.0, exponential(1.0), exponential(1.0), BOTH_MB).run()
    assert outcome.mean_of_visits(outcome.waited_s > 0).agrees_with(0.40918)
    assert outcome.mean_of_visits(outcome.waited_s).agrees_with(0.20459)
    assert not outcome.waited_for_s[:, [SIZE_CONCURRENCY, RAMP]].any()


@pytest.mark.parametrize("service", [exponential(1.0), constant(1.0)], ids=["exponential", "constant"])
def test_losses_under_both_limits_at_once(service: Service) -> None:
    """Two sizes with load 1 each, at most 2 of a size and 3 in all.

    In state (m, n) with weight 1/(m!·n!); the eight legal ones weigh 1 1 1 ½ ½ 1 ½ ½, together 6. A small one is
    refused in (2, 0), (2, 1) and (1, 2): 1.5/6 = .25, whatever the distribution of the service.
    """
    platform = pool_platform(concurrency=3, concurrency_per_size=2, over_limit="refuse")
    outcome = Queueing(platform, 8, 2.0, 40_000.0, service, service, BOTH_MB).run()
    for size_mb in BOTH_MB:
        refused = outcome.mean_of_visits(outcome.refused[outcome.size_mb == size_mb])
        assert refused.agrees_with(0.25)
        assert refused.error < 0.02 * 0.25


# the ramp -------------------------------------------------------------------------------------------------


class Crowd:
    """Visits that come all at once, each to stay for as long."""

    def __init__(self, platform: Platform, n: int, busy_s: float) -> None:
        self._clock = Clock()
        self._busy_ns = round(busy_s * NS_PER_S)
        self._pool = Pool(platform, self._clock, 0, self._admitted)
        self._visits = [Visit(number, 0) for number in range(n)]

    def run(self) -> list[Visit]:
        """Until the last one has left."""
        for visit in self._visits:
            assert self._pool.request(visit)
        self._clock.run()
        return self._visits

    def _admitted(self, visit: Visit, instance: Instance, cold: bool) -> None:
        visit.admitted_ns, visit.cold = self._clock.now_ns, cold
        self._clock.after(self._busy_ns, IDLE + visit.number, Happening(self._left, instance))

    def _left(self, happening: Happening) -> None:
        self._pool.finish(happening.about)


def started_by(t_s: float, demand: int) -> int:
    """AWS: 1,000 at once, then 100 a second, one each 10 ms."""
    return min(demand, 1_000 + int(100 * t_s + 1e-9))


def test_the_first_minute_of_a_ramp() -> None:
    """8,000 at once on AWS' ramp, each busy for long: 1,000 + ⌊100 t⌋ by t, so 7,000 after a minute, all after 70 s."""
    lambda_s3 = load_platform("aws-lambda-s3").limits
    assert (lambda_s3.ramp_burst, lambda_s3.ramp_per_s) == (1_000, 100)
    visits = Crowd(pool_platform(limits={"ramp_per_s": 100.0, "ramp_burst": 1_000}), 8_000, busy_s=500.0).run()
    for t_s in (0.0, 0.009, 0.01, 0.019, 0.02, 1.0, 19.995, 59.999, 60.0, 69.999, 70.0, 100.0):
        assert sum(visit.admitted_ns <= t_s * NS_PER_S for visit in visits) == started_by(t_s, 8_000)
    assert all(tuple(visit.waited) == (0, 0, visit.admitted_ns) for visit in visits)


def test_a_ramp_up_to_a_concurrency_limit() -> None:
    """As above with at most 3,000 at once: reached after 20 s. From 100 s on they leave as they came, and serve again.

    Number 3,000 (the first is 0) waits 20 s for the ramp, then 80 s for the account. Number 4,999 takes the place
    that number 1,999 got at 10 s: 20 s for the ramp, 90 s for the account.
    """
    platform = pool_platform(concurrency=3_000, limits={"ramp_per_s": 100.0, "ramp_burst": 1_000})
    visits = Crowd(platform, 5_000, busy_s=100.0).run()
    for number, admitted_s in ((2_999, 20.0), (3_000, 100.0), (3_999, 100.0), (4_000, 100.01), (4_999, 110.0)):
        assert visits[number].admitted_ns == round(admitted_s * NS_PER_S)
        ramp_s = min(admitted_s, 20.0)
        assert visits[number].waited == tuple(round(s * NS_PER_S) for s in (admitted_s - ramp_s, 0, ramp_s))
        assert visits[number].cold == (number < 3_000)


# whose fault ----------------------------------------------------------------------------------------------


def waits(platform: Platform, *calls: tuple[float, int, float]) -> list[tuple[float, float, float]]:
    """Calls (at, size, busy for) in seconds; what each waited for each limit."""
    callers = [Caller(round(at_s * NS_PER_S), mb, round(busy_s * NS_PER_S)) for at_s, mb, busy_s in calls]
    WatchedPool(platform, callers).run()
    return [(c.waited[0] / NS_PER_S, c.waited[1] / NS_PER_S, c.waited[2] / NS_PER_S) for c in callers]


def test_a_wait_goes_back_and_forth_between_ramp_and_account() -> None:
    """At most two at once, a new small one each 10 s.

    The second small one comes at 1 s and waits for the ramp, from 2 to 3 s for the account, which the large one fills
    up, then for the ramp again until 10 s. The third, behind it, waits for the same; then for the account until 20 s,
    when the first one's instance becomes idle.
    """
    platform = pool_platform(concurrency=2, limits={"ramp_per_s": 0.1, "ramp_burst": 1})
    calls = [(0, SMALL_MB, 20.0), (1, SMALL_MB, 20.0), (2, LARGE_MB, 1.0), (2.5, SMALL_MB, 1.0)]
    assert waits(platform, *calls) == [(0, 0, 0), (1, 0, 8), (0, 0, 0), (10.5, 0, 7)]


def test_a_wait_goes_back_and_forth_between_size_and_account() -> None:
    """One small one at once, two in all: the large ones fill the account from 2 to 3 and from 5 to 20 s."""
    platform = pool_platform(
        concurrency=2, **{"limits.concurrency_of_sizes": [{"memory_mb": SMALL_MB, "concurrency": 1}]}
    )
    calls = [(0, SMALL_MB, 10.0), (1, SMALL_MB, 5.0), (2, LARGE_MB, 1.0), (5, LARGE_MB, 15.0)]
    assert waits(platform, *calls) == [(0, 0, 0), (6, 3, 0), (0, 0, 0), (0, 0, 0)]


def test_the_account_comes_before_the_size_and_that_before_the_ramp() -> None:
    """All three are against the second one until 4 s, when the large one leaves; then two, until the first does."""
    limits = {"concurrency": 2, "concurrency_per_size": 1, "ramp_per_s": 0.01, "ramp_burst": 1}
    calls = [(0, SMALL_MB, 9.0), (0, LARGE_MB, 4.0), (1, SMALL_MB, 1.0)]
    assert waits(pool_platform(limits=limits), *calls) == [(0, 0, 0), (0, 0, 0), (3, 5, 0)]


# deadlocks, as they are told ------------------------------------------------------------------------------


def test_a_deadlock_over_one_size_names_it_and_only_its_holders() -> None:
    """A chain over w0 (small), w1 (large), w2 (small) and back: w0 and w1 hold, and w2 can have no small instance."""
    workflow = chain(5, n_bytes=0)
    workers = tuple(PlannedWorker(f"w{i}", mb) for i, mb in enumerate((SMALL_MB, LARGE_MB, SMALL_MB)))
    plan = Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=workers,
        assignment=(0, 1, 2, 1, 0),
        flexible_mb=None,
        priority=(0, 1, 2, 3, 4),
    )
    run = simulate(workflow, plan, load_platform("ideal", {"concurrency_per_size": 1}), seed=1)
    assert run.failure == (
        "deadlock: w2 waits for an instance of 1024 MB (at most 1, held by w0); w0 holds one and waits for d of w1;"
        " w1 holds one and waits for c of w2"
    )


def test_a_deadlock_tells_how_many_others_wait() -> None:
    """Six roots on w0, x on w1 … w6 of which each needs one; the last task, on w0, needs them all."""
    builder = WorkflowBuilder("sandwich")
    builder.add_task("a", cpu_s=1.0)
    for i in range(6):
        builder.add_task(f"x{i}", cpu_s=1.0, after=["a"])
    builder.add_task("z", cpu_s=1.0, after=[f"x{i}" for i in range(6)])
    workflow = builder.build()
    run = simulate(
        workflow, plan_of(workflow, [0, 1, 2, 3, 4, 5, 6, 0]), load_platform("ideal", {"concurrency": 1}), seed=1
    )
    assert run.failure == (
        "deadlock: w1 waits for an instance (at most 1, held by w0); w0 holds one and waits for x0 of w1; so do 5 more"
    )


def test_a_deadlock_across_runs_says_that_others_hold() -> None:
    """Two runs of a chain w0, w1, w0, two instances: each w0 holds one, and neither w1 can start."""
    workflow = chain(3, n_bytes=0)
    setting = Setting(workflow, plan_of(workflow, [0, 1, 0]), load_platform("ideal", {"concurrency": 2}))
    result = simulate_arrivals([setting], at([0.0, 0.0]), seed=1)
    assert result.requests["status"].tolist() == ["failed", "complete"]
    assert result.requests["failure"][0] == (
        "deadlock: w1 waits for an instance (at most 2, held by w0, other runs); w0 holds one and waits for b of w1;"
        " so do 1 more"
    )
