"""Lanes: what one machine knows of the widths of map nodes, and of the lanes that are void by that.

A map node is unrolled to the most lanes it may have. When its splitter is committed, the ledger takes the lanes from
the width on for void: who waited for one does so no longer, and none of their tasks is run. A worker knows the width
of what it split itself. Else it hears of it: by a message, by the state of one of its sets, or by the versions of a
task's parents, whichever comes first; a message that is lost changes nothing.
"""

from typing import Protocol

from .copies import Copies
from .desk import MachineError
from .events import SetState
from .instructions import Execute
from .view import VOID, View


class Laned(Protocol):
    """What is needed of the machine."""

    view: View

    def skip(self, tasks: list[int]) -> None:
        """These are void: nobody here waits for them."""


class Lanes:
    """Lanes of one run, as far as one machine knows of them."""

    __slots__ = ("_copies", "_machine", "_maps", "_open", "_void", "absent", "widths")

    def __init__(self, machine: Laned, absent: set[int], widths: dict[int, int], copies: Copies | None) -> None:
        self._machine = machine
        self._maps = machine.view.maps
        self._copies = copies
        self._open: dict[int, int] = {}
        """Per splitter, how many of its lanes are not known to be void, if some are."""
        self._void: set[int] = set()
        self.absent = absent
        """Objects that are not made, for lanes are void."""
        self.widths = widths
        """Per splitter that ran here, how many items its list has; it is committed with that."""

    # hearing of widths ------------------------------------------------------------------------------------

    def fault(self, execute: Execute | None, width: int | None) -> str:
        """What is wrong with the end of a run, if it was a splitter's and its list is longer than can be."""
        if execute is None or execute.task not in self._maps:
            return ""
        if width is None:
            raise MachineError(f"task {execute.task} is a map node's splitter: its end must tell how long its list is")
        most = len(self._maps[execute.task].lanes)
        if width > most:
            return f"its list has {width} items, {most} at most fit its map node, whose most can be raised"
        self.widths[execute.task] = width
        return ""

    def made(self, task: int) -> tuple[int, ...]:
        """A task ran here, and that counts: what it made. A splitter's lanes beyond its width are void by that."""
        outputs = self._machine.view.outputs[task]
        if task not in self._maps:
            return outputs
        self.close(task, self.widths[task])
        return tuple([found for found in outputs if found not in self.absent])

    def close(self, splitter: int, width: int) -> None:
        """All lanes of a splitter from the width on are void."""
        node = self._maps[splitter]
        before = self._open.get(splitter, len(node.lanes))
        if width >= before:
            return
        self._open[splitter] = width
        fresh = [task for lane in node.lanes[width:before] for task in lane]
        self._void.update(fresh)
        for items in node.items[width:before]:
            self.absent.update(items)
        for task in fresh:
            self.absent.update(self._machine.view.outputs[task])
            if self._copies:
                self._copies.told(task, VOID)
        self._machine.skip(fresh)

    def learn(self, state: SetState) -> bool:
        """The ledger told what it knows of a task; whether that is void."""
        self.note(state.task, state.versions)
        if state.version == VOID:
            self.close(*self._machine.view.lane_of[state.task])
        return state.version == VOID

    def note(self, task: int, versions: tuple[int, ...]) -> None:
        """The versions of the task's parents are known: some may say that they are void."""
        if VOID in versions:
            parents, lane_of = self._machine.view.parents[task], self._machine.view.lane_of
            for parent, version in zip(parents, versions, strict=True):
                if version == VOID:
                    self.close(*lane_of[parent])

    # what is left -----------------------------------------------------------------------------------------

    def runs(self, task: int) -> bool:
        """Whether a task is not known to be void."""
        return task not in self._void

    def children(self, task: int) -> tuple[int, ...]:
        """The children of a task that are not known to be void."""
        children = self._machine.view.children[task]
        return children if self._void.isdisjoint(children) else tuple([c for c in children if c not in self._void])

    def open(self, states: dict[int, SetState]) -> dict[int, SetState]:
        """Of what a former epoch left to be run, what is not void."""
        return {task: state for task, state in states.items() if task not in self._void}

    def lacking(self, task: int) -> tuple[int, ...]:
        """Inputs of a task that nobody makes."""
        return tuple([found for found in self._machine.view.inputs[task] if found in self.absent])
