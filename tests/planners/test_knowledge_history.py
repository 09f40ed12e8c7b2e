"""Histories keep any number of records in sketches: quantiles within 1 %, sums exactly, the same in any order."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.knowledge.by_bytes import class_number, middle_of
from planners.knowledge.history import HELD_BACK, Cell, History, HistoryBuilder, Key, Topic, class_of
from planners.knowledge.history_file import read_history, write_history
from planners.knowledge.predictor import Predictor
from planners.knowledge.sketch import MOST, RELATIVE_ERROR, Sketch
from workloads import InvalidInput

ROUNDING = 1e-9

VALUES = st.lists(st.one_of(st.integers(0, 5), st.integers(0, 10**9), st.integers(0, MOST)), min_size=1, max_size=60)
LEVELS = st.floats(0, 1)


def sketch_of(values: list[int]) -> Sketch:
    return Sketch.of(np.array(values, dtype=np.int64))


# ---- sketches


@given(VALUES, LEVELS)
def test_a_quantile_is_within_one_percent_of_the_value_of_its_rank(values: list[int], p: float) -> None:
    exact = sorted(values)[int(p * (len(values) - 1))]
    assert abs(sketch_of(values).quantile(p) - exact) <= RELATIVE_ERROR * exact * (1 + ROUNDING)


@given(VALUES)
def test_sums_counts_and_bounds_are_exact(values: list[int]) -> None:
    sketch = sketch_of(values)
    assert (sketch.sum, sketch.n, sketch.least, sketch.most) == (sum(values), len(values), min(values), max(values))
    assert sketch.mean == sum(values) / len(values)


@given(VALUES, LEVELS, LEVELS)
def test_a_higher_quantile_is_never_smaller(values: list[int], p: float, q: float) -> None:
    sketch = sketch_of(values)
    assert sketch.quantile(min(p, q)) <= sketch.quantile(max(p, q))


@given(st.integers(0, MOST), st.integers(1, 9), LEVELS)
def test_what_is_always_the_same_is_told_exactly(value: int, n: int, p: float) -> None:
    assert sketch_of([value] * n).quantile(p) == float(value)


@given(VALUES, st.data())
def test_sketches_of_parts_merge_to_the_sketch_of_all_in_any_order(values: list[int], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), min_size=2, max_size=2)))
    parts = [sketch_of(values[a:b]) for a, b in zip([0, *cuts], [*cuts, len(values)], strict=True)]
    whole = sketch_of(values)
    for one, two, three in permutations(parts):
        assert one.merged(two).merged(three) == one.merged(two.merged(three)) == whole


def test_a_sketch_of_numbers_of_every_magnitude_has_a_bounded_number_of_bins() -> None:
    values = np.unique(np.concatenate([np.rint(np.exp(np.linspace(0, np.log(2.0**62), 200_000))).astype(np.int64)]))
    sketch = Sketch.of(np.append(values, MOST))
    assert len(sketch.bins) < 2_200
    assert sketch.merged(sketch).n == 2 * sketch.n


# ---- a million records

N = 1_000_000
FUNCTIONS, SIZES_MB, INPUTS = ("crop", "merge"), (512, 1769), (10**6, 3 * 10**7)


@pytest.fixture(scope="module")
def million() -> tuple[History, dict[tuple[str, int, int], np.ndarray[Any, np.dtype[np.int64]]]]:
    """Runs of two functions at two sizes on two amounts of input, lognormal, and all their times by what they are."""
    random = np.random.default_rng(5)
    which = random.integers(8, size=N)
    function, size, amount = which & 1, which >> 1 & 1, which >> 2
    centre = np.log(1e9 * (1 + function) * (1 + amount) / (1 + size))
    took_ns = np.rint(np.exp(centre + 0.4 * random.standard_normal(N))).astype(np.int64)
    builder = HistoryBuilder()
    for part in np.array_split(np.arange(N), 7):
        builder.add(
            Topic.RUN,
            took_ns[part],
            functions=[FUNCTIONS[f] for f in function[part].tolist()],
            numbers=np.array(SIZES_MB)[size[part]],
            n_bytes=np.array(INPUTS)[amount[part]],
        )
    samples = {(FUNCTIONS[w & 1], SIZES_MB[w >> 1 & 1], INPUTS[w >> 2]): np.sort(took_ns[which == w]) for w in range(8)}
    return builder.build(), samples


@pytest.mark.parametrize("level", ["average", "p1", "p25", "p50", "p75", "p95", "p99", "p99.9"])
def test_predictions_from_a_million_records_are_those_of_the_full_samples(
    million: tuple[History, dict[tuple[str, int, int], Any]], level: str
) -> None:
    history, samples = million
    assert history.n_records == N
    predictor = Predictor(history, level)
    for (function, memory_mb, n_bytes), took_ns in samples.items():
        found = predictor.run_s(function, memory_mb, n_bytes)
        assert found is not None
        assert found.n == len(took_ns)
        if level == "average":
            assert found.value == pytest.approx(int(took_ns.sum()) / len(took_ns) / 1e9, rel=1e-12)
        else:
            exact_s = float(took_ns[int(float(level[1:]) / 100 * (len(took_ns) - 1))]) / 1e9
            assert found.value == pytest.approx(exact_s, rel=RELATIVE_ERROR * (1 + ROUNDING))


def test_a_million_records_take_no_more_room_than_their_spread_does(
    million: tuple[History, dict[tuple[str, int, int], Any]], tmp_path: Path
) -> None:
    history, _ = million
    assert len(history.cells) == 8
    assert max(len(cell.all.bins) for cell in history.cells.values()) < 300
    write_history(history, tmp_path / "h.json")
    assert (tmp_path / "h.json").stat().st_size < 100_000


# ---- histories

RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["f", "g"]), st.sampled_from([128, 1769]), st.integers(0, 10**10), st.integers(0, 10**12)
    ),
    min_size=1,
    max_size=40,
)
Record = tuple[str, int, int, int]


def history_of(records: list[Record]) -> History:
    builder = HistoryBuilder()
    take(builder, records)
    return builder.build()


def take(builder: HistoryBuilder, records: list[Record]) -> None:
    builder.add_runs()
    columns = [list(column) for column in zip(*records, strict=True)] or [[], [], [], []]
    numbers, n_bytes, values = (np.array(column, dtype=np.int64) for column in columns[1:])
    builder.add(Topic.RUN, values, functions=columns[0], numbers=numbers, n_bytes=n_bytes)
    builder.add(Topic.OUTPUT, n_bytes, functions=columns[0], numbers=numbers * 0, n_bytes=n_bytes)
    builder.add(Topic.GET, values, n_bytes=n_bytes)
    builder.add(Topic.WARM, values, numbers=numbers)
    builder.add(Topic.CALL, values)


@given(RECORDS, st.data())
def test_it_makes_no_difference_in_how_many_parts_records_come(records: list[Record], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(records)))
    builder = HistoryBuilder()
    for part in (records[:cut], records[cut:]):
        take(builder, part)
    assert builder.build().cells == history_of(records).cells
    begun = HistoryBuilder(history_of(records[:cut]))
    take(begun, records[cut:])
    assert begun.build() == builder.build()


@given(RECORDS)
def test_each_fifth_record_of_a_cell_is_held_back(records: list[Record]) -> None:
    for cell in history_of(records).cells.values():
        assert cell.held.n == cell.all.n // HELD_BACK


@given(RECORDS, RECORDS, RECORDS)
def test_histories_merge_in_any_order_to_the_same_bytes(a: list[Record], b: list[Record], c: list[Record]) -> None:
    one, two, three = map(history_of, (a, b, c))
    merged = one.merged(two).merged(three)
    assert merged == one.merged(two.merged(three)) == three.merged(one).merged(two)
    assert merged.fingerprint == two.merged(three.merged(one)).fingerprint
    every = history_of([*a, *b, *c])
    assert {key: cell.all for key, cell in merged.cells.items()} == {key: cell.all for key, cell in every.cells.items()}
    assert merged.n_runs == 3


@given(st.integers(1, 10**15), st.integers(1, 10**15))
def test_amounts_of_one_class_are_within_nine_percent(a: int, b: int) -> None:
    one, two = class_of(np.array([a, b])).tolist()
    if one == two:
        assert max(a, b) <= 1.0906 * min(a, b)
    assert (one <= two) == (a <= b) or one == two


@given(
    st.one_of(st.integers(0, 2**60), st.integers(0, 60).map(lambda k: 2**k), st.integers(1, 60).map(lambda k: 2**k - 1))
)
def test_one_amount_has_the_class_that_it_has_among_many(n_bytes: int) -> None:
    number = class_number(n_bytes)
    assert number == int(class_of(np.array([n_bytes]))[0])
    assert class_number(middle_of(number)) == number


def test_nothing_is_a_class_of_its_own() -> None:
    assert class_of(np.array([0, 1, 2, 4, 10**6])).tolist() == [0, 1, 9, 17, 160]


def test_a_history_travels_to_other_processes() -> None:
    history = history_of([("f", 128, 10**6, 10**9)] * 7)
    assert history.cells[Key(Topic.CALL)].all.quantile(0.5) > 0  # what was computed of it stays behind
    again = pickle.loads(pickle.dumps(history))
    assert again == history
    assert again.fingerprint == history.fingerprint


# ---- files


@given(RECORDS)
def test_a_file_holds_the_whole_history(records: list[Record]) -> None:
    history = history_of(records)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "history.json"
        write_history(history, path)
        again = read_history(path)
        assert again == history
        assert again.fingerprint == history.fingerprint
        written = path.read_bytes()
        write_history(again, path)
        assert path.read_bytes() == written


def test_sums_beyond_64_bits_are_kept(tmp_path: Path) -> None:
    huge = Sketch.of(np.full(10, MOST))
    history = History({Key(Topic.CALL): Cell(huge, Sketch(), 2**70)})
    write_history(history, tmp_path / "h.json")
    assert read_history(tmp_path / "h.json") == history


def document() -> dict[str, Any]:
    sketch = {"zeros": 1, "sum": 30, "least": 0, "most": 20, "bins": [[116, 1], [150, 1]]}
    cell = {"topic": "call", "function": "", "number": 0, "bytes_class": 0, "bytes_sum": 0, "kept": sketch}
    cell["held"] = {"zeros": 0, "sum": 0, "least": 0, "most": 0, "bins": []}
    return {"schema_version": 1, "kind": "history", "relative_error": 0.01, "n_runs": 1, "cells": [cell]}


def cell_of(found: dict[str, Any]) -> dict[str, Any]:
    cell: dict[str, Any] = found["cells"][0]
    return cell


DAMAGES: dict[str, tuple[Callable[[dict[str, Any]], object], list[str]]] = {
    "another kind": (lambda d: d.update(kind="run"), ["kind is 'run'"]),
    "another version": (lambda d: d.update(schema_version=2), ["schema_version is 2"]),
    "another error": (lambda d: d.update(relative_error=0.02), ["relative_error is 0.02"]),
    "no runs": (lambda d: d.update(n_runs=-1), ["n_runs is -1"]),
    "no cells": (lambda d: d.pop("cells"), ["cells is None"]),
    "another field": (lambda d: d.update(extra=1), ["extra is 1"]),
    "a cell that is none": (lambda d: d["cells"].append(7), ["cells[1] is 7"]),
    "a topic that is none": (lambda d: cell_of(d).update(topic="love"), ["Invalid enum value 'love'"]),
    "a cell twice": (lambda d: d["cells"].append(cell_of(d)), ["cells[1] is"]),
    "a sum that is none": (lambda d: cell_of(d)["kept"].update(sum=1e300), ["cells[0].kept.sum"]),
    "a sum out of bounds": (lambda d: cell_of(d)["kept"].update(sum=61), ["cells[0].kept.sum is 61"]),
    "bins in disorder": (lambda d: cell_of(d)["kept"]["bins"].reverse(), ["cells[0].kept.bins"]),
    "a bin beyond all": (lambda d: cell_of(d)["kept"].update(bins=[[9_999, 2]]), ["cells[0].kept.bins"]),
    "an empty bin": (lambda d: cell_of(d)["kept"].update(bins=[[1, 0]]), ["cells[0]"]),
    "a size that is none": (lambda d: cell_of(d).update(topic="warm start"), ["cells[0].number is 0"]),
    "nothing in a cell": (lambda d: cell_of(d).update(kept=cell_of(d)["held"]), ["without values"]),
    "bytes that are none": (lambda d: cell_of(d).update(bytes_sum=-1), ["cells[0].bytes_sum is -1"]),
    "two faults": (
        lambda d: (d["cells"].append(7), cell_of(d).update(bytes_sum=None)),
        ["cells[0].bytes_sum is None", "cells[1] is 7"],
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_bad_file_is_refused_with_all_its_faults(damage: str, tmp_path: Path) -> None:
    change, expected = DAMAGES[damage]
    found = document()
    change(found)
    path = tmp_path / "h.json"
    path.write_text(json.dumps(found), "utf-8")
    with pytest.raises(InvalidInput) as raised:
        read_history(path)
    told = list(map(str, raised.value.faults))
    assert len(told) == len(expected), told
    for part in expected:
        assert any(part in line for line in told), told


def test_the_undamaged_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_text(json.dumps(document()), "utf-8")
    assert read_history(path).n_records == 3


@pytest.mark.parametrize("content", ["", "[]", "null", "{", "7", '{"kind": "history"}'])
def test_what_is_no_history_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_text(content, "utf-8")
    with pytest.raises(InvalidInput):
        read_history(path)
