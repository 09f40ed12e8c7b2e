"""The event table: by hand for a small run, and for all kinds that it says what the operations say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import faascast
from executor.records.operations import NO_ROW, Kind
from executor.records.run import Run
from platforms import Platform
from tests.faascast_explain.runs import run_of
from tests.planners.examples import chain, platforms, roots, round_platform, unaided_planners, workflows
from workloads import Workflow


def told(run: Run) -> list[tuple[object, ...]]:
    """Per event: kind, worker, task, object, begin and end in ms, the event that caused it."""
    columns = ("kind", "worker", "task", "object", "begin_s", "end_s", "cause")
    rows = [[row[name] for name in columns] for row in run.events.rows()]
    return [(*row[:4], round(1000 * row[4], 6), round(1000 * row[5], 6), row[6]) for row in rows]


def test_a_chain_over_two_workers_by_hand() -> None:
    """t0 (1 s) makes 1 MB for t1 (2 s), which makes the result; the same run as in test_trace."""
    run = run_of(chain(1.0, 2.0, size_bytes=1_000_000), "one-per-task", round_platform())
    assert told(run)[:8] == [
        ("invoke", "client", "t0", None, 0, 100, -1),
        ("start", "w0", "t0", None, 100, 600, 0),
        ("execute", "w0", "t0", None, 600, 1600, 1),
        ("upload", "w0", "t0", "d0", 1600, 2650, 2),
        ("commit", "w0", "t0", None, 2650, 2660, 3),
        ("invoke", "w0", "t1", None, 2660, 2760, 4),
        ("start", "w1", "t1", None, 2760, 3260, 5),
        ("fetch", "w1", "t1", "d0", 3260, 4290, 6),
    ]
    events = run.events
    assert events["bytes"][[3, 4]].tolist() == [1_000_000, -1]
    assert (events["instance"][0], events["instance"][7]) == (-1, 1)
    assert set(events["outcome"]) == {"done"}
    assert events["is_critical"].tolist() == [True] * 11 + [False]


def test_what_was_waited_for_is_told() -> None:
    """Two invocations wait for the only instance there may be: 2 s and more."""
    run = run_of(roots(2.0, 1.0, 1.0), "one-per-task", round_platform(concurrency=1))
    starts = run.events.where(run.events["kind"] == "start")
    np.testing.assert_allclose(starts["waited_s"], run.invocations["admission_ns"] / 1e9)
    assert starts["waited_for"][0] is None
    assert all(starts["waited_for"][1:])


@given(workflows(), platforms(), st.sampled_from(unaided_planners()), st.integers(0, 2**32 - 1))
def test_events_are_the_operations_in_words(workflow: Workflow, platform: Platform, planner: str, seed: int) -> None:
    run = run_of(workflow, planner, platform, seed)
    events, operations = run.events, run.operations
    assert events.n_rows == operations.n_rows
    assert [Kind[kind.upper()] for kind in events["kind"]] == operations["kind"].tolist()
    caused = operations["cause"] != NO_ROW
    np.testing.assert_array_equal(events["begin_s"][caused], events["end_s"][operations["cause"][caused]])
    length_s = events["end_s"] - events["begin_s"]
    assert (events["waited_s"] <= length_s + 1e-9).all()
    assert [bool(waited_for) for waited_for in events["waited_for"]] == (events["waited_s"] > 0).tolist()
    shares = np.isin(events["kind"], ("fetch", "upload", "execute")) & (events["outcome"] == "done")
    np.testing.assert_allclose((events["alone_s"] + events["waited_s"])[shares], length_s[shares], atol=1e-8)
    on_path_s = length_s[events["is_critical"]].sum()
    np.testing.assert_allclose(on_path_s, run.makespan_s or 0.0, atol=1e-6)


def test_a_saved_run_has_its_events(tmp_path: Path) -> None:
    run = faascast.simulate("gen:forkjoin,width=3", "heft", seed=4)
    faascast.save(run, tmp_path / "run")
    written = pd.read_parquet(tmp_path / "run" / "events.parquet")
    again = faascast.load_run(tmp_path / "run").events.to_pandas()
    pd.testing.assert_frame_equal(again, run.events.to_pandas())
    assert written["event"].tolist() == list(range(run.operations.n_rows))
    assert written["cause"].isna().sum() == (run.events["cause"] < 0).sum() > 0
    client = written[written["worker"] == "client"]
    assert client[["instance", "invocation", "epoch", "bytes"]].isna().all(axis=None)
