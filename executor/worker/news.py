"""News: what a worker does about inputs that are there before its task is complete (preload).

The ledger tells a live worker of every parent of such a task that is committed; what that parent made is fetched at
once. Objects that are in the store from the start are fetched as soon as the worker runs.
"""

from collections.abc import Mapping
from typing import Protocol

from .events import SetState
from .inputs import Inputs
from .streams import Streams
from .view import INITIAL, VOID, View


class Reader(Protocol):
    """What is needed of the machine that reads the news."""

    view: View
    worker: int
    needs: dict[int, int]


class News:
    """Fetches inputs of tasks that are still waiting for others."""

    __slots__ = ("_inputs", "_places", "_reader", "_streams")

    def __init__(self, reader: Reader, inputs: Inputs, streams: Streams | None) -> None:
        self._reader = reader
        self._inputs = inputs
        self._streams = streams
        self._places: dict[int, dict[int, list[int]]] = {}
        """Of each task that is preloaded, by who makes them: places of the inputs that come from elsewhere."""

    def begins(self) -> None:
        """The worker runs: fetch what is there from the start."""
        if self._streams:
            self._streams.starts()
        preloads = self._reader.view.preloads
        for task in self._reader.needs:
            if task in preloads:
                self._fetch(task, {INITIAL: 0})

    def learns(self, state: SetState) -> None:
        """The ledger said which of a task's parents are committed."""
        if self._streams:
            self._streams.learns(state)
        view, task = self._reader.view, state.task
        if state.missing and task in view.preloads:
            versions = dict(zip(view.parents[task], state.versions, strict=True))
            self._fetch(task, {parent: version for parent, version in versions.items() if version})

    def complete(self, task: int, versions: tuple[int, ...]) -> None:
        """All of what a task needs from elsewhere is there; it waits for tasks of this worker."""
        view = self._reader.view
        if task in view.preloads:
            self._fetch(task, dict(zip(view.parents[task], versions, strict=False)))

    def told(self, parent: int, version: int) -> None:
        """A task was committed."""
        if self._streams:
            self._streams.told(parent, version)
        for task in self._reader.view.hear_of.get(parent, ()):
            if task in self._reader.view.preloads:
                self._fetch(task, {parent: version})

    def _fetch(self, task: int, versions: Mapping[int, int]) -> None:
        if self._reader.needs.get(task):
            inputs = self._reader.view.inputs[task]
            places = self._places.get(task) or self._found(task)
            made = [maker for maker, version in versions.items() if version != VOID]  # what is void makes nothing
            wanted = [(place, maker) for maker in made for place in places.get(maker, ())]
            for place, maker in sorted(wanted):
                self._inputs.preload(task, place, inputs[place], versions[maker])

    def _found(self, task: int) -> dict[int, list[int]]:
        """The places of a task's inputs by who makes them, worked out once: there is news of each maker."""
        view, places = self._reader.view, dict[int, list[int]]()
        home = view.worker_of
        for place, found in enumerate(view.inputs[task]):
            maker = view.producer[found]
            if maker == INITIAL or home[maker] != home[task]:
                places.setdefault(maker, []).append(place)
        self._places[task] = places
        return places
