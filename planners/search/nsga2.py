"""NSGA-II: many plans at once, bred towards short makespans and low costs alike.

Deb, Pratap, Agarwal, Meyarivan, IEEE TEVC 2002, by pymoo (the extra `search`): its ranking by non-domination and
crowding, its tournaments, its survival. What is bred are plans: two are mixed worker by worker, and changed by the
moves of local search. Deadline and budget are constraints. Failing runs count as what nobody would choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from planners.evaluator import Evaluation
from planners.plan import Plan
from planners.search.contest import Contest, Tried
from planners.search.mixing import mixed
from planners.search.neighbours import neighbour
from planners.search.searching import Searching
from workloads import Fault, InvalidInput
from workloads.parameters import Figure

_TRIES = 60
_MIXED_SHARE = 0.5
_NEVER = 1e12
_SLACK = 0.98


@dataclass(frozen=True)
class Nsga2(Searching):
    """Plans bred by NSGA-II (pymoo) towards short makespans and low costs; the best one by what is asked."""

    name: ClassVar[str] = "nsga2"

    population: Annotated[int, Figure("plans of a generation", "plans", least=4, most=1000)] = 24

    def explore(self, contest: Contest) -> None:
        """Generation by generation; the last may be cut short."""
        pymoo = _Pymoo()
        breeding = _Breeding(contest, self.seed, self.population, pymoo)
        algorithm = pymoo.nsga2(breeding, self.population, self.seed)
        while not contest.is_over:
            infills = algorithm.ask()
            if infills is None or not len(infills):
                return
            chosen = [breeding.pool[i] for i in infills.get("X")[:, 0].astype(int)]
            algorithm.tell(infills=pymoo.judged(infills, *_judged(chosen, contest)))


def _judged(chosen: Sequence[Tried], contest: Contest) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Objectives and constraints, a row each."""
    goal = contest.space.goal
    evaluations = [tried.best_known for tried in chosen]
    short = [_NEVER if each.n_failed else min(goal.shortfall(each), _NEVER) for each in evaluations]
    return np.array([_objectives(each, contest) for each in evaluations]), np.array(short)[:, None]


def _objectives(evaluation: Evaluation, contest: Contest) -> tuple[float, float]:
    return min(contest.space.goal.time_s(evaluation), _NEVER), evaluation.mean_cost_usd


class _Breeding:
    """Gives birth to plans, and tries them out; pymoo knows them by their place in the pool."""

    def __init__(self, contest: Contest, seed: int, population: int, pymoo: _Pymoo) -> None:
        self.pool: list[Tried] = list(contest.full)
        self._contest, self._pymoo = contest, pymoo
        self._rng = np.random.default_rng([seed, population])
        n_starts = len(self.pool)
        while len(self.pool) < population and not contest.is_over:
            if not self._bear([self.pool[int(self._rng.integers(n_starts))]]):
                break

    def do(self, problem: Any, pop: Any, n_offsprings: int, algorithm: Any, **_: Any) -> Any:
        """Offspring, as pymoo's mating does it: two parents each, by tournament."""
        begin = len(self.pool)
        parents = self._pymoo.selected(problem, pop, n_offsprings, algorithm)
        for pair in parents:
            if self._contest.is_over:
                break
            self._bear([self.pool[int(parent)] for parent in pair])
        return self._pymoo.population(range(begin, len(self.pool)))

    def _bear(self, parents: Sequence[Tried]) -> bool:
        """A plan not tried yet joins the pool; False if none was found."""
        drawn = (self._drawn(parents) for _ in range(_TRIES))
        plan = next((plan for plan in drawn if plan is not None and self._contest.is_fresh(plan)), None)
        if plan is not None:
            self.pool.append(self._contest.try_out(plan, self._is_promising))
        return plan is not None

    def _drawn(self, parents: Sequence[Tried]) -> Plan | None:
        """A mix of the parents, changed or not, or the first of them changed."""
        space, rng = self._contest.space, self._rng
        first, *others = (parent.plan for parent in parents)
        mix = mixed(space, first, others[0], rng) if others and rng.random() < _MIXED_SHARE else None
        if mix is not None and rng.random() < 0.5:
            return mix
        changed = neighbour(space, mix or first, self._contest.focus(first), rng)
        return changed or mix

    def _is_promising(self, few: Evaluation) -> bool:
        """Whether no plan is clearly better in both, as far as a few runs tell."""
        goal = self._contest.space.goal
        time_s, usd = _SLACK * goal.time_s(few), _SLACK * few.mean_cost_usd
        short = goal.shortfall(few)
        return not few.n_failed and not any(
            goal.time_s(each.few) <= time_s and each.few.mean_cost_usd <= usd and goal.shortfall(each.few) <= short
            for each in self._contest.full
        )


class _Pymoo:
    """The parts of pymoo that are used."""

    def __init__(self) -> None:
        try:
            self._nsga2 = import_module("pymoo.algorithms.moo.nsga2")
            self._problem = import_module("pymoo.core.problem")
            self._population = import_module("pymoo.core.population")
            self._evaluator = import_module("pymoo.core.evaluator")
            self._static = import_module("pymoo.problems.static")
            self._tournament = import_module("pymoo.operators.selection.tournament")
        except ImportError:
            expected = "the package pymoo: install faascast with the extra 'search'"
            raise InvalidInput([Fault("planner nsga2", "", "pymoo, which is not there", expected)]) from None
        self._what = self._problem.Problem(n_var=1, n_obj=2, n_ieq_constr=1, xl=0, xu=2**53)
        self._by_rank = self._tournament.TournamentSelection(func_comp=self._nsga2.binary_tournament)

    def nsga2(self, breeding: _Breeding, population: int, seed: int) -> Any:
        """The algorithm, with everything that was bred so far as its first generation."""
        first = self.population(range(len(breeding.pool)))
        algorithm = self._nsga2.NSGA2(
            pop_size=population, sampling=first, mating=breeding, eliminate_duplicates=False, n_offsprings=population
        )
        return algorithm.setup(self._what, seed=seed % 2**32, termination=("n_gen", 10**9))

    def population(self, numbers: range) -> Any:
        """Members of the pool."""
        return self._population.Population.new("X", np.array(numbers, dtype=np.float64)[:, None])

    def selected(self, problem: Any, pop: Any, n: int, algorithm: Any) -> NDArray[np.float64]:
        """Pairs of members of the pool, chosen by rank and crowding."""
        chosen = self._by_rank.do(
            problem, pop, n, 2, to_pop=False, algorithm=algorithm, random_state=algorithm.random_state
        )
        return np.asarray([[pop[i].get("X")[0] for i in pair] for pair in chosen])

    def judged(self, infills: Any, objectives: NDArray[np.float64], constraints: NDArray[np.float64]) -> Any:
        """The members with what came of them."""
        static = self._static.StaticProblem(self._what, F=objectives, G=constraints)
        return self._evaluator.Evaluator().eval(static, infills)
