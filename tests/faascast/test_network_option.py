"""`--network`, and a store whose total rate is told or not."""

from __future__ import annotations

from pathlib import Path

from faascast.experiments.trial import Outcome
from faascast.text.warned import warned
from tests.faascast.test_cli import document
from tests.faascast.test_cli import faascast as told_by


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


def test_a_warning_about_the_platform_is_told_once() -> None:
    """Three planners share a platform of which a field is without effect; a sweep has six points on it."""
    field = "store.total_bytes_per_s"
    asked = ("gen:chain,depth=2", "--set", f"{field}=1e9", "--reps", "1", "--planners", "one-per-task,heft,all-on-one")
    told = told_by("compare", *asked)
    assert told.count(f"{field} is 1000000000.0") == 1
    assert "heft: aws" not in told
    swept = told_by("sweep", *asked, "--set", "keep_alive_s=60,600")
    assert swept.count(f"{field} is 1000000000.0") == 1


def test_a_warning_about_some_plans_names_their_planners() -> None:
    outcomes = [
        Outcome(planner=planner, status="complete", warnings=warnings)
        for planner, warnings in {"heft": ("a", "b"), "wukong": ("a",), "all-on-one": ("a", "b")}.items()
    ]
    assert warned(outcomes) == ("a", "heft, all-on-one: b")
    assert warned(outcomes[:1]) == ("heft: a", "heft: b")
    refused = Outcome(planner="uniform", status="refused", reasons=("no",))
    assert warned([*outcomes, refused]) == ("a", "heft, all-on-one: b")
