"""Evidence and improvement: what helps is kept, what luck flatters is not, and what was asked is told."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from planners.evaluator import Evaluation, Observation
from planners.evidence import CLEAR, MATTERS, improvement, is_clear, is_hopeless
from planners.goal import Goal
from planners.improve import improve
from planners.plan import Plan
from planners.switch import Switch
from platforms import Platform
from tests.planners.examples import chain, round_platform
from tests.planners.test_bounds import plan_of
from workloads import Fault, Workflow

CHAIN = chain(1.0, 1.0)
PLAN = plan_of(CHAIN, 0, 0)
MEAN = Goal()
Floats = NDArray[np.float64]


def evaluation(makespans_s: Floats, costs_usd: Floats | None = None) -> Evaluation:
    costs = np.ones(len(makespans_s)) if costs_usd is None else costs_usd
    return Evaluation(makespans_s, costs, tuple("failed" if math.isnan(each) else None for each in makespans_s))


class Named(Switch):
    """Changes the first priority to its number, by which `Luck` knows it."""

    def __init__(self, name: str, *numbers: int) -> None:
        self.name = name  # type: ignore[misc]  # many of one class, in a test
        self.numbers = numbers

    def is_on(self, plan: Plan) -> bool:
        return plan.priority[0] in self.numbers

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        for number in self.numbers:
            if plan.priority[0] == 0:
                yield msgspec.structs.replace(plan, priority=(number, *plan.priority[1:]))

    def faults(self, plan: Plan, workflow: Workflow, platform: Platform) -> Iterator[Fault]:
        return iter(())


class Luck:
    """An evaluator by formula: per number a gain, and noise that differs from draw to draw."""

    def __init__(
        self, gains: dict[int, float], noise: float, seed: int = 0, costs_usd: dict[int, float] | None = None
    ) -> None:
        self.gains, self.noise, self.seed, self.n_simulations = gains, noise, seed, 0
        self.costs_usd = costs_usd or {}
        self.flattered = 0.0
        """By how much more a change seems to gain under the first draw."""

    def evaluate(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Evaluation:
        n = runs or 10
        self.n_simulations += n
        number = plan.priority[0]
        noise = np.random.default_rng([self.seed, draw, number]).normal(0.0, self.noise, n)
        seems_s = self.flattered * (draw == 0)
        makespans_s = 10.0 - self.gains.get(number, 0.0) + (noise - seems_s) * (number > 0)
        return evaluation(makespans_s, np.full(n, self.costs_usd.get(number, 1.0)))

    def observe(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Observation:
        nothing = np.zeros((1, 0))
        return Observation(
            self.evaluate(plan, runs=runs, draw=draw),
            *[nothing] * 7,
            is_cold=nothing > 0,
            starts=(),  # type: ignore[misc]
        )


def improved(luck: Luck, *switches: Switch, goal: Goal = Goal()) -> Plan:  # noqa: B008  # immutable
    return improve(PLAN, CHAIN, round_platform(), luck, switches, goal)


class TestEvidence:
    def test_a_sure_improvement(self) -> None:
        before = np.linspace(9.0, 11.0, 30)
        found = improvement(evaluation(before), evaluation(before - 1.0), Goal())
        assert found.is_shown
        assert (found.at_least, found.share) == (pytest.approx(1.0), pytest.approx(0.1))

    def test_nothing_is_shown_by_rounding_or_worse(self) -> None:
        before = np.linspace(9.0, 11.0, 30)
        for after in (before, before - 1e-12, before + 1.0):
            assert not improvement(evaluation(before), evaluation(after), Goal()).is_shown

    def test_what_is_in_doubt_and_what_is_worse_are_told_so(self) -> None:
        before = np.linspace(9.0, 11.0, 30)
        doubtful = before + 2.0 * np.where(np.arange(30) % 2, 1, -1.02)
        told = str(improvement(evaluation(before), evaluation(doubtful), Goal()))
        assert told.startswith("left out: 0.2 % less time, at least −")
        assert str(improvement(evaluation(before), evaluation(before + 1.0), Goal())) == "left out: 10.0 % more time"

    def test_a_percentile_does_not_pay_with_the_mean(self) -> None:
        """The worst of 40 runs are cut, all others get longer: p95 falls, the mean rises."""
        before = np.array([10.0] * 28 + [20.0] * 12)
        after = np.minimum(before + 6.0, 16.0)
        assert not improvement(evaluation(before), evaluation(after), Goal("p95")).is_shown
        assert improvement(evaluation(before), evaluation(np.minimum(before, 16.0)), Goal("p95")).is_shown

    def test_a_budget_is_not_given_up(self) -> None:
        before, dear = np.full(30, 10.0), np.full(30, 3.0)
        faster = evaluation(before - 1.0, dear)
        assert improvement(evaluation(before), faster, Goal(budget_usd=4.0)).is_shown
        assert not improvement(evaluation(before), faster, Goal(budget_usd=2.0)).is_shown

    def test_without_a_budget_it_is_worth_its_price(self) -> None:
        """A tenth faster may cost a ninth more: time times cost does not grow."""
        before = np.full(30, 10.0)
        fair, dear = (evaluation(before - 1.0, np.full(30, usd)) for usd in (10 / 9, 1.12))
        assert improvement(evaluation(before), fair, Goal()).is_shown
        assert not improvement(evaluation(before), dear, Goal()).is_shown
        told = str(improvement(evaluation(before), dear, Goal()))
        assert told == "left out, for it costs too much for that: 10.0 % less time, at least 10.0 % at 95 %"

    def test_under_a_deadline_money_is_saved_and_the_deadline_kept(self) -> None:
        before, goal = evaluation(np.full(30, 10.0)), Goal(deadline_s=12.0)
        assert improvement(before, evaluation(np.full(30, 11.0), np.full(30, 0.5)), goal).is_shown
        assert not improvement(before, evaluation(np.full(30, 13.0), np.full(30, 0.5)), goal).is_shown
        assert not improvement(before, evaluation(np.full(30, 5.0), np.full(30, 1.5)), goal).is_shown

    def test_money_is_judged_on_average_whatever_percentile_the_time_is_judged_at(self) -> None:
        """Eighteen runs of twenty cost half, two cost more."""
        before, after = evaluation(np.full(20, 10.0)), evaluation(np.full(20, 10.0), np.array([0.5] * 18 + [1.2] * 2))
        found = improvement(before, after, Goal("p95", deadline_s=12.0))
        assert found.is_shown
        assert (found.before, found.after) == (1.0, pytest.approx(0.57))
        assert str(found).startswith("kept: 43.0 % less money, at least ")

    def test_a_plan_that_fails_shows_nothing(self) -> None:
        good, bad = evaluation(np.full(9, 10.0)), evaluation(np.array([1.0] * 8 + [math.nan]))
        assert not improvement(good, bad, Goal()).is_shown
        assert str(improvement(good, bad, Goal())) == "left out, for 1 of 9 runs fail"
        assert improvement(bad, good, Goal()).is_shown
        assert str(improvement(bad, good, Goal())) == "kept, for no run fails with it"


class TestDoubt:
    """Whether few runs are enough."""

    def test_none_where_each_run_is_better_and_together_by_a_twentieth(self) -> None:
        before = np.linspace(9.0, 11.0, 10)
        assert is_clear(evaluation(before), evaluation((1 - CLEAR) * before - 1e-9), Goal())
        assert not is_clear(evaluation(before), evaluation((1 - CLEAR) * before + 1e-3), Goal())

    def test_some_where_one_run_is_no_better(self) -> None:
        before = np.linspace(9.0, 11.0, 10)
        after = np.where(np.arange(10) == 3, before, 0.5 * before)
        assert not is_clear(evaluation(before), evaluation(after), Goal())

    @pytest.mark.parametrize("goal", [Goal(), Goal("p50")])
    def test_none_where_they_are_no_better_by_what_is_judged(self, goal: Goal) -> None:
        before = np.linspace(9.0, 11.0, 10)
        assert is_clear(evaluation(before), evaluation(before), goal)
        assert is_clear(evaluation(before), evaluation(before + 1e-6), goal)
        assert not is_clear(evaluation(before), evaluation(before - 1e-6), goal)

    def test_the_percentile_is_judged_not_the_mean(self) -> None:
        """All but the worst two of ten are longer; the mean is shorter."""
        before = np.array([10.0] * 8 + [90.0, 90.0])
        after = np.array([11.0] * 8 + [50.0, 50.0])
        assert is_clear(evaluation(before), evaluation(after), Goal("p50"))
        assert not is_clear(evaluation(before), evaluation(after), Goal("p95"))
        assert not is_clear(evaluation(before), evaluation(after), Goal())

    def test_money_is_compared_where_it_is_to_be_saved(self) -> None:
        before, goal = evaluation(np.full(10, 10.0)), Goal(deadline_s=12.0)
        assert is_clear(before, evaluation(np.full(10, 11.0), np.full(10, 0.9)), goal)
        assert not is_clear(before, evaluation(np.full(10, 11.0), np.full(10, 0.99)), goal)

    def test_none_where_it_surely_matters_too_little(self) -> None:
        before = np.linspace(9.0, 11.0, 10)
        spread = np.linspace(0.0, 1.0, 10)
        for gains, is_too_little in ((0.04, True), (0.06, False), (0.06 * spread, True), (0.09 * spread, False)):
            after = evaluation(before - gains)
            assert is_clear(evaluation(before), after, Goal(), MATTERS) == is_too_little
            found = improvement(evaluation(before), after, Goal(), MATTERS)
            assert (found.why_not == "it is too little to matter") == is_too_little
            assert found.is_shown != is_too_little
            assert improvement(evaluation(before), after, Goal()).is_shown
            assert not is_clear(evaluation(before), after, Goal())

    def test_that_it_costs_too_much_is_told_even_of_what_is_little(self) -> None:
        before = np.full(10, 10.0)
        found = improvement(evaluation(before), evaluation(before - 0.01, np.full(10, 2.0)), Goal(), MATTERS)
        assert found.why_not == "it costs too much for that"

    def test_a_failure_is_enough_but_that_none_happened_is_not(self) -> None:
        good, bad = evaluation(np.full(9, 10.0)), evaluation(np.array([1.0] * 8 + [math.nan]))
        assert is_clear(good, bad, Goal())
        assert not is_clear(bad, good, Goal())


class TestImprove:
    def test_what_helps_is_kept_and_told(self) -> None:
        plan = improved(Luck({1: 1.0}, 0.1), Named("good", 1))
        assert plan.priority[0] == 1
        kept, asked = plan.notes
        assert kept.startswith("good: kept: ")
        assert "fresh runs" in kept
        assert asked == "optimizations were judged by 39 simulations"

    def test_the_better_of_two_that_exclude_each_other(self) -> None:
        for names in (("a", "b"), ("b", "a")):
            plan = improved(Luck({1: 1.0, 2: 3.0}, 0.1), Named(names[0], 1), Named(names[1], 2))
            assert plan.priority[0] == 2

    def test_the_best_of_several_ways(self) -> None:
        assert improved(Luck({1: 1.0, 2: 3.0, 3: 2.0}, 0.1), Named("good", 1, 2, 3)).priority[0] == 2

    def test_what_cannot_be_carried_is_told(self) -> None:
        assert improved(Luck({}, 0.1), Named("none")).notes[0] == "none: this plan cannot carry it"

    def test_luck_flatters_but_is_not_believed(self) -> None:
        """Three ways that change nothing but the noise: the best of them looks good, fresh luck says no.

        One-sided at 95 %, so at most about 1 of 20 is believed: of 200, 17 (P = .02 to see more).
        """
        kept = [improved(Luck({}, 1.0, seed), Named("noise", 1, 2, 3)).priority[0] != 0 for seed in range(200)]
        assert sum(kept) <= 17

    def test_the_cost_of_asking_is_bounded(self) -> None:
        luck = Luck({k: 0.1 * k for k in range(1, 60)}, 0.0)
        improved(luck, *(Named(f"s{k}", *range(6 * k + 1, 6 * k + 7)) for k in range(9)))
        assert luck.n_simulations < 9 * 100

    @pytest.mark.parametrize(
        ("gain", "goal", "runs"),
        [(1.0, MEAN, 5), (0.2, MEAN, 30), (-0.2, MEAN, 5), (1.0, Goal("p50"), 20), (0.2, Goal("p50"), 60)],
    )
    def test_few_fresh_runs_confirm_what_is_clear_and_all_what_is_not(self, gain: float, goal: Goal, runs: int) -> None:
        """A tenth, a fiftieth, a loss; by noise of a hundredth, which leaves the second in doubt."""
        luck = Luck({1: gain}, 0.1)
        luck.flattered = 1.0
        told = improved(luck, Named("it", 1), goal=goal).notes[0]
        assert told.endswith(f"in {runs} fresh runs")
        assert told.startswith("it: kept" if gain > 0 else "it: left out")

    @pytest.mark.parametrize(("n_tasks", "goal", "runs"), [(200, MEAN, 30), (201, MEAN, 10), (101, Goal("p50"), 20)])
    def test_the_last_look_is_saved_where_there_are_many_tasks(self, n_tasks: int, goal: Goal, runs: int) -> None:
        workflow = chain(*[1.0] * n_tasks)
        plan = plan_of(workflow, *[0] * n_tasks)
        found = improve(plan, workflow, round_platform(), Luck({1: 0.2}, 0.1), (Named("it", 1),), goal)
        assert found.notes[0].endswith(f"in {runs} fresh runs")

    def test_a_second_look_may_be_enough(self) -> None:
        """By 4 % in each of five runs, by 8 % in each of the next five."""
        told = improved(Rising(), Named("it", 1)).notes[0]
        assert told == "it: kept: 6.0 % less time, at least 4.8 % at 95 %, in 10 fresh runs"

    def test_what_is_shown_to_be_too_little_to_matter_is_left_out(self) -> None:
        """Of 10 s, .049 s are below what matters, and .051 s are not."""
        little = "left out, for it is too little to matter: 0.5 % less time"
        for gain, runs, verdict in ((0.049, 5, little), (0.051, 30, "kept: 0.5 % less time")):
            told = improved(Luck({1: gain}, 1e-6), Named("it", 1)).notes[0]
            assert told.startswith(f"it: {verdict}")
            assert told.endswith(f"in {runs} fresh runs")

    def test_the_next_has_to_be_better_than_what_was_kept(self) -> None:
        """1 gains three seconds; 3, which comes after it, only two."""
        first, second = Named("first", 1), After("second", 2)
        plan = improved(Luck({1: 3.0, 2: 1.0, 3: 2.0}, 0.0), first, second)
        assert plan.priority[0] == 1
        assert plan.notes[1] == "second: left out, no improvement seen in 2 runs"

    def test_what_cannot_be_carried_to_begin_with_is_not_asked_for_again(self) -> None:
        """The second has something to propose only with the first on, and would gain; what that saves is a look."""
        luck = Luck({1: 1.0, 3: 3.0}, 0.0)
        second = OnlyAfter("second", 2)
        plan = improved(luck, Named("first", 1), second)
        assert plan.priority[0] == 1
        assert plan.notes[1] == "second: this plan cannot carry it"
        assert second.n_asked == 1

    def test_three_of_its_ways_are_tried_and_none_that_changes_nothing(self) -> None:
        luck = Luck({1: 0.5, 2: 1.0, 3: 3.0, 4: 5.0}, 0.0)
        assert improved(luck, Named("it", 1, 2, 3, 4)).priority[0] == 3
        assert improved(luck, Named("it", 0)).notes[0] == "it: this plan cannot carry it"

    def test_a_glance_at_what_is_hopeless_is_enough(self) -> None:
        """Worse in every run: two are simulated of what is so by a tenth, five by a fiftieth, twenty of what helps."""
        luck, goal = Luck({1: -1.0, 2: 1.0, 3: -0.2}, 0.01), Goal("p50")
        assert improved(luck, Named("bad", 1), Named("good", 2), goal=goal).priority[0] == 2
        for number, runs in ((1, 2), (3, 5)):
            told = improved(luck, Named("bad", number), goal=goal).notes[0]
            assert told == f"bad: left out, no improvement seen in {runs} runs"
        before, bad, none = (evaluation(np.full(n, s)) for n, s in ((20, 10.0), (5, 11.0), (5, 10.0)))
        assert is_hopeless(before, bad, goal)
        assert not is_hopeless(before, none, goal)
        assert not is_hopeless(before, evaluation(np.array([11.0, 9.9, 11.0])), goal)
        assert is_hopeless(before, bad, goal, by=0.1)
        assert not is_hopeless(before, bad, goal, by=0.11)
        assert not is_hopeless(before, none, goal, by=0.1)

    def test_what_fails_in_a_glance_is_hopeless_unless_all_does(self) -> None:
        good, bad = evaluation(np.full(9, 10.0)), evaluation(np.array([1.0, math.nan]))
        assert is_hopeless(good, bad, Goal())
        assert not is_hopeless(bad, bad, Goal())

    def test_of_several_ways_the_best_that_is_worth_its_price(self) -> None:
        """The fastest is a third faster at twice the cost; the next a tenth faster at the same: that one is kept."""
        luck = Luck({1: 3.0, 2: 1.0}, 0.1, costs_usd={1: 2.0})
        assert improved(luck, Named("dear first", 1, 2)).priority[0] == 2
        assert improved(luck, Named("cheap first", 2, 1)).priority[0] == 2
        assert improved(luck, Named("dear", 1)).notes[0].startswith("dear: left out, for it costs too much for that: ")

    def test_few_lucky_runs_do_not_outdo_many(self) -> None:
        """What a glance dropped is not chosen, however short its five runs were beside the twenty of the others."""
        goal = Goal("p50")
        plan = improve(PLAN, CHAIN, round_platform(), Drifting(), (Named("both", 1, 2),), goal)
        assert plan.priority[0] == 2


    def test_who_is_out_is_left_out_however_short_its_runs(self) -> None:
        """The two runs it was out after took 1.1 s, all of the present plan 7 s on average."""
        assert improved(Drifting(), Named("bad", 1)).notes[0] == "bad: left out, no improvement seen in 2 runs"


class After(Named):
    """Comes after 1, too: with it, it is one more than its number."""

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        for number in self.numbers:
            yield msgspec.structs.replace(plan, priority=(number + (plan.priority[0] == 1), *plan.priority[1:]))


class OnlyAfter(After):
    """Only with 1 on."""

    n_asked = 0

    def proposals(self, plan: Plan, workflow: Workflow, platform: Platform, observation: Observation) -> Iterator[Plan]:
        self.n_asked += 1
        if plan.priority[0] == 1:
            yield from super().proposals(plan, workflow, platform, observation)


class Rising(Luck):
    """10 s; with 1 less by 4 %, in runs 5 to 9 by 8 %."""

    def __init__(self) -> None:
        super().__init__({}, 0.0)

    def evaluate(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Evaluation:
        gains_s = np.where(np.arange(runs or 10) < 5, 0.4, 0.8)
        return evaluation(10.0 - gains_s * (plan.priority[0] == 1))


class Drifting(Luck):
    """The first five runs of any plan are short: 1 s; all others 10 s. Number 1 is always worse, 2 always better."""

    def __init__(self) -> None:
        super().__init__({}, 0.0)

    def evaluate(self, plan: Plan, *, runs: int | None = None, draw: int = 0) -> Evaluation:
        usual_s = np.where(np.arange(runs or 10) < 5, 1.0, 10.0)
        return evaluation(usual_s + {0: 0.0, 1: 0.1, 2: -0.1}[plan.priority[0]])
