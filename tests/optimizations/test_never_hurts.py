"""An optimization that was kept does not hurt on luck that planning never saw (at scale: docs/never-hurts.md)."""

from __future__ import annotations

from benchmarks import never_hurts
from benchmarks.never_hurts import judge, summary
from tests.support import is_deep


def test_what_is_kept_does_not_hurt() -> None:
    rows = [row for number in range(400 if is_deep() else 4) for row in judge(number)]
    kept = [row for row in rows if row["kept"]]
    assert kept
    hurt = [row for row in kept if never_hurts.hurts(row)]
    assert len(hurt) <= never_hurts.ALLOWED * len(kept), hurt
    assert sum(row["high"] < 0 for row in kept) >= 0.9 * len(kept)


def test_the_table_counts_every_scenario_once() -> None:
    case = {"optimization": "preload", "sla": "p50"}
    rows = [
        case | {"carried": True, "kept": True, "change": change, "low": change - error, "high": change + error}
        for change, error in ((-0.1, 0.01), (0.02, 0.01), (0.02, 0.03))
    ]
    rows.append(case | {"carried": False, "kept": False})
    *lines, verdict = summary(rows)
    (line,) = (line for line in lines if line.startswith("| preload | p50 |"))
    assert line.split(" | ")[2:8] == ["4", "3", "3", "1", "2", "1"]
    assert "1 of 3 kept optimizations hurt" in verdict
    assert "not met" in verdict
