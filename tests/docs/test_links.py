"""Every relative link of the documentation leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support import ROOT, fail_with, project_files

LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s#]+)(?:#[\w-]*)?\)")
ELSEWHERE = ("http://", "https://", "mailto:")


def broken_links(document: Path) -> list[str]:
    """Relative links of a document to files that do not exist."""
    targets = (found["target"] for found in LINK.finditer(document.read_text(encoding="utf-8")))
    return [
        f"{document.name}: {target} does not exist"
        for target in targets
        if not target.startswith(ELSEWHERE) and not (document.parent / target).exists()
    ]


def test_the_links_of_the_documents_hold() -> None:
    documents = [path for path in project_files() if path.suffix == ".md"]
    assert ROOT / "CHANGELOG.md" in documents
    fail_with([complaint for document in documents for complaint in broken_links(document)])


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text("[self](README.md#top) [web](https://example.org) ![gone](a.png) [gone](b/c.md#d)")
    assert broken_links(document) == ["README.md: a.png does not exist", "README.md: b/c.md does not exist"]
