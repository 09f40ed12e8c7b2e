"""Moves: small changes of a plan that are worth a try, for any planner that judges.

A move proposes, as an optimization does (`planners.switch`), after a look at what happens under the plan as it is; what
a proposal is worth, only an evaluation says. Moves have no name to be switched on by: they change who runs what, on
which size, and who holds, and what they leave behind is an ordinary plan.
"""

from planners.moves.critical_first import CriticalFirst
from planners.moves.gather import Gather
from planners.moves.hold_or_release import HoldOrRelease
from planners.moves.launch import Ahead, Later
from planners.moves.move import Move
from planners.moves.smaller import Smaller
from planners.moves.stronger import Stronger
from planners.moves.switched import Switched

__all__ = ["Ahead", "CriticalFirst", "Gather", "HoldOrRelease", "Later", "Move", "Smaller", "Stronger", "Switched"]
