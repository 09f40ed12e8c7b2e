"""From the map nodes of a draft to task numbers; everything wrong with them is reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from typing import Protocol

from workloads.csr import Csr
from workloads.draft import Draft, Kind, MapDraft
from workloads.maps import Mapping, wrong_lanes
from workloads.width import Width

_Names = Sequence[str]


class Report(Protocol):
    """Takes a fault: whose, which, the argument, what was found, what would have been right."""

    def __call__(
        self, kind: Kind, index: int, part: str, value: object, expected: str, position: int | None = None
    ) -> None:
        """Note it."""


def mappings_of(draft: Draft, task_index: Dict[str, int], parents: Csr, fault: Report) -> tuple[Mapping, ...]:
    """Those map nodes of the draft with which nothing is wrong."""
    names, taken, found = draft.tasks.names, _Taken(), []
    for i, told in enumerate(draft.maps):
        mapping = _resolved(i, told, task_index, fault)
        if mapping is not None and taken.may_have(i, mapping, names, fault):
            wrong = list(wrong_lanes(mapping, parents))
            for lane, task, expected in wrong:
                fault("maps", i, "lanes", names[task], expected, lane)
            found += [mapping] if not wrong else []
    _refuse_nested(draft, found, names, fault)
    return tuple(found)


def _resolved(i: int, told: MapDraft, task_index: Dict[str, int], fault: Report) -> Mapping | None:
    """The node by task numbers; None, with faults, if it names what there is not."""
    wrong = [(k, task) for k, lane in enumerate(told.lanes) for task in lane if task not in task_index]
    for k, name in wrong:
        fault("maps", i, "lanes", name, "a task of the workflow", k)
    if told.splitter not in task_index:
        fault("maps", i, "splitter", told.splitter, "a task of the workflow")
    if not told.lanes or not all(told.lanes):
        fault("maps", i, "lanes", told.lanes, "at least one lane, and a task in each")
    elif not isinstance(told.width, Width):
        fault("maps", i, "width", told.width, "a Width")
    elif told.width.least > len(told.lanes) or (told.width.largest or 0) > len(told.lanes):
        fault("maps", i, "width", str(told.width), f"at most {len(told.lanes)}, the number of lanes")
    elif not wrong and told.splitter in task_index:
        lanes = tuple([tuple([task_index[task] for task in lane]) for lane in told.lanes])
        return Mapping(told.name, task_index[told.splitter], lanes, told.width)
    return None


class _Taken:
    """Names, splitters and tasks of lanes: each belongs to one map node."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._tasks: set[int] = set()
        self._splitters: set[int] = set()

    def may_have(self, i: int, mapping: Mapping, names: _Names, fault: Report) -> bool:
        """Whether nothing of a node belongs to another."""
        tasks = [task for lane in mapping.lanes for task in lane]
        twice = [task for task, times in Counter(tasks).items() if times > 1 or task in self._tasks]
        if not mapping.name or mapping.name in self._names:
            fault("maps", i, "name", mapping.name, "a name of its own")
        elif mapping.splitter in self._splitters:
            fault("maps", i, "splitter", names[mapping.splitter], "a task that splits for no other map node")
        elif twice:
            fault("maps", i, "lanes", names[twice[0]], "tasks that are in one lane, each")
        elif mapping.splitter in tasks:
            fault("maps", i, "splitter", names[mapping.splitter], "a task outside the lanes")
        else:
            self._names.add(mapping.name)
            self._splitters.add(mapping.splitter)
            self._tasks.update(tasks)
            return True
        return False


def _refuse_nested(draft: Draft, mappings: Sequence[Mapping], names: _Names, fault: Report) -> None:
    """A lane whose task splits again would be as wide as a list that may not exist: not supported."""
    place = {told.name: i for i, told in enumerate(draft.maps)}
    node_of = {task: mapping.name for mapping in mappings for lane in mapping.lanes for task in lane}
    for mapping in mappings:
        outer = node_of.get(mapping.splitter)
        if outer is not None:
            expected = f"a task that is in no lane: map nodes are not nested, and this one is a task of {outer!r}"
            fault("maps", place[mapping.name], "splitter", names[mapping.splitter], expected)
