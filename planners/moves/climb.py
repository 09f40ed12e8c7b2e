"""Climbing: moves taken one after the other, as long as one makes the plan better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from planners.evaluator import Evaluation
from planners.moves.move import Move, Scene
from planners.plan import Plan
from planners.trials import Trials
from platforms import Platform
from workloads import Workflow

_WIDTHS = (4, 16)
"""Of each move, how many proposals are tried on one plan: a few, and more once a few bring nothing."""

IsBetter = Callable[[Evaluation, Evaluation], bool]
"""Whether the second is better than the first."""


class Climb:
    """A way up from one plan to the next better one."""

    def __init__(self, workflow: Workflow, platform: Platform, trials: Trials, ladder: Sequence[int]) -> None:
        self._workflow, self._platform, self._trials, self._ladder = workflow, platform, trials, ladder

    def from_(self, plan: Plan, moves: Sequence[Move], is_better: IsBetter) -> Plan:
        """The plan after the last move that made it better; each move in its turn, the best of its proposals."""
        width, in_vain, turn = 0, 0, 0
        while width < len(_WIDTHS) and not self._trials.is_over:
            better = self._best(plan, moves[turn % len(moves)], _WIDTHS[width], is_better)
            turn += 1
            if better is not None:
                plan, width, in_vain = better, 0, 0
                continue
            in_vain += 1
            if in_vain == len(moves):
                width, in_vain = width + 1, 0
        return plan

    def _best(self, plan: Plan, move: Move, width: int, is_better: IsBetter) -> Plan | None:
        observation = self._trials.observe(plan)
        if observation is None or observation.evaluation.n_failed:
            return None
        scene = Scene(plan, self._workflow, self._platform, observation, self._ladder)
        best, known = None, observation.evaluation
        for proposal in islice(move.proposals(scene), width):
            found = self._trials.evaluate(proposal)
            if found is not None and is_better(known, found):
                best, known = proposal, found
        return best
