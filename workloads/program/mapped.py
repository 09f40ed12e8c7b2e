"""Mapping a function over a list that a task returns: a task for each item, as many as the list turns out to have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from workloads.errors import Fault, InvalidInput, refuse_if
from workloads.program.bodies import ListReference, Reference
from workloads.program.node import VALUE, Call, Node, TaskFunction
from workloads.program.task import task
from workloads.width import EXPECTED, MOST_WIDTH, Between, Counts, Width, read_width

MOST = 32
"""Items that a list may have where nobody says."""


@dataclass(frozen=True, eq=False)
class Mapped:
    """A map node to be: the list of one task, and how long it may be."""

    splitter: Call
    label: str
    """What it is called by: the first function that is mapped."""
    most: int
    width: Width
    is_assumed: bool
    """Whether nobody said how long the list is expected to be."""


@dataclass(frozen=True, eq=False)
class LaneCall(Call):
    """A task of one lane."""

    mapped: Mapped | None = None
    index: int = 0


class Lanes:
    """What the lanes of a map node will return, to be given to other tasks: there it is a list.

    As an argument it stands for the results in the order of the items, as many as there are. Mapped again, each of
    them is an item.
    """

    __slots__ = ("mapped", "nodes")

    def __init__(self, mapped: Mapped, nodes: tuple[Node, ...]) -> None:
        self.mapped = mapped
        self.nodes = nodes

    def __repr__(self) -> str:
        return f"<what {self.nodes[0].call.label} will return for each item>"


def map(  # noqa: A001 (it is Python's, for tasks)
    function: Callable[..., Any], items: Node | Lanes, *others: object, most: int = MOST, width: object = None
) -> Lanes:
    """A task for each item of a list that a task returns, ``function(item, *others)``; how many a run decides.

    ``items`` is what a call of a task returned, or what `map` did: then each task gets what that of its item returned.
    ``function`` is a task, or is made one; ``others`` are arguments like any. A list of more than ``most`` items fails
    the task that returned it. ``width`` is what is expected, for planners and the simulator: a Width, a number of
    items, or a text as ``0..8`` or ``3/5/5/8`` (`workloads.width`); without one every width is taken for as likely.
    """
    called = function if isinstance(function, TaskFunction) else task(function)
    where = f"map({called.label})"
    if isinstance(items, Lanes):
        refuse_if(_faults_again(where, most, width))
        mapped, sources = items.mapped, items.nodes
    elif isinstance(items, Node) and items.output == VALUE:
        mapped = _mapped(called.label, items.call, most, width, where)
        sources = tuple([Node(items.call, item_name(index)) for index in range(mapped.most)])
    else:
        raise InvalidInput([Fault(where, "items", items, "what a call of a task returned, or what map did")])
    return Lanes(mapped, tuple([_in_lane(called(item, *others), mapped, i) for i, item in enumerate(sources)]))


def item_name(index: int) -> str:
    """The output of a splitter that is one item of its list."""
    return f"[{index}]"


def _mapped(label: str, splitter: Call, most: int, width: object, where: str) -> Mapped:
    if type(most) is not int or not 1 <= most <= MOST_WIDTH:
        raise InvalidInput([Fault(where, "most", most, f"a whole number from 1 to {MOST_WIDTH}")])
    if width is None:
        return Mapped(splitter, label, most, Between(0, most), is_assumed=True)
    expected = _width(width, where)
    if max(expected.least, expected.largest or 0) > most:
        raise InvalidInput([Fault(where, "width", str(expected), f"at most {most}, which most says; raise that")])
    return Mapped(splitter, label, most, expected, is_assumed=False)


def _width(width: object, where: str) -> Width:
    if isinstance(width, Width):
        return width
    try:
        return Counts([width]) if isinstance(width, int) else read_width(width)
    except InvalidInput:
        raise InvalidInput([Fault(where, "width", width, EXPECTED)]) from None


def _faults_again(where: str, most: int, width: object) -> Iterator[Fault]:
    """The list is measured where it is mapped first."""
    for name, value, default in (("most", most, MOST), ("width", width, None)):
        if value != default:
            yield Fault(where, name, value, "nothing: it is said where the list itself is mapped")


def _in_lane(node: Node, mapped: Mapped, index: int) -> Node:
    told = {each.name: getattr(node.call, each.name) for each in fields(Call)}
    return Node(LaneCall(**told, mapped=mapped, index=index), node.output)


def split_by(calls: Iterable[Call]) -> dict[Call, Mapped]:
    """The lists that are mapped, by the call that returns each. InvalidInput: one is mapped twice."""
    found: dict[Call, Mapped] = {}
    for call in calls:
        if (
            isinstance(call, LaneCall)
            and call.mapped
            and found.setdefault(call.mapped.splitter, call.mapped) is not (call.mapped)
        ):
            expected = "a list that is mapped once: map what comes of that again, as often as need be"
            raise InvalidInput([Fault(f"map({call.mapped.label})", "items", call.mapped.splitter.label, expected)])
    return found


def listed(values: list[object]) -> list[object]:
    """The task that makes a list of what lanes returned, where that is asked for as a result."""
    return values


def items_of(value: object, most: int) -> list[object] | tuple[object, ...]:
    """The items of what a splitter returned. ValueError: it is no list, or too long a one."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"a {type(value).__name__} is mapped; expected a list")
    if len(value) > most:
        raise ValueError(f"its list has {len(value)} items, {most} at most fit its map node, whose most can be raised")
    return value


def nodes_in(leaf: object) -> tuple[Node, ...]:
    """The nodes that a leaf of arguments stands for."""
    return (leaf,) if isinstance(leaf, Node) else leaf.nodes if isinstance(leaf, Lanes) else ()


def reference_to(leaf: Node | Lanes, number_of: Callable[[Node], int]) -> Reference | ListReference:
    """What stands in arguments for a node, or for what lanes return."""
    if isinstance(leaf, Node):
        return Reference(number_of(leaf))
    return ListReference(tuple([number_of(node) for node in leaf.nodes]))
