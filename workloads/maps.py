"""Map nodes: a task returns a list, and for each of its items a lane of tasks runs; how many is decided by the run.

A workflow holds a node unrolled to the most lanes that it may have: ``count[0]``, ``count[1]``, … are tasks like any
other. In a run the lanes from the width on are *void*: they are never run, and who waits for them does so no longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workloads.csr import Csr
from workloads.width import Width


@dataclass(frozen=True, slots=True)
class MapNode:
    """One map node; tasks and objects by their numbers."""

    name: str
    splitter: int
    """The task whose list it is."""
    lanes: tuple[tuple[int, ...], ...]
    """The tasks of each lane; there are as many lanes as the node has at most."""
    items: tuple[tuple[int, ...], ...]
    """Per lane, what the splitter makes for it alone: it is not made if the lane is void."""
    width: Width

    @property
    def most(self) -> int:
        """The longest list that it takes."""
        return len(self.lanes)

    @property
    def expected(self) -> float:
        """The expected number of lanes that run."""
        return sum(map(self.width.chance, range(self.most)))


@dataclass(frozen=True, slots=True)
class Mapping:
    """A map node as declared: its splitter and lanes by task number."""

    name: str
    splitter: int
    lanes: tuple[tuple[int, ...], ...]
    width: Width


def joins_of(mappings: Sequence[Mapping], parents: Csr) -> Csr:
    """Control edges, child → splitter, that a map node brings: who reads a lane has to know how many there are."""
    children = parents.transposed(parents.n_rows)
    edges = {
        (int(reader), mapping.splitter)
        for mapping in mappings
        for lanes in [{task for lane in mapping.lanes for task in lane}]
        for task in lanes
        for reader in children.row(task).tolist()
        if reader not in lanes
    }
    ordered = np.array(sorted(edges), dtype=np.int64).reshape(-1, 2)
    return Csr.from_pairs(ordered[:, 0], ordered[:, 1], parents.n_rows)


def nodes_of(mappings: Sequence[Mapping], outputs: Csr, consumers: Csr) -> tuple[MapNode, ...]:
    """The declared nodes with their items: what the tasks of one lane alone read of the splitter's outputs."""
    return tuple([_node(each, outputs, consumers) for each in mappings])


def _node(mapping: Mapping, outputs: Csr, consumers: Csr) -> MapNode:
    lane_of = {task: index for index, lane in enumerate(mapping.lanes) for task in lane}
    items: list[list[int]] = [[] for _ in mapping.lanes]
    for found in outputs.row(mapping.splitter).tolist():
        indices = {lane_of.get(reader, -1) for reader in consumers.row(found).tolist()}
        if len(indices) == 1 and (index := min(indices)) >= 0:
            items[index].append(found)
    return MapNode(mapping.name, mapping.splitter, mapping.lanes, tuple(map(tuple, items)), mapping.width)


def wrong_lanes(mapping: Mapping, parents: Csr) -> Iterator[tuple[int, int, str]]:
    """What cannot be: (lane, a task of it, what would have been right)."""
    lane_of = {task: index for index, lane in enumerate(mapping.lanes) for task in lane}
    for task, index in lane_of.items():
        before = parents.row(task).tolist()
        if any(lane_of.get(parent, index) != index for parent in before):
            yield index, task, "no task that reads another lane of its map node"
        elif not any(parent == mapping.splitter or lane_of.get(parent) == index for parent in before):
            yield index, task, "a task that reads the splitter, or another of its lane"
