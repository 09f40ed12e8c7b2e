"""Lots: the luck of the requests of one setting, drawn for many at a time."""

from __future__ import annotations

from sim.luck import Luck
from sim.setting import Setting

_DRAWN = 4096
"""Subjects of one cause that are drawn together; a request has one for each of its tasks, inputs or objects."""


class Lot:
    """The luck of so many requests; `part` is that of one of them."""

    __slots__ = ("_setting", "luck", "n_requests")

    def __init__(self, seed: tuple[int, ...], setting: Setting) -> None:
        workflow = setting.workflow
        self._setting = setting
        self.n_requests = max(1, _DRAWN // max(workflow.n_tasks, workflow.n_objects, workflow.inputs.indices.size))
        self.luck = Luck(seed, workflow, setting.platform, copies=self.n_requests)

    def part(self, place: int) -> Luck:
        """The luck of the request at a place."""
        return self.luck.part(place, self._setting.workflow)


class Lots:
    """Lot after lot. Which place a request gets depends on how many of its setting came before it, on nothing else."""

    __slots__ = ("_lot", "_n_lots", "_place", "_seed", "_setting")

    def __init__(self, seed: tuple[int, ...], setting: Setting) -> None:
        self._seed = seed
        self._setting = setting
        self._n_lots = 0
        self._lot = self._draw()
        self._place = 0

    def peek(self) -> tuple[Lot, int]:
        """The lot and the place of the next request."""
        if self._place == self._lot.n_requests:
            self._lot = self._draw()
            self._place = 0
        return self._lot, self._place

    def take(self) -> tuple[Lot, int]:
        """The same; the next one will be another's."""
        lot, place = self.peek()
        self._place = place + 1
        return lot, place

    def _draw(self) -> Lot:
        self._n_lots += 1
        return Lot((*self._seed, self._n_lots - 1), self._setting)
