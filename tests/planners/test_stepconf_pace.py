"""StepConf's pace: what each step leaves of a deadline, over steps whose times are given."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, ClassVar, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from planners.goal import Goal
from planners.stepconf.planner import _Pace
from planners.stepconf.steps import Configuration
from tests.planners.examples import round_platform

SMALL, LARGE = Configuration(1769, 1), Configuration(3538, 1)


Mixture: TypeAlias = tuple[Configuration, ...]
Ends: TypeAlias = tuple[float, ...] | list[tuple[float, ...]]
"""When the steps end, in one run or in several."""


class FewSteps:
    """Steps and trials in one: a plan is its configurations, and when its steps end is given."""

    def __init__(self, ends_s: dict[Mixture, Ends | None], goal: Goal | None = None) -> None:
        self.n, self.goal = len(next(iter(ends_s))), goal or Goal()
        self.known, self.failing = ends_s, set[Mixture]()
        self.observed: list[Mixture] = []

    def plan(self, chosen: Sequence[Configuration]) -> Mixture:
        return tuple(chosen)

    def observe(self, plan: Mixture) -> SimpleNamespace | None:
        self.observed.append(plan)
        found = self.known[plan]
        evaluation = SimpleNamespace(n_failed=int(plan in self.failing))
        return None if found is None else SimpleNamespace(evaluation=evaluation, plan=plan, ends_s=found)

    def ends_s(self, observation: SimpleNamespace) -> NDArray[np.float64]:
        return np.array(observation.ends_s).reshape(-1, self.n)

    def costs_usd(self, plan: Mixture, _: object, __: object) -> NDArray[np.float64]:
        return np.array([1.0 if each is SMALL else 3.0 for each in plan])

    def pace(self) -> Any:
        """A task takes 4 s small, for 1 dollar, or 2 s large, for 3."""
        return _Pace(self, self, round_platform(), (SMALL, LARGE))  # type: ignore[arg-type]


class TestPace:
    UNIFORM: ClassVar[dict[Mixture, Ends | None]] = {(SMALL, SMALL): (4.0, 8.0), (LARGE, LARGE): (2.0, 4.0)}

    def test_what_a_step_left_of_the_deadline_is_what_the_next_is_planned_for(self) -> None:
        """For 7 s one step has to be large. Is the first as late as 4 s all the same, the second has to be, too."""
        for first_s, then in ((2.0, (LARGE, SMALL)), (4.0, (LARGE, LARGE))):
            steps = FewSteps(self.UNIFORM | {(LARGE, SMALL): (first_s, first_s + 4.0)})
            steps.pace().plan_for(7.0)
            assert steps.observed == [(LARGE, LARGE), (SMALL, SMALL), (LARGE, SMALL), then]

    def test_of_three_steps_too_each_leaves_what_it_leaves(self) -> None:
        """For 10 s one step is to be large. The second then lasts until 8 s; 2 are left: a large one."""
        known: dict[Mixture, Ends | None] = {
            (SMALL,) * 3: (4.0, 8.0, 12.0),
            (LARGE,) * 3: (2.0, 4.0, 6.0),
            (LARGE, SMALL, SMALL): (2.0, 8.0, 12.0),
            (LARGE, SMALL, LARGE): (2.0, 8.0, 10.0),
        }
        steps = FewSteps(known)
        steps.pace().plan_for(10.0)
        assert steps.observed[2:] == [(LARGE, SMALL, SMALL)] * 2 + [(LARGE, SMALL, LARGE)]

    def test_times_are_judged_by_the_percentile_asked_for(self) -> None:
        """The median of three runs: 4 and 4 s for the small steps, 2 and 2 for large ones, whatever one run does.

        So for 7 s the first is to be large. Ends it at 2 s in the usual run, the second may be small.
        """
        late = (60.0, 90.0)
        known: dict[Mixture, Ends | None] = {
            (SMALL, SMALL): [(4.0, 8.0), (4.0, 8.0), late],
            (LARGE, LARGE): [(2.0, 4.0), (2.0, 4.0), late],
            (LARGE, SMALL): [(2.0, 6.0), (2.0, 6.0), late],
        }
        steps = FewSteps(known, Goal("p50"))
        pace = steps.pace()
        assert pace.deadlines_s(2) == pytest.approx([4.0, 4.0 * 2**0.5])
        pace.plan_for(7.0)
        assert steps.observed[2:] == [(LARGE, SMALL)] * 2

    def test_deadlines_from_the_fastest_to_the_slowest_by_equal_factors(self) -> None:
        pace = FewSteps(self.UNIFORM).pace()
        assert pace.deadlines_s(3) == pytest.approx([4.0, 4.0 * 2 ** (1 / 3), 4.0 * 2 ** (2 / 3)])

    @pytest.mark.parametrize("how", ["refused", "failing"])
    def test_a_configuration_that_cannot_be_run_is_left_out(self, how: str) -> None:
        steps = FewSteps(self.UNIFORM | ({(LARGE, LARGE): None} if how == "refused" else {}))
        steps.failing = {(LARGE, LARGE)} - {plan for plan in steps.known if steps.known[plan] is None}
        pace = steps.pace()
        assert pace.deadlines_s(1) == [8.0]
        pace.plan_for(1.0)
        assert steps.observed[2:] == [(SMALL, SMALL)] * 2

    @pytest.mark.parametrize("how", ["refused", "failing"])
    def test_a_mixture_that_cannot_be_run_is_not_followed(self, how: str) -> None:
        steps = FewSteps(self.UNIFORM | {(LARGE, SMALL): None if how == "refused" else (2.0, 6.0)})
        steps.failing = {(LARGE, SMALL)}
        steps.pace().plan_for(7.0)
        assert steps.observed[2:] == [(LARGE, SMALL)]

    def test_where_nothing_can_be_run_there_are_no_deadlines(self) -> None:
        assert FewSteps(dict.fromkeys(self.UNIFORM)).pace().deadlines_s(3) == []
