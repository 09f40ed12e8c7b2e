"""Source code as the checkers see it: modules by dotted name, with their syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from tests.support import ROOMS, ROOT, project_files


@dataclass(frozen=True)
class Module:
    """One Python file: its path in the checkout and its text."""

    path: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.source, self.path)

    @property
    def is_package(self) -> bool:
        """Whether this is the `__init__.py` of a folder."""
        return PurePosixPath(self.path).name == "__init__.py"

    @property
    def name(self) -> str:
        """The dotted name by which it is imported."""
        parts = PurePosixPath(self.path).with_suffix("").parts
        return ".".join(parts[:-1] if self.is_package else parts)

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def room(self) -> str:
        """The top-level folder."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Project:
    """Modules by name."""

    modules: Mapping[str, Module]

    @classmethod
    def of(cls, sources: Mapping[str, str]) -> Project:
        """Build a project from texts by path: the bad examples."""
        modules = (Module(path, source) for path, source in sorted(sources.items()))
        return cls({module.name: module for module in modules})

    @classmethod
    def of_checkout(cls, *folders: str) -> Project:
        """Read the project's own files in these folders; the rooms, when none is named."""
        kept = {
            path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
            for path in project_files()
            if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in (folders or ROOMS)
        }
        return cls.of(kept)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.modules.values())
