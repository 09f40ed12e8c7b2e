"""An optimization as a move, where it is registered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planners.moves.move import Move, Scene
from planners.plan import Plan
from planners.switches import all_switches


@dataclass(frozen=True)
class Switched(Move):
    """What the optimization of this name proposes; nothing where there is no such optimization."""

    name: str

    def proposals(self, scene: Scene) -> Iterator[Plan]:
        """Its proposals, in its order."""
        switch = all_switches().get(self.name)
        if switch is not None:
            yield from switch.proposals(scene.plan, scene.workflow, scene.platform, scene.observation)
