"""Predictions say on what they are based, are None where nothing was recorded, and grow with the percentile."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from time import process_time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.knowledge.accuracy import Accuracy, accuracies
from planners.knowledge.from_history import belief_from
from planners.knowledge.history import Cell, History, HistoryBuilder, Key, Topic
from planners.knowledge.line import fit
from planners.knowledge.predictor import Predictor
from planners.knowledge.sketch import Sketch
from platforms import load_platform
from workloads import InvalidInput, WorkflowBuilder

S = 10**9
MB = 10**6


def runs(*records: tuple[str, int, float, float], begin: History | None = None) -> History:
    """Of (function, MB, bytes of input, seconds)."""
    builder = HistoryBuilder(begin)
    functions, sizes_mb, n_bytes, took_s = (list(column) for column in zip(*records, strict=True))
    took_ns = np.rint(np.array(took_s) * S).astype(np.int64)
    numbers, amounts = (np.array(column, dtype=np.int64) for column in (sizes_mb, n_bytes))
    builder.add(Topic.RUN, took_ns, functions=functions, numbers=numbers, n_bytes=amounts)
    return builder.build()


def transfers(n_bytes: np.ndarray, took_s: np.ndarray, topic: Topic = Topic.GET) -> History:
    builder = HistoryBuilder()
    builder.add(topic, np.rint(took_s * S).astype(np.int64), n_bytes=n_bytes.astype(np.int64))
    return builder.build()


def starts(topic: Topic, *records: tuple[int, float]) -> History:
    builder = HistoryBuilder()
    sizes_mb, took_s = (np.array(column) for column in zip(*records, strict=True))
    builder.add(topic, np.rint(took_s * S).astype(np.int64), numbers=sizes_mb)
    return builder.build()


# ---- what was never recorded


def test_of_nothing_recorded_nothing_is_predicted() -> None:
    predictor = Predictor(History())
    assert predictor.run_s("f", 1769, MB) is None
    assert predictor.output_bytes("f", 0, MB) is None
    for start in (Topic.COLD, Topic.INIT, Topic.WARM):
        assert predictor.start_s(start, 1769) is None
        assert predictor.overall_s(start) is None
    assert predictor.speed(Topic.GET) is None
    assert predictor.transfer_s(Topic.PUT, MB) is None
    assert predictor.overall_s(Topic.CALL) is None
    assert accuracies(predictor) == ()


def test_of_another_function_and_another_output_nothing_is_predicted() -> None:
    predictor = Predictor(runs(("f", 1769, MB, 1.0)))
    assert predictor.run_s("g", 1769, MB) is None
    assert predictor.output_bytes("f", 0, MB) is None


@pytest.mark.parametrize("level", ["p0", "p100", "best", "", "p-3"])
def test_a_level_is_the_average_or_a_percentile(level: str) -> None:
    with pytest.raises(InvalidInput):
        Predictor(History(), level)


# ---- the chain of run times


def test_the_average_of_what_was_recorded_exactly() -> None:
    """1, 2 and 6 s on 1 MB at 1,769 MB: 3 s on average, of three records."""
    found = Predictor(runs(*(("f", 1769, MB, s) for s in (1.0, 2.0, 6.0)))).run_s("f", 1769, MB)
    assert found == (3.0, "input within 9%", 3)


def test_zero_seconds_are_a_figure() -> None:
    found = Predictor(runs(("f", 1769, 0, 0.0))).run_s("f", 1769, 0)
    assert found is not None
    assert found.value == 0.0


def test_enough_records_on_as_many_bytes_are_not_mixed_with_others() -> None:
    history = runs(*[("f", 1769, MB, 1.0)] * 6, *[("f", 1769, 1.5 * MB, 9.0)] * 6)
    assert Predictor(history).run_s("f", 1769, MB) == (1.0, "input within 9%", 6)


def test_too_few_are_joined_by_those_on_about_as_many() -> None:
    """Three on 1 MB and three on 1.5 MB, five classes apart, which the widest window, an octave, takes together."""
    history = runs(*[("f", 1769, MB, 1.0)] * 3, *[("f", 1769, 1.5 * MB, 3.0)] * 3)
    assert Predictor(history).run_s("f", 1769, MB) == (2.0, "input within 118%", 6)


def test_from_other_amounts_along_a_line() -> None:
    """1 s and .1 s for each MB: recorded on 10 and 20 MB, asked for 100 MB, 11 s."""
    history = runs(*[("f", 1769, 10 * MB, 2.0)] * 6, *[("f", 1769, 20 * MB, 3.0)] * 6)
    found = Predictor(history).run_s("f", 1769, 100 * MB)
    assert found is not None
    assert found.value == pytest.approx(11.0)
    assert (found.basis, found.n) == ("a line through other amounts of input", 12)


def test_from_one_other_amount_as_it_is() -> None:
    assert Predictor(runs(*[("f", 1769, MB, 2.0)] * 6)).run_s("f", 1769, 100 * MB) == (2.0, "other amounts of input", 6)


@pytest.mark.parametrize(
    ("memory_mb", "value", "basis"),
    [
        (1000, 4.0, "input within 9%"),
        (1500, 3.0, "input within 9%, between 1000 and 2000 MB"),
        (250, 16.0, "input within 9%, at 1000 MB and scaled by CPU"),
        (8000, 2.0, "input within 9%, at 2000 MB and scaled by CPU"),
    ],
)
def test_from_other_sizes(memory_mb: int, value: float, basis: str) -> None:
    """4 s at 1,000 MB and 2 s at 2,000 MB, where a vCPU comes with 2,000 MB.

    Between them along a line; at a quarter of 1,000 MB four times as long; a single thread gains nothing by more
    than one vCPU, so at 8,000 MB it takes what it does at 2,000 MB.
    """
    history = runs(("f", 1000, MB, 4.0), ("f", 2000, MB, 2.0))
    found = Predictor(history, mb_per_vcpu=2000).run_s("f", memory_mb, MB)
    assert found is not None
    assert (found.value, found.basis) == (pytest.approx(value), basis)


def test_outputs_follow_the_input() -> None:
    """Half of the input, and 1 kB: on ten times as much as ever was recorded, ten times as much."""
    builder = HistoryBuilder()
    n_bytes = np.repeat([2 * MB, 4 * MB], 10)
    builder.add(Topic.OUTPUT, n_bytes // 2 + 1000, functions=["f"] * 20, numbers=np.zeros(20, int), n_bytes=n_bytes)
    found = Predictor(builder.build()).output_bytes("f", 0, 40 * MB)
    assert found is not None
    assert found.value == pytest.approx(20 * MB + 1000)
    assert Predictor(builder.build()).output_bytes("f", 1, MB) is None


# ---- starts


def test_starts_by_size() -> None:
    predictor = Predictor(starts(Topic.COLD, (512, 0.5), (512, 0.7), (2048, 0.9)))
    assert predictor.start_s(Topic.COLD, 512) == (pytest.approx(0.6), "this size", 2)
    assert predictor.start_s(Topic.COLD, 2048) == (0.9, "this size", 1)
    assert predictor.start_s(Topic.COLD, 1769) == (pytest.approx(0.6), "512 MB, the nearest size recorded", 2)
    assert predictor.start_s(Topic.COLD, 128) == (pytest.approx(0.6), "512 MB, the nearest size recorded", 2)
    assert predictor.overall_s(Topic.COLD) == (pytest.approx(0.7), "all of them", 3)
    assert predictor.start_s(Topic.WARM, 512) is None


# ---- transfers: latency and rate apart


def test_tiny_objects_do_not_turn_latency_into_bandwidth() -> None:
    """30 ms of latency and 5 MB/s, nine transfers of ten a few bytes: both are found, within 5 %.

    Taken as bytes over seconds, as octoflows did, the same records say 3 kB/s at their median.
    """
    random = np.random.default_rng(3)
    n = 20_000
    n_bytes = np.where(random.random(n) < 0.9, random.integers(1, 300, n), random.integers(10**5, 10**8, n))
    took_s = 0.03 * np.exp(0.5 * random.standard_normal(n) - 0.125) + n_bytes / 5e6
    found = Predictor(transfers(n_bytes, took_s)).speed(Topic.GET)
    assert found is not None
    assert found.latency_s == pytest.approx(0.03, rel=0.05)
    assert found.bytes_per_s == pytest.approx(5e6, rel=0.05)
    assert float(np.median(n_bytes / took_s)) < 10_000
    for level, quantile in (("p50", 0.5), ("p95", 0.95)):
        at_level = Predictor(transfers(n_bytes, took_s), level).speed(Topic.GET)
        assert at_level is not None
        assert at_level.latency_s == pytest.approx(float(np.quantile(took_s[n_bytes < 300], quantile)), rel=0.05)
        assert at_level.bytes_per_s == pytest.approx(5e6, rel=0.1)


def test_large_transfers_that_scatter_do_not_disturb_the_latency() -> None:
    """A hundred of 30 ms each for 100 bytes, and a hundred large ones that take a second to minutes, ± 50 %."""
    random = np.random.default_rng(4)
    n_bytes = np.concatenate([np.full(100, 100), random.integers(5 * 10**6, 10**9, 100)])
    took_s = 0.03 + n_bytes / 5e6 * np.where(n_bytes > 100, np.exp(0.5 * random.standard_normal(200)), 1.0)
    for level in ("average", "p50"):
        found = Predictor(transfers(n_bytes, took_s), level).speed(Topic.GET)
        assert found is not None
        assert found.latency_s == pytest.approx(0.03, rel=0.02)
        assert found.bytes_per_s == pytest.approx(5e6, rel=0.25)


def test_of_one_amount_the_rate_is_unknown() -> None:
    found = Predictor(transfers(np.full(9, MB), np.full(9, 0.5))).speed(Topic.GET)
    assert found is not None
    assert (found.latency_s, found.bytes_per_s, found.mean_bytes, found.n) == (0.5, None, MB, 9)


def test_where_bytes_make_no_difference_the_rate_is_without_limit() -> None:
    found = Predictor(transfers(np.array([1, MB, 100 * MB]), np.full(3, 0.5))).speed(Topic.GET)
    assert found is not None
    assert found.latency_s == pytest.approx(0.5)
    assert found.bytes_per_s == np.inf


def test_a_line_is_never_below_zero() -> None:
    """What falls with the bytes has no negative rate, what rises steeply no negative latency."""
    for took_s in (np.array([3.0, 2.0, 1.0]), np.array([0.0, 1.0, 9.0])):
        speed = Predictor(transfers(np.array([MB, 10 * MB, 20 * MB]), took_s)).speed(Topic.GET)
        assert speed is not None
        assert speed.latency_s >= 0
        assert speed.bytes_per_s is not None
        assert speed.bytes_per_s > 0


def test_directions_have_nothing_to_do_with_each_other() -> None:
    history = transfers(np.array([1, MB]), np.array([1.0, 2.0])).merged(
        transfers(np.array([1, MB]), np.array([3.0, 9.0]), Topic.PUT)
    )
    get, put = Predictor(history).speed(Topic.GET), Predictor(history).speed(Topic.PUT)
    assert get is not None
    assert put is not None
    assert (get.latency_s, get.bytes_per_s) == (pytest.approx(1.0, rel=1e-5), pytest.approx(MB, rel=1e-5))
    assert (put.latency_s, put.bytes_per_s) == (pytest.approx(3.0, rel=1e-5), pytest.approx(MB / 6, rel=1e-5))


# ---- a higher percentile is never less pessimistic

AMOUNTS = st.sampled_from([0, 1, 700, 10**4, 10**6, 3 * 10**6, 10**8])
RECORDS = st.lists(
    st.tuples(st.sampled_from(["f", "g"]), st.sampled_from([128, 512, 1769]), AMOUNTS, st.integers(0, 10**11)),
    min_size=1,
    max_size=50,
)
PERCENTILES = st.floats(0.1, 99.9).map(lambda p: f"p{p:.4f}")


@given(RECORDS, PERCENTILES, PERCENTILES, AMOUNTS, st.sampled_from([128, 300, 1769, 4000]))
def test_a_higher_percentile_is_never_less_pessimistic(
    records: list[tuple[str, int, int, int]], one: str, two: str, n_bytes: int, memory_mb: int
) -> None:
    history = every_topic(records)
    low, high = (Predictor(history, level) for level in sorted((one, two), key=lambda level: float(level[1:])))
    pairs = [(low.run_s(f, memory_mb, n_bytes), high.run_s(f, memory_mb, n_bytes)) for f in ("f", "g")]
    pairs += [(low.output_bytes("f", 0, n_bytes), high.output_bytes("f", 0, n_bytes))]
    pairs += [(low.start_s(Topic.COLD, memory_mb), high.start_s(Topic.COLD, memory_mb))]
    pairs += [(low.overall_s(Topic.CALL), high.overall_s(Topic.CALL))]
    pairs += [(low.transfer_s(Topic.GET, n_bytes), high.transfer_s(Topic.GET, n_bytes))]
    for below, above in pairs:
        assert (below is None) == (above is None)
        if below is not None and above is not None:
            assert below.value <= above.value * (1 + 1e-12)
            assert (below.basis, below.n) == (above.basis, above.n)
    slow, slower = low.speed(Topic.GET), high.speed(Topic.GET)
    assert slow is not None
    assert slower is not None
    assert slow.latency_s <= slower.latency_s
    assert (slow.bytes_per_s is None) == (slower.bytes_per_s is None)
    assert (slow.bytes_per_s or 1) >= (slower.bytes_per_s or 1)


def every_topic(records: list[tuple[str, int, int, int]]) -> History:
    builder = HistoryBuilder()
    functions, *others = (list(column) for column in zip(*records, strict=True))
    sizes_mb, n_bytes, took_ns = (np.array(column, dtype=np.int64) for column in others)
    builder.add(Topic.RUN, took_ns, functions=functions, numbers=sizes_mb, n_bytes=n_bytes)
    builder.add(Topic.OUTPUT, took_ns, functions=functions, numbers=sizes_mb * 0, n_bytes=n_bytes)
    builder.add(Topic.COLD, took_ns, numbers=sizes_mb)
    builder.add(Topic.GET, took_ns, n_bytes=n_bytes)
    builder.add(Topic.CALL, took_ns)
    return builder.build()


@given(st.lists(st.tuples(st.integers(0, 10**9), st.lists(st.integers(0, 10**12), min_size=1)), min_size=2, max_size=8))
def test_both_parts_of_lines_grow_with_the_quantile(cells: list[tuple[int, list[int]]]) -> None:
    lines = fit([(float(x), Sketch.of(np.array(values, dtype=np.int64))) for x, values in cells])
    if lines is not None:
        found = [lines.at(p) for p in np.linspace(0.001, 0.999, 41).tolist()]
        for below, above in pairwise(found):
            assert 0 <= below.fixed <= above.fixed
            assert 0 <= below.per_byte <= above.per_byte


# ---- how far off


def test_of_what_is_always_the_same_the_error_is_none() -> None:
    (found,) = accuracies(Predictor(runs(*[("f", 1769, MB, 2.0)] * 50)))
    assert found == Accuracy(Topic.RUN, 10, 0.0, 1.0, 0)


def test_the_error_is_that_of_records_nobody_learned_from() -> None:
    """Each fifth run takes 4 s, the others 2 s: those held back are all predicted at 2 s, half of what they took."""
    history = runs(*[("f", 1769, MB, 4.0 if k % 5 == 4 else 2.0) for k in range(50)])
    (found,) = accuracies(Predictor(history))
    assert (found.n, found.median_error, found.covered) == (10, pytest.approx(0.5), 0.0)
    assert Predictor(history).run_s("f", 1769, MB) == (pytest.approx(2.4), "input within 9%", 50)


@pytest.mark.parametrize("level", ["p50", "p75", "p95"])
def test_a_percentile_covers_as_many_of_the_records_held_back(level: str) -> None:
    random = np.random.default_rng(8)
    times_s = np.exp(0.5 * random.standard_normal(5_000))
    (found,) = accuracies(Predictor(runs(*[("f", 1769, MB, s) for s in times_s.tolist()]), level))
    assert found.covered == pytest.approx(float(level[1:]) / 100, abs=0.04)  # 3 standard errors of 1,000 records


def test_a_function_all_of_whose_records_were_held_back_is_unpredicted() -> None:
    """A history merged of pieces may hold such cells: the share that nothing was known of is told."""
    held = Sketch.of(np.array([S]))
    history = History({Key(Topic.RUN, "f", 1769, 5): Cell(Sketch(), held, 1)})
    (found,) = accuracies(Predictor(history))
    assert (found.n, found.n_unpredicted, found.covered) == (1, 1, 0.0)


# ---- speed


def test_ten_thousand_tasks_are_predicted_in_no_time(record_property: Callable[[str, object], None]) -> None:
    """Each of them on an amount of input of its own, of functions recorded at three sizes and every amount."""
    random, builder = np.random.default_rng(2), WorkflowBuilder("many")
    for k, n_bytes in enumerate(np.rint(np.exp(random.uniform(5, 20, 10_000))).tolist()):
        builder.add_object(f"in{k}", int(n_bytes))
        builder.add_object(f"out{k}", 1)
        inputs = [f"in{k}", *([f"out{k - 100}"] if k >= 100 else [])]
        builder.add_task(f"t{k}", function=f"f{k % 10}", inputs=inputs, outputs=[f"out{k}"], cpu_s=1)
    n_bytes = np.rint(np.exp(random.uniform(0, 20, 20_000)))
    functions = [f"f{k % 10}" for k in range(20_000)]
    history = HistoryBuilder()
    sizes_mb, took_ns = random.choice([512, 1769, 3000], 20_000), (random.random(20_000) * S).astype(int)
    history.add(Topic.RUN, took_ns, functions=functions, numbers=sizes_mb, n_bytes=n_bytes.astype(int))
    outputs = (n_bytes * random.random(20_000)).astype(int)
    history.add(Topic.OUTPUT, outputs, functions=functions, numbers=sizes_mb * 0, n_bytes=n_bytes.astype(int))
    predictor, platform = Predictor(history.build(), "p95"), load_platform("aws-lambda-s3")
    workflow = builder.build()
    begin = process_time()
    belief = belief_from(predictor, workflow, platform, "history")
    record_property("measured", f"figures of 10,000 tasks predicted in {process_time() - begin:.2f} s of CPU")
    assert len(belief.workflow.curves) == 10_000
    assert len(np.unique(belief.workflow.object_bytes)) > 9_000
    assert np.isfinite(belief.workflow.durations_s(1769, 1.0)).all()
