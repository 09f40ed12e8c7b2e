"""`--network`, and a store whose total rate is told or not."""

from __future__ import annotations

from pathlib import Path

from tests.faascast.test_cli import document


def test_check_warns_of_what_is_without_effect(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('extends = "aws-lambda-s3"\nname = "mine"\n[store]\ntotal_bytes_per_s = 1e9\n')
    warnings = document("check", path, kind="check")["warnings"]
    assert warnings == [
        "mine: store.total_bytes_per_s is 1000000000.0; expected network.model shared, for independent leaves it out"
    ]


def test_the_network_is_shared_if_asked() -> None:
    """Twenty workers fetch 5 MB each and upload 5 MB each: 20 MB/s for all, or 90 MB/s for each."""
    asked = ("gen:forkjoin,width=20,bytes=5000000", "--set", "store.total_bytes_per_s=2e7")
    makespans_s = {}
    for network in ("independent", "shared"):
        for command, chosen in (("simulate", "--planner"), ("compare", "--planners")):
            kind = {"simulate": "run", "compare": "comparison"}[command]
            more = ("--network", network, chosen, "one-per-task")
            told = document(command, *asked, *more, *(("--reps", "1") if command == "compare" else ()), kind=kind)
            assert told["parameters"] == {"store.total_bytes_per_s": 2e7, "network.model": network}
            if command == "simulate":
                makespans_s[network] = told["makespan_s"]
                assert bool(told["warnings"]) == (network == "independent")
    assert makespans_s["shared"] > makespans_s["independent"] + 2 * 20 * 5e6 / 2e7
