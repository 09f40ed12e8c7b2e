"""Every snippet of README.md and docs/ does what it says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.snippets import Reader, SnippetError, blocks, commands
from tests.support import ROOT

DOCUMENTS = [*sorted(ROOT.glob("README.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@contextmanager
def script_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a script there: it finds the modules beside it, which nobody has when it is over."""
    before = set(sys.modules)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    yield
    for name in sorted(set(sys.modules) - before):
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_document_holds(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with script_in(tmp_path, monkeypatch):
        Reader(document.name, tmp_path).follow(document.read_text(encoding="utf-8"))


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A reader whose `faascast` echoes its arguments, and exits with the first if that is a number."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "faascast"
    program.write_text('#!/bin/sh\necho "$@"\ncase "$1" in [0-9]) exit "$1";; esac\n')
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(folder / "python"))
    monkeypatch.chdir(tmp_path)
    return Reader("README.md", tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "```python\nassert False\n```",
        "```python\nx = 1\n```\n\n```python\nassert x == 2\n```",
        "- a list\n\n  ```python\n  1 / 0\n  ```",
        "```python\nimport nowhere\n```",
        "```console\n$ faascast 2\n```",
        "```bash\n$ faascast hello\n$ faascast 1 \\\n  --more\n```",
        "<!-- exit: 2 -->\n```console\n$ faascast hello\n```",
        "<!-- exit: 2 -->\nWords between.\n```console\n$ faascast 2\n```",
        "<!-- exact -->\n```console\n$ faascast hello\nHELLO\n```",
        "<!-- exact -->\n```console\n$ faascast hello\n```",
        "```toml\na = \n```",
        "```json\n{'a': 1}\n```",
        "```python\nx = 1",
    ],
)
def test_a_wrong_snippet_is_seen(text: str, reader: Reader) -> None:
    with pytest.raises((SnippetError, AssertionError, ArithmeticError, ImportError, ValueError)):
        reader.follow(text)


@pytest.mark.parametrize(
    ("text", "carried_out"),
    [
        ("```python\nx = 1\n```\nand\n```python\nassert x == 1\n```", 2),
        (
            "```console\n$ faascast hello > said\n```\n```python\nfrom pathlib import Path\n"
            "assert Path('said').read_text() == 'hello\\n'\n```",
            2,
        ),
        ("```console\n$ faascast hello\nsomething else\n$ make demo\n$ false\n```", 1),
        ("<!-- exit: 2 -->\n\n```console\n$ faascast 2\n```", 1),
        ("<!-- exact -->\n```console\n$ faascast a \\\n    b\na b\n\n$ faascast c\nc\n```", 1),
        ("<!-- exact -->\n<!-- exit: 3 -->\n```bash\n$ faascast 3\n3\n```", 1),
        (
            "```toml\na = 1\n```\n```json\n{}\n```\n```text\n{{{\n```\n````markdown\n```python\n1/0\n```\n````",
            2,
        ),
        ("No blocks.", 0),
    ],
)
def test_a_right_snippet_passes(text: str, carried_out: int, reader: Reader) -> None:
    assert reader.follow(text) == carried_out


def test_a_traceback_names_the_line_of_the_document(reader: Reader) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        reader.follow("# Title\n\n```python\nx = 0\n1 / x\n```")
    last = raised.traceback[-1]
    assert (str(last.path), last.lineno + 1) == ("README.md:3", 5)


def test_blocks_and_commands_are_read_whole() -> None:
    [block] = blocks("~~~console title=x\n$ faascast a\nout\n~~~")
    assert (block.language, block.line, block.exit_code, block.exact) == ("console", 1, 0, False)
    assert [(command.line, command.shown) for command in commands(block.text)] == [("faascast a", "out")]
