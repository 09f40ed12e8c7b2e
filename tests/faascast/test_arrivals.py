"""`faascast arrivals`, on the command line and from Python."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import faascast
from faascast.cli.app import app
from faascast.experiments.popularity import shares
from faascast.faults import BadInput
from tests.faascast.test_bad_input import refused
from tests.faascast.test_cli import document
from tests.faascast.test_cli import faascast as command

ONE = "gen:chain,depth=1,bytes=0"
TRACE = 'time_s,workflow\n0,small\n1,"gen:chain,depth=1"\n2.5,small\n'


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text(TRACE)
    return path


# what is said ---------------------------------------------------------------------------------------------


def test_it_says_how_long_how_cold_how_costly() -> None:
    said = command("arrivals", ONE, "--rate", "5", "-n", "2000", "--set", "concurrency=8")
    for word in ("latency", "cold starts", "waited", "refused", "failed", "cost", "instances", "left out", "by MSER-5"):
        assert word in said


def test_json_says_the_same_as_python() -> None:
    read = document("arrivals", ONE, "--rate", "5", "-n", "500", "--seed", "3", "--warmup", "20%", kind="arrivals")
    traffic = faascast.arrivals(ONE, rate_per_s=5, n=500, seed=3, warmup="20%")
    summary = traffic.summary
    assert (read["n_requests"], read["n_dropped"]) == (500, 100)
    assert read["latency_s"]["p95"]["value"] == pytest.approx(summary.latency_s["p95"].value)
    assert read["instances"]["live"] == pytest.approx(summary.instances.live)
    assert read["cost_usd"] == pytest.approx(traffic.requests["cost_usd"][100:].sum())


def test_a_duration_ends_it() -> None:
    traffic = faascast.arrivals(ONE, every_s=2, duration_s=9)
    assert traffic.result.requests["arrival_s"].tolist() == [0, 2, 4, 6, 8]


def test_a_trace_says_when_and_what(trace: Path) -> None:
    traffic = faascast.arrivals(trace=trace, workflows={"small": ONE})
    assert traffic.requests["workflow"].tolist() == ["small", "gen:chain,depth=1", "small"]
    assert traffic.requests["arrival_s"].tolist() == [0.0, 1.0, 2.5]
    assert "3 requests, as in" in command("arrivals", "--trace", trace, "--workflow", f"small={ONE}")


def test_azure_shaped_requests_of_several_workflows() -> None:
    traffic = faascast.arrivals("gen:azure", "one-per-task", rate_per_s=1, n=60, mix=4)
    assert [workflow.name for workflow in traffic.workflows][1:] == [f"gen:azure,seed={seed}" for seed in (1, 2, 3)]
    assert (traffic.requests["status"] == "complete").all()


def test_a_mix_has_its_popularity() -> None:
    """Of 100 workflows the first five get 46 %, within three and a half standard errors."""
    traffic = faascast.arrivals(ONE, "one-per-task", rate_per_s=20, n=4000, mix=100)
    which = traffic.result.requests["workflow"]
    assert len(traffic.names) == 100
    assert abs((which < 5).mean() - 0.46) < 3.5 * np.sqrt(0.46 * 0.54 / 4000)


@pytest.mark.parametrize(("n", "top"), [(11, 0.46), (100, 0.46), (10_000, 0.46), (8, 5 / 8), (3, 1.0)])
def test_the_top_five_have_their_share(n: int, top: float) -> None:
    assert shares(n).sum() == pytest.approx(1)
    assert shares(n)[:5].sum() == pytest.approx(top)
    assert (np.diff(shares(n)) <= 0).all()


def test_instances_are_averaged_over_time() -> None:
    """One each 10 s on one instance: it is live for good, and busy for what a request keeps it, of every 10 s."""
    fixed = {"start.warm_s": 0, "call_s": 0, "ledger.request_s": 0, "noise.sigma": 0}
    traffic = faascast.arrivals(ONE, "one-per-task", "ideal", every_s=10, n=101, warmup="10%", settings=fixed)
    at = traffic.summary.instances
    assert (at.from_s, at.until_s, at.live, at.peak_live) == (100, 1000, 1, 1)
    assert at.busy == pytest.approx(0.1)
    assert at.idle == pytest.approx(0.9)


def test_the_store_s_standing_cost_is_told_apart() -> None:
    settings = {"prices.store_usd_per_hour": 3.6}
    traffic = faascast.arrivals(ONE, every_s=1, n=101, warmup="none", settings=settings)
    assert traffic.summary.standing_usd == pytest.approx(0.1)
    assert traffic.summary.cost_usd == pytest.approx(0.1 + traffic.requests["cost_usd"].sum())


def test_failures_are_told_with_their_reason() -> None:
    settings = {"concurrency": 1, "over_limit": "refuse", "backoff.attempts": 1}
    traffic = faascast.arrivals(ONE, rate_per_s=5, n=200, warmup="none", settings=settings)
    summary = traffic.summary
    assert summary.n_failed == sum(summary.failures.values()) == (traffic.requests["status"] == "failed").sum() > 0
    said = command("arrivals", ONE, "--rate", "5", "-n", "200", *(f"--set={k}={v}" for k, v in settings.items()))
    assert "over the platform's limit" in said


def test_seeds_decide_all() -> None:
    one, same, other = (faascast.arrivals(ONE, rate_per_s=5, n=300, seed=seed) for seed in (1, 1, 2))
    assert one.requests.equals(same.requests)
    assert not one.requests.equals(other.requests)


# what is written ------------------------------------------------------------------------------------------


def test_a_folder_holds_every_request(trace: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command("arrivals", "--trace", trace, "--workflow", f"small={ONE}", "--out", out, "--seed", "5")
    parquet, csv = pd.read_parquet(out / "requests.parquet"), pd.read_csv(out / "requests.csv")
    assert parquet["latency_s"].tolist() == csv["latency_s"].tolist()
    assert csv["workflow"].tolist() == ["small", "gen:chain,depth=1", "small"]
    assert csv["seed"].tolist() == [5] * 3
    read = json.loads((out / "arrivals.json").read_text())
    assert read["kind"] == "arrivals"
    assert {"requests.csv", "stays.parquet", "instances.csv", "workflow-1.json", "plan-0.json"} <= set(read["files"])
    before = (out / "requests.csv").read_bytes()
    command("arrivals", "--trace", trace, "--workflow", f"small={ONE}", "--out", out, "--seed", "5")
    assert (out / "requests.csv").read_bytes() == before


def test_a_folder_of_traffic_is_no_run(tmp_path: Path) -> None:
    faascast.save(faascast.arrivals(ONE, every_s=1, n=3), tmp_path / "out")
    with pytest.raises(BadInput, match="holds no run"):
        faascast.load_run(tmp_path / "out")


# what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((ONE,), "neither rate nor every given"),
        ((ONE, "--rate", "5"), "of n and duration neither is given"),
        ((ONE, "--rate", "5", "-n", "3", "--duration", "5"), "both are given"),
        ((ONE, "--rate", "5", "--every", "1", "-n", "3"), "rate and every given"),
        ((ONE, "--rate", "0", "-n", "3"), "rate is 0; expected a finite number > 0"),
        ((ONE, "--rate", "nan", "-n", "3"), "rate is nan"),
        ((ONE, "--every", "-1", "-n", "3"), "every is -1; expected a finite number ≥ 0"),
        ((ONE, "--rate", "5", "-n", "0"), "n is 0; expected a whole number from 1"),
        ((ONE, "--rate", "1e-30", "-n", "3"), "they take some 3e+30 s"),
        ((ONE, "--rate", "1e30", "--duration", "3"), "expected at most 100,000,000"),
        ((ONE, "--rate", "1e-3", "--duration", "1"), "nobody came"),
        ((ONE, "--rate", "5", "-n", "3", "--warmup", "auto"), "warmup is 'auto'; expected mser"),
        ((ONE, "--rate", "5", "-n", "3", "--warmup", "99s"), "less than all 3 requests"),
        ((ONE, "--rate", "5", "-n", "3", "--mix", "0"), "mix is 0; expected a whole number from 1"),
        (("montage.json", "--rate", "5", "-n", "3"), "montage.json"),
        ((ONE, "--rate", "5", "-n", "3", "--workflow", "a=b"), "expected none"),
        ((ONE, "--rate", "5", "-n", "3", "--seed", "-1"), "seed is -1"),
        ((ONE, "--rate", "5", "-n", "3", "--planner", "hefd"), "'heft'?"),
        ((ONE, "--rate", "5", "-n", "3", "--out", "mine"), "holds files but no result"),
        (("--rate", "5", "-n", "3"), "expected a workflow, or a trace file"),
        (("--trace", "trace.csv"), "trace.csv, workflow small: workflow is 'small'"),
        (("--trace", "trace.csv", "--workflow", "small"), "expected NAME=WORKFLOW"),
        (("--trace", "trace.csv", "--workflow", "small=gen:chn"), "'gen:chain'?"),
        (("--trace", "trace.csv", "-n", "3"), "expected no workflow, rate, every, n, duration or mix"),
        (("--trace", "missing.csv"), "missing.csv"),
    ],
)
def test_bad_input_is_told(
    arguments: tuple[str, ...], told: str, trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    monkeypatch.chdir(tmp_path)
    assert told in "\n".join(refused(tmp_path, "arrivals", *arguments))


def test_help_tells_the_options() -> None:
    said = CliRunner().invoke(app, ["arrivals", "--help"]).stdout
    for option in ("--rate", "--every", "--trace", "--duration", "--warmup", "--mix"):
        assert option in said
