"""A JSON value that knows where it stands, so that a fault can name its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workloads.columns import is_figure
from workloads.errors import MISSING, Fault


class Document:
    """A JSON document under examination, and the faults found in it so far."""

    def __init__(self, where: str, value: object) -> None:
        self.where = where
        self.faults: list[Fault] = []
        self.root = Node(self, value, None, "")


class Node:
    """A value of a document. Readers return a neutral value for one that is wrong, and note the fault.

    A node is true if there is a value at all (``null`` is one).
    """

    __slots__ = ("_document", "_key", "_parent", "value")

    def __init__(self, document: Document, value: object, parent: Node | None, key: str | int) -> None:
        self._document = document
        self._parent = parent
        self._key = key
        self.value: Any = value

    def __bool__(self) -> bool:
        return self.value is not MISSING

    def __getitem__(self, key: str) -> Node:
        """The member of an object; a missing one where there is none."""
        value = self.value.get(key, MISSING) if isinstance(self.value, dict) else MISSING
        return Node(self._document, value, self, key)

    @property
    def is_unknown(self) -> bool:
        """Whether it is missing or ``null``."""
        return self.value is MISSING or self.value is None

    def absent(self, label: str) -> Node:
        """A missing element, named by what it would have held."""
        return Node(self._document, MISSING, self, f"[{label!r}]")

    @property
    def path(self) -> str:
        """Where it stands, such as ``workflow.tasks[3].id``."""
        if self._parent is None:
            return ""
        above = self._parent.path
        if isinstance(self._key, int):
            return f"{above}[{self._key}]"
        return f"{above}.{self._key}" if above and not self._key.startswith("[") else above + self._key

    def refuse(self, expected: str) -> None:
        """Note that the value is wrong; not below a value that is wrong itself, whose fault says enough."""
        if self._parent is not None and not isinstance(self._parent.value, dict | list):
            return
        self._document.faults.append(Fault(self._document.where, self.path, self.value, expected))

    def mapping(self) -> dict[str, Any]:
        """An object's members."""
        if isinstance(self.value, dict):
            return self.value
        self.refuse("an object")
        return {}

    def elements(self) -> Iterator[Node]:
        """An array's elements."""
        if not isinstance(self.value, list):
            self.refuse("an array")
            return
        for i, value in enumerate(self.value):
            yield Node(self._document, value, self, i)

    def objects(self) -> Iterator[Node]:
        """An array's elements that are objects."""
        return (node for node in self.elements() if node.mapping() is node.value)

    def text(self) -> str | None:
        """A string that is not empty."""
        if isinstance(self.value, str) and self.value:
            return self.value
        self.refuse("a string that is not empty")
        return None

    def texts(self) -> list[Node]:
        """An array's elements that are strings; none for a missing array."""
        return [node for node in self.elements() if node.text() is not None] if self else []

    def figure(self, least: float, unit: str) -> float | None:
        """A finite number from ``least``; None for an unknown one, which is no fault."""
        if self.is_unknown:
            return None
        if is_figure(self.value) and self.value >= least:
            return float(self.value)
        self.refuse(f"a finite number ≥ {least:g} ({unit})")
        return None
