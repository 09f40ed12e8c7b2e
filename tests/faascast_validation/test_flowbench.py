"""FlowBench's recorded runs: predictions by hand, those of the real recordings, and recordings that are none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

from faascast.experiments.validation.flowbench import groups_of, predict_flowbench
from faascast.faults import BadInput
from faascast.text.flowbench import flowbench_lines

COLUMNS = ",anomaly_type,kickstart_transformations,ready,execute_start,execute_end,post_script_end"
CHAIN = {"first": ["second"], "second": []}


def chain_run(*jobs: tuple[int, int, int], slowdown: str = "None") -> str:
    """A run of `first`, then `second`; of each how long it waited, ran and was tidied up after."""
    lines, now_s = [COLUMNS], 100
    for name, (waited_s, ran_s, tidied_s) in zip(CHAIN, jobs, strict=True):
        begin_s, end_s = now_s + waited_s, now_s + waited_s + ran_s
        lines.append(f"{name},{slowdown},f,{now_s}.0,{begin_s}.0,{end_s}.0,{end_s + tidied_s}.0")
        now_s = end_s + tidied_s
    return "\n".join(lines)


def recorded(folder: Path, texts: Sequence[str], dag: Mapping[str, object] = CHAIN) -> Path:
    (folder / "chain.json").write_text(json.dumps(dag), "utf-8")
    with ZipFile(folder / "chain.zip", "w") as archive:
        for number, text in enumerate(texts):
            archive.writestr(f"run{number}.csv", text)
    return folder


def test_predictions_by_hand(tmp_path: Path) -> None:
    """Runs 0 and 2 predict 1 and 3, and the other way round; the slow run 3 has nobody of its kind to learn from."""
    runs = [
        chain_run((1, 10, 2), (3, 20, 2)),  # 38
        chain_run((2, 11, 2), (4, 24, 2)),  # 45
        chain_run((3, 12, 2), (5, 22, 2)),  # 46
        chain_run((2, 11, 2), (4, 90, 2), slowdown="hdd_5"),  # 111
    ]
    found = predict_flowbench(recorded(tmp_path, runs))
    assert [each.measured_s for each in found] == [38, 45, 46, 111]
    # delays of the others: 2 + 2 and 4 + 2; so 10 of delays in either half
    assert [each.own_times_s for each in found] == [10 + 30, 10 + 35, 10 + 34, 10 + 101]
    assert [each.blind_s for each in found] == [10 + 11 + 24, 10 + 11 + 21, 10 + 11 + 24, 10 + 11 + 21]
    assert [each.yardstick_s for each in found] == [45, 42, 45, 42]
    assert [each.has_slow_disk for each in found] == [False, False, False, True]
    by_workflow, every = groups_of(found)
    assert by_workflow.every == every.every
    assert every.every["blind_s"].n == 4
    assert every.every["blind_s"].most == pytest.approx(1 - 42 / 111)
    assert every.without_slow_disks is not None
    assert every.without_slow_disks["own_times_s"].mean == pytest.approx((2 / 38 + 0 + 2 / 46) / 3)


def test_the_real_recordings(data_dir: Path) -> None:
    """With the delays of other runs as constants every workflow is within 3 %, as the project promises."""
    found = predict_flowbench(data_dir / "flowbench")
    assert len(found) == 501
    *workflows, every = groups_of(found)
    assert all(group.every["own_times_s"].mean <= 0.03 for group in workflows)
    assert every.every["own_times_s"].mean <= 0.02
    assert every.every["blind_s"].mean < every.every["yardstick_s"].mean / 2
    assert any("501 recorded runs" in line for line in flowbench_lines(found))


@pytest.mark.parametrize(
    ("texts", "dag", "told"),
    [
        ([chain_run((1, 1, 1), (1, 1, 1))], CHAIN, "at least two"),
        ([chain_run((1, 1, 1), (1, 1, 1))] * 2, {"first": []}, "second is in the run or the DAG alone"),
        ([chain_run((1, 1, 1), (1, -5, 1))] * 2, CHAIN, "execute_end of second"),
        ([chain_run((1, 1, 1), (1, 1, 1)).replace("ready", "nothing")] * 2, CHAIN, "no columns 'ready'"),
        ([chain_run((1, 1, 1), (1, 1, 1)).replace("101.0", "soon")] * 2, CHAIN, "'soon'"),
        ([chain_run((1, 1, 1), (1, 1, 1))] * 2, {"first": "second"}, "a list of its children"),
    ],
)
def test_what_is_no_recording_is_refused(
    texts: Sequence[str], dag: Mapping[str, object], told: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=told):
        predict_flowbench(recorded(tmp_path, texts, dag))


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no recorded runs"):
        predict_flowbench(tmp_path)
    recorded(tmp_path, [chain_run((1, 1, 1), (1, 1, 1))] * 2)
    (tmp_path / "chain.json").unlink()
    with pytest.raises(BadInput, match=r"chain\.json cannot be read"):
        predict_flowbench(tmp_path)
