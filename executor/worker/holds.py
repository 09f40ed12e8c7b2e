"""Holds: what the ledger knows of outputs that are held back, and who stays with a join (delayed I/O).

A held mark stands for an edge that is not marked. Of those who hold input of a join (and are not dead) only the one
that holds most of it can stay, of equals the one with the earliest task; the others are told to upload, at once, for
nobody who comes later could make them stay. When all edges but those of the one that stays are marked, these are marked
too, and it owns the join.
"""

from collections.abc import Callable

from .events import News
from .view import View, same_worker, split_marker


class Holds:
    """Held marks of one run, by join and task."""

    __slots__ = ("_marks", "_stayed", "_view")

    def __init__(self, view: View) -> None:
        self._view = view
        self._marks: dict[int, dict[int, int]] = {}
        self._stayed: dict[int, int] = {}
        """Per join that is complete by somebody's staying, who that is."""

    def place(self, join: int, task: int, marker: int) -> None:
        """``marker`` holds the output of ``task`` back for the join."""
        self._marks.setdefault(join, {})[task] = marker

    def lift(self, join: int, task: int) -> None:
        """It does so no longer: the edge is marked."""
        if marks := self._marks.get(join):
            marks.pop(task, None)

    def settle(self, join: int, missing: int, is_dead: Callable[[int], bool]) -> tuple[int, tuple[int, ...]]:
        """Who stays with the join and owns it from now on, and for which tasks; 0 while others are ``missing``."""
        marks = self._alive(join, is_dead)
        stays = next(iter(marks.values()), 0)
        if missing != len(marks) or any(marker != stays for marker in marks.values()):
            return 0, ()
        del self._marks[join]
        self._stayed[join] = stays
        return stays, tuple(marks)

    def _alive(self, join: int, is_dead: Callable[[int], bool]) -> dict[int, int]:
        return {parent: marker for parent, marker in self._marks.get(join, {}).items() if not is_dead(marker)}

    def _largest(self, join: int, marks: dict[int, int]) -> int:
        """Who holds most of the join's input; of equals the one with the earliest task."""
        view, held_bytes = self._view, dict.fromkeys(marks.values(), 0)
        for found in view.inputs[join]:
            marker = marks.get(view.producer[found])
            if marker is not None:
                held_bytes[marker] += view.object_bytes[found]
        first = {marker: parent for parent, marker in sorted(marks.items(), reverse=True)}
        return min(held_bytes, key=lambda marker: (-held_bytes[marker], first[marker]))

    def news(
        self, task: int, version: int, is_dead: Callable[[int], bool], versions: Callable[[int], tuple[int, ...]]
    ) -> list[News]:
        """Whom to tell after a commit of ``task``: who owns a join by staying, and who is to upload for one."""
        told: list[News] = []
        for join in self._view.children[task]:
            stays = self._stayed.get(join)
            if stays is not None and not same_worker(stays, version) and not is_dead(stays):
                told.append(News(split_marker(stays)[0], join, -1, 0, versions(join)))
            elif task in self._marks.get(join, ()):
                told += self._other(join, task, is_dead)
        return told

    def _other(self, join: int, task: int, is_dead: Callable[[int], bool]) -> list[News]:
        """Who cannot stay now that ``task`` is held: its holder, or who held most before. The rest has been told."""
        marks = self._alive(join, is_dead)
        newcomer = marks.get(task, 0)
        others = {parent: marker for parent, marker in marks.items() if marker != newcomer}
        if not newcomer or not others:
            return []
        goes = self._largest(join, others) if self._largest(join, marks) == newcomer else newcomer
        return [News(split_marker(goes)[0], join, parent, 0) for parent, m in sorted(marks.items()) if m == goes]

    def is_done(self, join: int) -> None:
        """The join is committed: nobody need be told any more."""
        self._marks.pop(join, None)
        self._stayed.pop(join, None)
