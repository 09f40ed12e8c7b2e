"""Ordinary functions as tasks: what a program is made of, and what it computes."""

from __future__ import annotations

import inspect
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest

from tests.support import ROOT
from workloads import FillRules, InvalidInput
from workloads.program import Program, PythonBody, Reference, is_goal, program_of, task


@task
def add(a: int, b: int = 1) -> int:
    """The sum."""
    return a + b


@task(memory_mb=512, expected_s=2, output_bytes=100)
def total(numbers: list[int]) -> int:
    return sum(numbers)


@task
def anything(*args: Any, **kwargs: Any) -> Any:
    return args, kwargs


@task
def length(value: Any) -> int:
    return len(value)


def edges(program: Program) -> dict[str, tuple[str, ...]]:
    return {each.name: each.parents for each in program.workflow.tasks()}


def test_calls_make_a_workflow_and_run_nothing() -> None:
    ran = []
    noted = task(lambda x: ran.append(x), name="noted")
    program = program_of(noted(noted(1)))
    assert ran == []
    assert edges(program) == {"noted-0": (), "noted-1": ("noted-0",)}


def test_a_task_is_told_of_as_its_function() -> None:
    assert (add.__name__, add.__doc__, repr(add)) == ("add", "The sum.", "<task add>")
    assert str(inspect.signature(add)) == "(a: 'int', b: 'int' = 1) -> 'int'"


def test_a_program_computes_what_the_functions_would() -> None:
    program = program_of(total([add(add(1, 2), b=add(3)), 5, add(b=7, a=0)]))
    assert edges(program) == {
        "add-0": (),
        "add-1": (),
        "add-2": ("add-0", "add-1"),
        "add-3": (),
        "total-0": ("add-2", "add-3"),
    }
    assert program.straight() == 1 + 2 + 3 + 1 + 5 + 7
    assert program.workflow.name == "total"
    assert program.workflow.task("total-0").memory_mb == 512


def test_names_are_of_the_program_and_in_the_order_of_the_calls() -> None:
    """However many programs there were before, and wherever a call's node is used."""
    for _ in range(2):
        first, second, third = add(1), add(2), add(3)
        program = program_of([third, first])
        assert list(program.workflow.task_names) == ["add-0", "add-1"]
        assert program.straight() == [4, 2]
        assert [body.args for body in program.bodies if isinstance(body, PythonBody)] == [(1,), (3,)]
        assert program_of([second]).workflow == program_of([first]).workflow


def test_nodes_are_found_at_any_depth() -> None:
    node = add(1)
    program = program_of(anything([1, (node, {"x": [node, 2]})], key={"y": (add(5),)}))
    body = program.bodies[-1]
    assert isinstance(body, PythonBody)
    first, second = Reference(0), Reference(1)
    assert body.args == ([1, (first, {"x": [first, 2]})],)
    assert body.kwargs == {"key": {"y": (second,)}}
    assert program.straight() == (([1, (2, {"x": [2, 2]})],), {"key": {"y": (6,)}})


def test_goals_may_be_structured_and_be_read_by_others() -> None:
    middle = add(1)
    end = add(middle)
    program = program_of({"middle": middle, "ends": (end, [middle])})
    assert program.straight() == {"middle": 2, "ends": (3, [2])}
    assert program.goals == (0, 1)
    assert program.workflow.is_result.tolist() == [True, True]
    asked: list[int] = []
    assert program.result(lambda number: asked.append(number) or number) == {"middle": 0, "ends": (1, [0])}  # type: ignore[func-returns-value]
    assert asked == [0, 1]


def test_what_is_wrong_with_a_result_is_told_apart_from_a_computation_that_fails() -> None:
    def fussy() -> int:
        raise AssertionError("never")

    with pytest.raises(AssertionError, match=r"^the result of add is not that of a straight computation$"):
        program_of(add(1, 2)).verify(4)
    with pytest.raises(AssertionError, match=r"^the plain computation itself raised AssertionError: never$"):
        program_of(task(fussy)()).verify(4)


def test_large_constants_are_data_objects_shared_by_identity() -> None:
    large, small, other = np.zeros(2000), np.zeros(10), np.zeros(2000)
    program = program_of([anything(large, small), anything([large, add(1)]), anything(other)])
    given = [each for each in program.workflow.data_objects() if each.producer is None]
    assert [(each.name, each.consumers) for each in given] == [
        ("given-0", ("anything-0", "anything-1")),
        ("given-1", ("anything-2",)),
    ]
    assert [program.given[each.index] is value for each, value in zip(given, (large, other), strict=True)] == [True] * 2
    assert given[0].bytes == pytest.approx(16_000, abs=300)
    assert program.straight()[1][0][0][0].tolist() == large.tolist()  # type: ignore[index]


@pytest.mark.parametrize(
    ("value", "objects"),
    [
        (b"x" * 9_999, 1),
        (b"x" * 9_998, 0),
        ("x" * 20_000, 1),
        (list(range(10_000)), 1),
        ([list(range(4_000)), list(range(4_000))], 1),
        ([[1.5] * 9, {"a": "b"}], 0),
        (3, 0),
    ],
)
def test_what_is_large_is_large_as_a_whole(value: object, objects: int) -> None:
    program = program_of(length([value, add(1)]) if not isinstance(value, int) else add(value))
    assert len(program.given) == objects
    assert program.straight() == (4 if isinstance(value, int) else 2)


def test_each_task_has_its_arguments_for_itself() -> None:
    @task
    def emptied(numbers: list[int]) -> int:
        found = len(numbers)
        numbers.clear()
        return found

    numbers = list(range(10_000))
    made = task(lambda: [1, 2, 3], name="made")()
    assert program_of([emptied(numbers), emptied(numbers), emptied(made), emptied(made)]).straight() == [
        10_000,
        10_000,
        3,
        3,
    ]
    assert len(numbers) == 10_000


def test_arguments_are_read_when_the_program_is_made() -> None:
    numbers = [1, 2]
    node = total(numbers)
    numbers.append(3)
    assert program_of(node).straight() == 6


def test_an_exception_comes_out_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        program_of(task(lambda: 1 / 0, name="divide")()).straight()


# ---- what nobody knows


def test_unknown_figures_are_assumed_and_told() -> None:
    workflow = program_of(add(add(1))).workflow
    assert workflow.cpu_s.tolist() == [1.0, 1.0]
    assert workflow.object_bytes.tolist() == [1_000_000, 1_000_000]
    assert workflow.assumptions == (
        "bytes taken as 1e+06 where unknown: 2, add-0.out, add-1.out",
        "cpu_s taken as 1 where unknown: 2, add-0, add-1",
    )


def test_the_median_of_the_known_stands_for_the_unknown() -> None:
    workflow = program_of(total([add(1), add(2)])).workflow
    assert workflow.cpu_s.tolist() == [2.0, 2.0, 2.0]
    assert workflow.object_bytes.tolist() == [100, 100, 100]
    assert "cpu_s taken as 2 (the median of the known) where unknown: 2, add-0, add-1" in workflow.assumptions


def test_a_rule_of_the_user_goes_first() -> None:
    workflow = program_of(total([add(1)]), fill=FillRules(cpu_s=0.5)).workflow
    assert workflow.cpu_s.tolist() == [0.5, 2.0]
    assert program_of(total([1])).workflow.assumptions == ()


# ---- what cannot be


def test_a_node_has_no_value_yet() -> None:
    node = add(1)
    for use in (bool, len, list, lambda n: n[0], lambda n: 1 in n, lambda n: n()):
        with pytest.raises(TypeError, match="<what add will return> has no value before the workflow is run"):
            use(node)  # type: ignore[operator]


@pytest.mark.parametrize("hide", [lambda n: {n}, lambda n: {n: 1}, lambda n: lambda: n, lambda n: np.array(n, object)])
def test_a_node_hidden_in_another_value_is_refused(hide: Callable[[Any], Any]) -> None:
    hidden = hide(add(1))
    with pytest.raises(InvalidInput, match=r"task 'anything-0': args\[1\].*expected a value that can be pickled"):
        program_of(anything(1, {"x": hidden}))


def test_arguments_that_do_not_fit_are_refused_at_the_call() -> None:
    with pytest.raises(TypeError, match=r"add\(a: 'int', b: 'int' = 1\) -> 'int': missing a required argument: 'a'"):
        add()


@pytest.mark.parametrize("goals", [None, 3, [], {}, [3], "add"])
def test_goals_that_are_no_nodes_are_refused(goals: object) -> None:
    assert not is_goal(goals)
    with pytest.raises(InvalidInput, match=r"program: goals is .*; expected a node \(what a call of a task returns\)"):
        program_of(goals)


def test_different_functions_of_one_name_are_refused() -> None:
    def around(k: int) -> Any:
        return task(lambda: k, name="same")

    other = task(lambda: 1 + 1, name="same")
    assert program_of([around(1)(), around(2)()]).straight() == [1, 2]
    with pytest.raises(InvalidInput, match="program: name is 'same'; expected another name"):
        program_of([around(1)(), other()])


def test_a_list_that_holds_itself_is_refused() -> None:
    loop: list[object] = [add(1)]
    loop.append(loop)
    with pytest.raises(InvalidInput, match="do not hold themselves"):
        program_of(length(loop))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"memory_mb": -1}, "memory_mb is -1; expected MB from 0"),
        ({"timeout_s": 0}, "timeout_s is 0; expected seconds above 0"),
        ({"expected_s": "2"}, "expected_s is '2'; expected CPU seconds"),
        ({"output_bytes": 1.5}, "output_bytes is 1.5; expected whole bytes"),
        ({"name": ""}, "name is ''; expected a name"),
    ],
)
def test_odd_options_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        task(**options)(lambda: None)


def test_only_functions_can_be_tasks() -> None:
    async def later() -> None: ...

    for odd in (3, add, later):
        with pytest.raises(InvalidInput, match="function is"):
            task(odd)  # type: ignore[call-overload]


# ---- on its way to a worker


def test_inside_a_task_another_one_is_an_ordinary_function() -> None:
    """It travels as its function, so that a worker needs nothing of ours."""

    @task
    def factorial(n: int) -> int:
        return n * factorial(n - 1) if n else 1  # type: ignore[operator, return-value]

    sent = cloudpickle.dumps(factorial.function)
    probe = f"""
import pickle, sys
assert pickle.loads({sent!r})(5) == 120
print(*[name for name in sys.modules if name.partition(".")[0] in ("workloads", "numpy")])
"""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", probe], cwd=Path(ROOT).anchor, env=environment, capture_output=True)
    assert done.stdout.split() == [], done.stderr
    assert done.returncode == 0, done.stderr
    assert pickle.loads(cloudpickle.dumps(add))(1, b=2) == 3
