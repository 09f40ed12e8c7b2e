"""The outbox: outputs on their way to the store, and commits on their way to the ledger.

A task may run ahead on the uncommitted outputs of its own worker. What leaves the worker is therefore committed
after, or together with, everything it was computed from: a commit waits for local parents that are under way,
and takes along those that had no reason of their own to be sent.
"""

from collections.abc import Sequence, Set

from .desk import Desk
from .instructions import Commit, Entry, Upload
from .view import View


class Outbox:
    """Executed tasks of one worker until they are committed."""

    __slots__ = (
        "_absent",
        "_desk",
        "_held",
        "_kept",
        "_lazy",
        "_marker",
        "_uploading",
        "_view",
        "_void",
        "_waiters",
        "_waits",
        "leaving",
        "uncommitted",
        "widths",
    )

    def __init__(self, view: View, desk: Desk, marker: int, absent: Set[int]) -> None:
        self._view = view
        self._desk = desk
        self._marker = marker
        self._absent = absent
        self.widths: dict[int, int] = {}
        """Per splitter that ran here, how many items its list has."""
        self.uncommitted: set[int] = set()
        self.leaving: set[int] = set()
        """Objects on their way to the store."""
        self._lazy: dict[int, None] = {}
        self._kept: dict[int, tuple[int, ...]] = {}
        self._held: dict[int, tuple[int, ...]] = {}
        """Per task that is held back for some of its children, those of them whose edges are not to be marked."""
        self._uploading: dict[int, int] = {}
        self._void: set[int] = set()
        """Tasks whose uploads still go on, for nobody."""
        self._waits: dict[int, int] = {}
        self._waiters: dict[int, list[int]] = {}

    def postpone(self, task: int, held: tuple[int, ...] = ()) -> None:
        """Nobody elsewhere needs the task: commit it with the first descendant that leaves this worker."""
        if held:
            self._held[task] = held
        self.uncommitted.add(task)
        self._lazy[task] = None

    def send(self, task: int, objects: tuple[int, ...], held: tuple[int, ...] = ()) -> None:
        """Upload these outputs, then commit the task and mark its edges, but for those to the ``held`` children."""
        self.uncommitted.add(task)
        if held:
            self._held[task] = held
        outputs, absent = self._view.outputs[task], self._absent
        if absent and task in self._view.maps:
            outputs = tuple([o for o in outputs if o not in absent])
            objects = tuple([o for o in objects if o not in absent])
        self._put(
            task, objects, () if len(objects) == len(outputs) else tuple([o for o in outputs if o not in objects])
        )

    def save(self, task: int, objects: tuple[int, ...], kept: tuple[int, ...]) -> None:
        """Upload objects of a committed task, and say in another commit which ones are still ``kept`` here alone."""
        self.uncommitted.add(task)
        self._put(task, objects, kept)

    def send_held(self, task: int, objects: tuple[int, ...], kept: tuple[int, ...], held: tuple[int, ...]) -> None:
        """Upload what was held back of a committed task and mark edges; nobody here need wait for that."""
        self._held[task] = held
        self._put(task, objects, kept)

    def _put(self, task: int, objects: tuple[int, ...], kept: tuple[int, ...]) -> None:
        self._kept[task] = kept
        if not objects:
            self._commit(task)
            return
        self._uploading[task] = len(objects)
        self.leaving.update(objects)
        version, desk = self._marker, self._desk
        for found in objects:
            desk.give(Upload(desk.number(), found, version, task))

    def ended(self, upload: Upload) -> int:
        """An upload was made, or is not wanted any more: of which object. After the last one the task is committed."""
        task, found = upload.task, int(upload.object)
        self.leaving.discard(found)
        left = self._uploading[task] - 1
        if left:
            self._uploading[task] = left
        else:
            del self._uploading[task]
            if task in self._void:
                self._void.discard(task)
            else:
                self._commit(task)
        return found

    def forget(self, task: int) -> None:
        """The task is not to be committed: another worker's version counts. Uploads under way end for nobody."""
        self.uncommitted.discard(task)
        self._kept.pop(task, None)
        if task in self._uploading:
            self._void.add(task)
            self.leaving.difference_update(self._view.outputs[task])
        if self._waits.pop(task, None):
            for waiters in self._waiters.values():
                if task in waiters:
                    waiters.remove(task)

    def is_void(self, task: int) -> bool:
        """Whether uploads of the task still go on, for nobody."""
        return task in self._void

    def lost(self, op: int) -> tuple[Entry, ...]:
        """A request did not take effect: its entries."""
        entries: tuple[Entry, ...] = self._desk.close(op).entries
        return entries

    def flush(self) -> None:
        """Commit what was postponed: this worker is about to leave or to be asked about it."""
        for task in tuple(self._lazy):
            if task in self._lazy and task not in self._waits:
                self._commit(task)

    def _commit(self, task: int) -> None:
        """Send the task with its postponed ancestors, or wait for those that are under way."""
        group, under_way = self._ancestry(task)
        if under_way:
            self._waits[task] = len(under_way)
            for ancestor in under_way:
                self._waiters.setdefault(ancestor, []).append(task)
            return
        kept, outputs, held, widths = self._kept, self._view.outputs, self._held, self.widths
        self.request(
            tuple([Entry(t, self._marker, kept.get(t, outputs[t]), held.get(t, ()), widths.get(t)) for t in group])
            if held or widths
            else tuple([Entry(member, self._marker, kept.get(member, outputs[member])) for member in group])
        )
        for member in group:
            self._lazy.pop(member, None)
        kept.pop(task, None)

    def request(self, entries: tuple[Entry, ...]) -> None:
        """Send one commit request."""
        self._desk.give(Commit(self._desk.number(), entries))

    def _ancestry(self, task: int) -> tuple[list[int], list[int]]:
        """Postponed tasks that ``task`` was computed from, parents first, itself last; and those under way."""
        uncommitted = self.uncommitted
        parents = self._view.parents
        if uncommitted.isdisjoint(parents[task]):
            return [task], []
        group: list[int] = []
        under_way: list[int] = []
        seen = {task}
        stack = [(task, iter(parents[task]))]
        while stack:
            member, remaining = stack[-1]
            for parent in remaining:
                if parent not in uncommitted or parent in seen:
                    continue
                seen.add(parent)
                if parent in self._lazy:
                    stack.append((parent, iter(parents[parent])))
                    break
                under_way.append(parent)
            else:
                stack.pop()
                group.append(member)
        return group, under_way

    def committed(self, op: int) -> tuple[Entry, ...]:
        """A request took effect: its entries. Commits that waited for them go out."""
        entries: tuple[Entry, ...] = self._desk.close(op).entries
        free: list[int] = []
        for entry in entries:
            self.uncommitted.discard(entry.task)
            if self._waiters:
                free += self._freed_by(entry.task)
        for waiter in free:
            if waiter in self._kept or waiter in self._lazy:
                self._commit(waiter)
        return entries

    def _freed_by(self, task: int) -> list[int]:
        """Tasks whose commit waited for this one alone."""
        free: list[int] = []
        for waiter in self._waiters.pop(task, ()):
            self._waits[waiter] -= 1
            if not self._waits[waiter]:
                del self._waits[waiter]
                free.append(waiter)
        return free


def needed_elsewhere(view: View, task: int, kept: Sequence[int]) -> tuple[int, ...]:
    """Outputs that are results, or that some consumer other than the ``kept`` ones reads."""
    here = frozenset(kept) - view.copied
    return tuple(
        found for found in view.outputs[task] if view.is_result[found] or not here.issuperset(view.consumers[found])
    )
