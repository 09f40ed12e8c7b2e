"""What every registered planner promises: the conformance suite, on random workflows, and the suite itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planners.all_on_one import AllOnOne
from planners.check import check_plan
from planners.conformance import Finding, check_hash_seeds, check_large, check_planner
from planners.conformance.examples import distinct, irregular, large_workflows, priced_platform, without_turns
from planners.conformance.finding import Case
from planners.conformance.promises import gains_by_effort
from planners.evaluator import Evaluator
from planners.heft import Heft
from planners.one_per_task import OnePerTask
from planners.parameters import parameters_of
from planners.plan import Plan, Prewarm
from planners.planner import Judging, Planner
from planners.registry import make_planner, planner_class, planner_names
from planners.trials import Effort
from platforms import Platform
from tests.planners.examples import (
    all_planners,
    chain,
    evaluator_of,
    platforms,
    quick_planner,
    round_platform,
    star,
    workflows,
)
from workloads import InvalidInput, Workflow, WorkflowBuilder
from workloads.parameters import Figure

PLANNERS = all_planners()
each_planner = pytest.mark.parametrize("planner", PLANNERS, ids=str)
each_name = pytest.mark.parametrize("name", planner_names())
SIZED = [name for name in planner_names() if any(p.name == "size_mb" for p in parameters_of(planner_class(name)))]
# Those that ask for as many simulations of large plans as they may, and take minutes.
FEWER_FOR_LARGE = {"local-search": {"evaluations": "3"}, "nsga2": {"evaluations": "3"}}
# Chance goes by the order of tasks. `refined` begins with wukong's plan, too, by which a worker goes on with the first
# of several children; it and `nimble` try streams, of two that gain as much that of the first task. (With few workflows
# all are tried: `test_it_conforms`.)
ORDERLESS = [
    name
    for name in planner_names()
    if name not in ("refined", "nimble")
    and all(parameter.name != "seed" for parameter in parameters_of(planner_class(name)))
]


def two_tasks(**second: float) -> Workflow:
    builder = WorkflowBuilder("two")
    builder.add_task("a", cpu_s=1.0)
    builder.add_task("b", **{"cpu_s": 1.0} | second, after=["a"])  # type: ignore[arg-type]
    return builder.build()


def plan_of(planner: Planner, workflow: Workflow, platform: Platform) -> Plan:
    return planner.plan(workflow, platform, evaluator_of(workflow, platform))


@pytest.mark.parametrize("name", ORDERLESS)
@settings(max_examples=12)
@given(number=st.integers(0, 10**9))
def test_the_order_of_tasks_decides_nothing(name: str, number: int) -> None:
    """Where no two tasks are alike, and nothing is served in turn (`planners.conformance.examples`)."""
    platform = without_turns(priced_platform())
    told = []
    for workflow in (irregular(number), irregular(number, reordered=True)):
        plan = make_planner(name).plan(workflow, platform, evaluator_of(workflow, platform))
        together = (sorted(workflow.task_names[task] for task in tasks) for tasks in plan.tasks_by_worker())
        sizes_mb = (worker.memory_mb for worker in plan.workers)
        told.append((sorted(zip(together, sizes_mb, strict=True)), plan.flexible_mb))
    assert told[0] == told[1]


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(workflows(), platforms(), st.sampled_from(PLANNERS))
def test_a_plan_is_valid_and_the_same_twice(workflow: Workflow, platform: Platform, planner: Planner) -> None:
    # One worker for all may exceed the maximum duration, groups of siblings may keep each other from starting.
    in_the_way = {"all-on-one": "max_duration_s", "uniform": "concurrency"}.get(planner.name)
    if in_the_way:
        platform = platform.model_copy(update={"limits": platform.limits.model_copy(update={in_the_way: None})})
    plan = plan_of(planner, workflow, platform)
    assert check_plan(plan, workflow, platform) == ()
    assert plan.planner == str(planner)
    assert plan_of(planner, workflow, platform) == plan


@each_name
def test_it_conforms(name: str) -> None:
    assert check_planner(quick_planner(name), evaluator_of) == ()


@pytest.mark.parametrize("name", ["local-search", "nsga2"])
def test_more_evaluations_are_never_worse_with_optimizations_either(name: str) -> None:
    """They are part of the search, not tried on what it found."""
    planner = quick_planner(name, optimizations="all", evaluations="8")
    assert list(gains_by_effort(Case(planner, distinct(), priced_platform(), evaluator_of))) == []


@each_name
def test_ten_thousand_tasks(name: str) -> None:
    """Each on one of the three, all three by some; `check_large` without `workflows` goes through all."""
    shape = large_workflows()[sorted(planner_names()).index(name) % 3]
    planner = quick_planner(name, **FEWER_FOR_LARGE.get(name, {}))
    assert check_large(planner, evaluator_of, workflows=(shape,)) == ()


def test_the_hash_seed_decides_nothing() -> None:
    """And where it does, as with the last planner, that is seen."""
    planners = [quick_planner(name) for name in planner_names()]
    first, *others = check_hash_seeds([*planners, ByHashSeed()], evaluator_of)
    assert str(first).startswith("the hash seed decides nothing, PYTHONHASHSEED=1: another plan by by-hash-seed")
    assert all("by by-hash-seed" in other.what for other in others)


class TestSizes:
    @each_planner
    def test_sizes_grow_to_the_largest_floor(self, planner: Planner) -> None:
        workflow = two_tasks(memory_mb=5000.5)
        asked_mb = getattr(planner, "size_mb", None)
        if asked_mb is not None:
            with pytest.raises(InvalidInput, match=r"at least 5000\.5 MB, the memory floor of task 'b'"):
                plan_of(planner, workflow, round_platform())
            return
        plan = plan_of(planner, workflow, round_platform())
        assert plan.size_of(1) >= 5001
        if not isinstance(planner, Judging) and not getattr(planner, "sizes", ""):
            assert {plan.size_of(task) for task in range(2)} == {5001}
            raised = "size raised from the default of 1769 MB to 5001 MB, the largest memory floor"
            assert raised in plan.notes

    @each_planner
    def test_a_floor_beyond_all_sizes_is_refused(self, planner: Planner) -> None:
        with pytest.raises(InvalidInput, match="20000"):
            plan_of(planner, two_tasks(memory_mb=20_000.0), round_platform())

    @pytest.mark.parametrize("name", SIZED)
    def test_every_fault_of_a_size_at_once(self, name: str) -> None:
        planner = quick_planner(name, size_mb="64")
        with pytest.raises(InvalidInput) as refused:
            plan_of(planner, two_tasks(memory_mb=100.0), round_platform())
        assert [fault.expected for fault in refused.value.faults] == [
            "a size from 128 to 10240 MB in steps of 1",
            "at least 100 MB, the memory floor of task 'b'",
        ]

    @each_name
    def test_steps_between_sizes(self, name: str) -> None:
        platform = round_platform(step_mb=100, default_mb=128, min_mb=128, max_mb=328)
        plan = plan_of(quick_planner(name), two_tasks(memory_mb=200.0), platform)
        assert plan.size_of(1) in (228, 328)
        with pytest.raises(InvalidInput, match="328 MB, the largest size of ideal"):
            plan_of(quick_planner(name), two_tasks(memory_mb=329.0), platform)


class TestTheSuite:
    """It sees what it is for: planners that break one promise each."""

    @dataclass(frozen=True)
    class Broken(Planner):
        """Breaks something of a good plan."""

        name: ClassVar[str] = "broken"

        def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
            plan = OnePerTask().plan(workflow, platform)
            return msgspec.structs.replace(self.broken(plan, workflow), planner=str(self))

        def broken(self, plan: Plan, workflow: Workflow) -> Plan:
            raise NotImplementedError

    @dataclass(frozen=True)
    class OneSize(Broken):
        """A size there is not."""

        def broken(self, plan: Plan, workflow: Workflow) -> Plan:
            workers = (msgspec.structs.replace(worker, memory_mb=1) for worker in plan.workers)
            return msgspec.structs.replace(plan, workers=tuple(workers))

    @dataclass(frozen=True)
    class Nobody(Broken):
        """No order of tasks."""

        def broken(self, plan: Plan, workflow: Workflow) -> Plan:
            return msgspec.structs.replace(plan, priority=(0,) * plan.n_tasks)

    @dataclass(frozen=True)
    class Random(Broken):
        """Another plan each time."""

        count: ClassVar[Iterator[int]] = iter(range(1_000_000))

        def broken(self, plan: Plan, workflow: Workflow) -> Plan:
            return msgspec.structs.replace(plan, prewarms=(Prewarm(1769, 0.001 * next(self.count)),))

    @dataclass(frozen=True)
    class ByName(Broken):
        """Looks at names."""

        def broken(self, plan: Plan, workflow: Workflow) -> Plan:
            at_s = float(sum(map(len, workflow.task_names)) + sum(workflow.task_names[0].encode()))
            return msgspec.structs.replace(plan, prewarms=(Prewarm(1769, at_s),))

    @dataclass(frozen=True)
    class ByOrder(Broken):
        """Looks at the place of a task."""

        def broken(self, plan: Plan, workflow: Workflow) -> Plan:
            odd = (msgspec.structs.replace(w, hold=i % 2 == 0) for i, w in enumerate(plan.workers))
            return msgspec.structs.replace(plan, workers=tuple(odd))

    @dataclass(frozen=True)
    class Refusing(Broken):
        """Refuses what could be run."""

        def broken(self, plan: Plan, workflow: Workflow) -> Plan:
            raise InvalidInput([])

    @dataclass(frozen=True)
    class NoWorkers(Broken):
        """Names workers that are not there."""

        def broken(self, plan: Plan, workflow: Workflow) -> Plan:
            return msgspec.structs.replace(plan, workers=())

    @dataclass(frozen=True)
    class Empty(Broken):
        """No plan at all."""

        def broken(self, plan: Plan, workflow: Workflow) -> Plan:
            raise KeyError("no such task")

    @dataclass(frozen=True)
    class Perverse(Judging):
        """The more is allowed, the worse it gets."""

        name: ClassVar[str] = "perverse"
        effort: Effort = 1

        def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
            loose = (self.deadline_s or 0) > 20 or (self.budget_usd or 0) > 0.0012 or self.effort > 1
            plan = (OnePerTask(size_mb=7076) if loose else Heft()).plan(workflow, platform)
            return msgspec.structs.replace(plan, planner=str(self))

    @pytest.mark.parametrize(
        ("kind", "promise"),
        [
            (OneSize, "a plan is valid"),
            (Nobody, "a plan is valid"),
            (Random, "planning twice gives one plan"),
            (ByName, "names decide nothing"),
            (ByOrder, "the order of tasks decides nothing but ties"),
            (Refusing, "whatever can be run is planned"),
            (Empty, "whatever can be run is planned"),
            (NoWorkers, "a plan is valid"),
        ],
    )
    def test_a_broken_promise_is_seen(self, kind: type[Planner], promise: str) -> None:
        assert promise in {finding.promise for finding in check_planner(kind(), evaluator_of)}

    def test_a_perverse_choice_is_seen(self) -> None:
        promises = {finding.promise for finding in check_planner(self.Perverse(), evaluator_of)}
        assert promises == {"a looser goal is never worse", "more effort is never worse"}

    def test_what_no_other_process_finds_is_told(self) -> None:
        @dataclass(frozen=True)
        class Local(AllOnOne):
            pass

        [finding] = check_hash_seeds([Local()], evaluator_of)
        assert "cannot be handed to one" in finding.what

    def test_what_fails_in_another_process_is_told(self) -> None:
        found = check_hash_seeds([Heft(), Talking(fails=True)], evaluator_of)
        assert {finding.what for finding in found} == {"no plan: ZeroDivisionError: division by zero"}

    def test_what_a_planner_prints_is_no_plan(self) -> None:
        assert check_hash_seeds([Talking()], evaluator_of) == ()

    def test_workflows_of_one_name_are_told_apart(self) -> None:
        cases = {finding.case for finding in check_planner(self.OneSize(), evaluator_of)}
        assert {"roots of 1 task", "roots of 3 tasks"} <= cases

    def test_a_good_planner_has_no_findings(self) -> None:
        assert check_planner(Heft(), evaluator_of) == ()
        assert str(Finding("promise", "case", "what")) == "promise, case: what"


@dataclass(frozen=True)
class ByHashSeed(Planner):
    """Decides by the hash of a text."""

    name: ClassVar[str] = "by-hash-seed"

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        plan = AllOnOne().plan(workflow, platform)
        return msgspec.structs.replace(plan, planner=str(self), prewarms=(Prewarm(1769, float(hash("x") % 1000)),))


def test_every_parameter_has_another_value_to_try() -> None:
    for planner in PLANNERS[len(planner_names()) :]:
        quick = quick_planner(planner.name)
        changed = [f.name for f in dataclasses.fields(planner) if getattr(planner, f.name) != getattr(quick, f.name)]
        assert len(changed) == 1


def test_one_per_task() -> None:
    plan = make_planner("one-per-task").plan(chain(1.0, 2.0, 3.0), round_platform())
    assert plan.assignment == (0, 1, 2)
    assert [worker.name for worker in plan.workers] == ["w0", "w1", "w2"]
    assert all(worker.hold for worker in plan.workers)


def test_all_on_one_takes_the_longest_path_first() -> None:
    plan = make_planner("all-on-one").plan(star(1.0, 5.0, 3.0), round_platform())
    assert plan.assignment == (0, 0, 0, 0)
    assert plan.priority == (0, 3, 1, 2)
    assert len(plan.workers) == 1


@dataclass(frozen=True)
class Talking(Planner):
    """Prints while it plans, and may fail."""

    name: ClassVar[str] = "talking"

    fails: Annotated[bool, Figure("whether", "")] = False

    def decide(self, workflow: Workflow, platform: Platform, evaluator: Evaluator | None) -> Plan:
        print("planning")
        return msgspec.structs.replace(AllOnOne().plan(workflow, platform), planner=str(1 / 0 if self.fails else self))
