"""Tracks: the numbers and names of a trace's processes and threads.

A process stands for an instance, a thread for one lane of it. No two of them share a number, because Perfetto looks a
thread up by its number alone; a process has that of its first thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from faascast.timeline.lanes import Lanes
from faascast.traces.events import metadata

Track: TypeAlias = tuple[int, int]
"""Process and thread."""


class Tracks:
    """Gives out tracks in the order in which they are asked for."""

    def __init__(self) -> None:
        self._last = 0
        self._pid = 0
        self._order = 0
        self._described: list[bytes] = []

    def process(self, name: str, labels: str = "") -> int:
        """A new process, which the tracks from now on belong to; its number, which its first track has too."""
        self._pid, self._order = self._last + 1, self._order + 1
        self._say("process_name", self._pid, {"name": name})
        self._say("process_sort_index", self._pid, {"sort_index": self._order})
        if labels:
            self._say("process_labels", self._pid, {"labels": labels})
        return self._pid

    def thread(self, name: str) -> Track:
        """A new thread of the last process."""
        self._last += 1
        self._say("thread_name", self._last, {"name": name})
        self._say("thread_sort_index", self._last, {"sort_index": self._last})
        return self._pid, self._last

    def descriptions(self) -> Iterator[bytes]:
        """The events that name all tracks."""
        return iter(self._described)

    def _say(self, what: str, tid: int, args: dict[str, object]) -> None:
        self._described.append(metadata(what, self._pid, tid, args))


class Group:
    """Threads of one kind of the last process: as many as things of that kind overlap."""

    def __init__(self, tracks: Tracks, name: str) -> None:
        self._tracks = tracks
        self._name = name
        self._lanes = Lanes()
        self._threads: list[Track] = []

    def track(self, begin_ns: int, end_ns: int) -> Track:
        """The track of a slice; slices come in the order of their begins.

        One without length takes its nanosecond all the same, so that an arrow to it finds no other slice there.
        """
        lane = self._lanes.place(begin_ns, max(end_ns, begin_ns + 1))
        if lane == len(self._threads):
            self._threads.append(self._tracks.thread(f"{self._name} {lane + 1}"))
        return self._threads[lane]
