"""Traces of one machine or workplace that mean nothing to a stranger: home folders, package indexes."""

from __future__ import annotations

import re

from tests.support import ROOT

# Written so that this file does not contain what it looks for.
FOLDERS = r"(?<![\w.~-])/(?:home|root|Users|work|opt|mnt|srv)/[\w.-]+"
INDEXES = r"[i]ndex-url|[f]ind-links|[t]rusted-host|[f]ile:///|pythonhosted[.]org|pypi[.]org/simple"
TRACES = re.compile(f"{FOLDERS}|{INDEXES}")


def traces(path: str, text: str) -> list[str]:
    """Lines that name a folder of some machine or the host that packages came from."""
    return [
        f"{path}:{number}: {found.group()}"
        for number, line in enumerate(text.splitlines(), 1)
        for found in [*TRACES.finditer(line), *re.finditer(re.escape(str(ROOT)) + r"(?![\w.-])", line)]
    ]
