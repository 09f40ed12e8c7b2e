"""Histories out of recorded runs of other tools: FlowBench's Pegasus runs."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from faascast.faults import BadInput
from faascast.history.flowbench import COLUMNS
from faascast.history.learn import learn
from planners.knowledge.accuracy import accuracies
from planners.knowledge.history import Topic
from planners.knowledge.predictor import Predictor


def flowbench_row(**figures: str) -> str:
    given = {"type": "compute", "anomaly_type": "None", "kickstart_transformations": "crop"} | figures
    return ",".join(given.get(column, "") for column in COLUMNS)


def test_recorded_runs_of_flowbench(tmp_path: Path) -> None:
    """A job of 39 s that staged 20 s in and 3 s out computed 16 s; what is slowed down or moves data is left out."""
    staged = {"stage_in_delay": "20.0", "stage_in_bytes": "470.0", "stage_out_delay": "3.0", "stage_out_bytes": "9.0"}
    rows = [
        flowbench_row(runtime="39.0", **staged),
        flowbench_row(runtime="99.0", anomaly_type="cpu_2", **staged),
        flowbench_row(runtime="5.0", type="transfer"),
        flowbench_row(runtime="", **staged),
    ]
    text = "\n".join([",".join(COLUMNS), *rows])
    with ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr("run1.csv", text)
        archive.writestr("README", "no run")
    history = learn([tmp_path / "f.zip"], memory_mb=2000)
    assert history.counts() == {Topic.RUN: 1, Topic.OUTPUT: 1, Topic.GET: 2, Topic.PUT: 2}
    predictor = Predictor(history)
    run, output = predictor.run_s("crop", 2000, 470), predictor.output_bytes("crop", 0, 470)
    assert run is not None
    assert output is not None
    assert (run.value, output.value) == (16.0, 9.0)
    (tmp_path / "f.csv").write_text(text, "utf-8")
    assert learn([tmp_path / "f.csv"], memory_mb=2000) == history


@pytest.mark.parametrize("figure", ["abc", "nan", "inf", "-3"])
def test_recorded_figures_that_cannot_be_are_refused(figure: str, tmp_path: Path) -> None:
    row = flowbench_row(runtime="9.0", stage_in_delay=figure, stage_in_bytes="1")
    (tmp_path / "f.csv").write_text("\n".join([",".join(COLUMNS), row]), "utf-8")
    with pytest.raises(BadInput, match=r"f\.csv"):
        learn([tmp_path / "f.csv"])


def test_flowbench_itself(data_dir: Path) -> None:
    history = learn([data_dir / "flowbench" / "pycbc_inference.zip"])
    assert history.n_runs == 100
    assert "inference_ID1" in history.functions
    found = {each.topic: each for each in accuracies(Predictor(history))}
    assert set(found) == {Topic.RUN, Topic.OUTPUT, Topic.GET, Topic.PUT}
    assert found[Topic.OUTPUT].median_error < 0.2
    speed = Predictor(history).speed(Topic.GET)
    assert speed is not None
    assert 1 < speed.latency_s < 60  # staging through Pegasus


# ---- knowing the run
