"""The project names no folder of anybody's machine and no host that packages came from."""

from __future__ import annotations

import pytest

from tests.architecture.traces import traces
from tests.support import ROOT, fail_with, project_files


def test_the_project_has_no_traces_of_a_workplace() -> None:
    found = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += traces(path.relative_to(ROOT).as_posix(), text)
    fail_with(found)


@pytest.mark.parametrize(
    "text",
    [
        # In halves, or this file would be found itself.
        "see /ho" + "me/ana/faascast",
        "DATA = '/wo" + "rk/data/x.json'",
        "pip install --find" + "-links wheels",
        "--extra-index" + "-url=https://example.org",
        "fi" + "le:///somewhere/simple",
        "https://files.pythonhosted" + ".org/packages",
        f"made in {ROOT}/sim",
    ],
)
def test_a_trace_is_seen(text: str) -> None:
    assert len(traces("README.md", f"\n{text}\n")) >= 1
    assert traces("README.md", f"\n{text}\n")[0].startswith("README.md:2: ")


@pytest.mark.parametrize(
    "text", ["out/work/x", "~/opt/x", "../root/x", "https://pypi.org/project/faascast", "a/b/home"]
)
def test_other_paths_are_fine(text: str) -> None:
    assert traces("README.md", text) == []
