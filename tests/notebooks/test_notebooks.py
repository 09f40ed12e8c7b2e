"""Every notebook runs from top to bottom, in a fresh kernel of this environment and another folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.support import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS_FOR_A_CELL = 600  # a cell that hangs is stopped; how fast a cell is, nobody judges

Execute = Callable[[nbformat.NotebookNode], None]


@pytest.fixture
def execute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Execute:
    """Run all cells in a kernel of this very interpreter, whatever kernels the machine knows."""
    kernel = tmp_path / "jupyter" / "kernels" / "here"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": command, "display_name": "here", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    work = tmp_path / "work"
    work.mkdir()

    def run(notebook: nbformat.NotebookNode) -> None:
        resources = {"metadata": {"path": str(work)}}
        NotebookClient(
            notebook, timeout=SECONDS_FOR_A_CELL, kernel_name="here", resources=resources
        ).execute()

    return run


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_the_notebook_runs(path: Path, execute: Execute) -> None:
    execute(nbformat.read(path, as_version=4))


def notebook_of(*cells: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def test_a_notebook_that_fails_is_seen(execute: Execute) -> None:
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        execute(notebook_of("x = 0", "1 / x"))


def test_a_notebook_runs_here_and_draws_without_a_screen(execute: Execute) -> None:
    notebook = notebook_of(
        "import sys, faascast, matplotlib.pyplot as plt", "plt.plot([1, 2])", "sys.executable"
    )
    execute(notebook)
    assert notebook.cells[2].outputs[0].data["text/plain"] == repr(sys.executable)
