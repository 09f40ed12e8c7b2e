"""How long a file and a function may be."""

from __future__ import annotations

import ast

from tests.architecture.project import Project

MOST_LINES_OF_FILE = 400
MOST_LINES_OF_FUNCTION = 50


def oversized(project: Project) -> list[str]:
    """Files and functions, docstring included, that hold more than one idea."""
    complaints = []
    for module in project:
        lines = len(module.source.splitlines())
        if lines > MOST_LINES_OF_FILE:
            complaints.append(f"{module.path}: {lines} lines, at most {MOST_LINES_OF_FILE}")
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MOST_LINES_OF_FUNCTION:
                    where = f"{module.path}:{node.lineno}: {node.name}"
                    complaints.append(f"{where}: {length} lines, at most {MOST_LINES_OF_FUNCTION}")
    return complaints
