"""A store at a platform's pace: transfers go as in the simulator, and nothing is sooner than declared."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from executor.store.fluid import Burst, Fluid
from executor.store.paced import Network, Pace, Paced
from executor.store.store import WHOLE, Missing, Store
from tests.executor_store.places import Place, listening
from tests.sim.flows import Flow, simulated_ends
from tests.sim.queueing import pool_platform

NS_PER_S = 1_000_000_000
MB = 1_000_000


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(f"files:{tmp_path}/runs")
    yield place
    place.destroy()


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with place.open() as store:
        yield store


# the network --------------------------------------------------------------------------------------------------


def fluid_ends_ns(transfers: Sequence[tuple[int, int]], cap: float | None, burst: Burst | None) -> list[int]:
    """When transfers (begin in ns, bytes) end, each looked at when something changes."""
    fluid = Fluid(cap, burst, 0)
    waiting = [(fluid.begin(at_ns), number) for number, (at_ns, _) in enumerate(transfers)]
    for flow, number in waiting:
        fluid.settle(flow, transfers[number][1])
    ends_ns = [0] * len(transfers)
    while waiting:
        now_ns = fluid.changes_ns
        assert now_ns is not None
        fluid.advance(now_ns)
        for flow, number in waiting:
            if flow.is_done:
                ends_ns[number] = now_ns
                fluid.end(flow)
        waiting = [(flow, number) for flow, number in waiting if not flow.is_done]
    return ends_ns


rates = st.sampled_from([1 * MB, 3 * MB, 10 * MB, 100 * MB])
transfers = st.lists(st.tuples(st.integers(0, 2 * NS_PER_S), st.integers(1, 3 * MB)), min_size=1, max_size=8)
bursts = st.builds(
    lambda burst_bytes, faster, slow, refill_s: Burst(burst_bytes, slow * faster, slow, refill_s),
    st.sampled_from([0, 100_000, 2 * MB]),
    st.sampled_from([1, 2, 10]),
    rates,
    st.sampled_from([0.1, 1.0, 60.0]),
)


@given(transfers, st.none() | rates, bursts)
def test_transfers_go_as_in_the_simulator(transfers: list[tuple[int, int]], cap: float | None, burst: Burst) -> None:
    platform = pool_platform(instance=asdict(burst), connection_bytes_per_s=cap)
    simulated = simulated_ends(platform, [Flow(at_ns, n_bytes, 0) for at_ns, n_bytes in transfers])
    ends_ns = fluid_ends_ns(transfers, cap, burst)
    assert ends_ns == pytest.approx([simulated[number] for number in range(len(transfers))], abs=200, rel=1e-9)


def test_half_a_rest_brings_half_a_burst_back() -> None:
    """1 MB use the burst up in 0.1 s; 0.5 s later half is back: 0.5 MB at 10 MB/s, then 0.5 MB at 1 MB/s."""
    burst = Burst(MB, 10 * MB, MB, 1.0)
    ends_ns = fluid_ends_ns([(0, MB), (600_000_000, MB)], None, burst)
    assert ends_ns == pytest.approx([100_000_000, 1_150_000_000], abs=100)


def test_connections_alone_share_nothing() -> None:
    assert fluid_ends_ns([(0, 100), (500, 200), (500, 0)], NS_PER_S, None) == [100, 700, 501]


def test_a_transfer_of_unknown_size_takes_its_share() -> None:
    """100 bytes a second: alone for a second, with another for two, until it turns out to have been 150 bytes."""
    fluid = Fluid(None, Burst(0, 100, 100, 1), 0)
    first, second = fluid.begin(0), fluid.begin(NS_PER_S)
    fluid.settle(second, 100)
    fluid.advance(2 * NS_PER_S)
    fluid.settle(first, 150)
    assert first.is_done
    fluid.end(first)
    assert fluid.changes_ns == pytest.approx(2.5 * NS_PER_S, abs=2)


# the store ----------------------------------------------------------------------------------------------------


def took_s(work: Callable[[], object]) -> float:
    began_s = time.monotonic()
    work()
    return time.monotonic() - began_s


def test_nothing_is_sooner_than_declared(store: Store) -> None:
    pace = Pace(10 * MB, None, get_s=0.02, put_s=0.03, request_s=0.04, notify_s=0.05)
    paced = Paced(store, pace, Network(pace))
    data = bytes(MB // 2)
    assert took_s(lambda: paced.objects.put(1, 1, WHOLE, data)) >= 0.08
    assert took_s(lambda: paced.objects.get(1, 1, WHOLE)) >= 0.07
    assert took_s(lambda: paced.objects.has(1, 1, WHOLE)) >= 0
    assert took_s(lambda: paced.log.append(b"entry", 0)) >= 0.04
    assert took_s(lambda: paced.log.read(0)) >= 0.04
    assert paced.objects.get(1, 1, WHOLE) == data
    assert paced.log.read(0) == [b"entry"]


def test_letters_take_their_time_and_senders_do_not(store: Store) -> None:
    pace = Pace(notify_s=0.05)
    paced = Paced(store, pace, Network(pace))
    with listening(paced, 1) as inbox:
        began_s = time.monotonic()
        for letter in (b"one", b"", b"three"):
            paced.mail.send(1, letter)
        assert [inbox.receive() for _ in range(3)] == [b"one", b"", b"three"]
        assert time.monotonic() - began_s >= 0.05
        waiting = Thread(target=inbox.receive)
        waiting.start()
        inbox.close()
        waiting.join()


@pytest.mark.parametrize("are_joined", [True, False])
def test_up_and_down_share_what_is_joined(store: Store, are_joined: bool) -> None:
    """Half a megabyte each way at 5 MB/s: in 0.1 s, or in 0.2 s if they share it."""
    store.objects.put(1, 1, WHOLE, bytes(MB // 2))
    pace = Pace(None, Burst(0, 5 * MB, 5 * MB, 1), are_joined)
    network = Network(pace)
    assert (network.up is network.down) == are_joined
    with ThreadPoolExecutor(2) as threads:
        began_s = time.monotonic()
        down = threads.submit(lambda: Paced(store, pace, network).objects.get(1, 1, WHOLE))
        up = threads.submit(lambda: Paced(store, pace, network).objects.put(2, 1, WHOLE, bytes(MB // 2)))
        assert len(down.result()) == MB // 2
        up.result()
        assert time.monotonic() - began_s >= (0.2 if are_joined else 0.1)


def test_a_burst_that_one_run_used_up_is_gone_for_the_next(store: Store) -> None:
    pace = Pace(None, Burst(MB, 1000 * MB, 5 * MB, 1000))
    network = Network(pace)
    Paced(store, pace, network).objects.put(1, 1, WHOLE, bytes(MB))
    assert took_s(lambda: Paced(store, pace, network).objects.put(2, 1, WHOLE, bytes(MB // 2))) >= 0.09


def test_a_chunk_is_not_there_before_it_has_moved(store: Store) -> None:
    pace = Pace(5 * MB)
    paced = Paced(store, pace, Network(pace))
    began_s = time.monotonic()
    putting = Thread(target=paced.objects.put, args=(1, 1, 1, bytes(MB // 2)))
    putting.start()
    while not store.objects.has(1, 1, 1):
        time.sleep(0.001)
    assert time.monotonic() - began_s >= 0.1
    putting.join()


def test_a_transfer_that_fails_leaves_its_share_to_others(store: Store) -> None:
    pace = Pace(None, Burst(0, 5 * MB, 5 * MB, 1))
    network = Network(pace)
    for _ in range(100):
        with pytest.raises(Missing):
            Paced(store, pace, network).objects.get(1, 1, WHOLE)
    assert network.down._fluid._flows == {}


def test_without_limits_the_store_is_as_it_is(store: Store, place: Place) -> None:
    paced = Paced(store, Pace(), Network(Pace()))
    paced.objects.put(1, 1, WHOLE, b"data")
    assert paced.objects.get(1, 1, WHOLE) == b"data"
    assert paced.mail is store.mail
    paced.destroy()
    assert place.left() is None
