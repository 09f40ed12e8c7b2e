"""Faults and the exception that carries them."""

from __future__ import annotations

import pickle

from workloads import MISSING, Fault, InvalidInput


def test_a_fault_reads_as_a_sentence() -> None:
    assert str(Fault("a.json", "tasks[3].id", 7, "a string")) == "a.json: tasks[3].id is 7; expected a string"
    assert str(Fault("a.json", "name", MISSING, "a string")) == "a.json: name is missing; expected a string"
    assert str(Fault("workflow", "", "x", "a file")) == "workflow is 'x'; expected a file"


def test_a_monstrous_value_is_cut() -> None:
    text = str(Fault("a.json", "name", "x" * 10_000, "a short string"))
    assert len(text) < 1_200
    assert text.endswith("expected a short string")


def test_the_exception_survives_pickling_and_being_made_again_from_its_arguments() -> None:
    error = InvalidInput([Fault("w", "a", 1, "b"), Fault("w", "c", None, "d")])
    assert str(error).splitlines() == ["w: a is 1; expected b", "w: c is None; expected d"]
    assert pickle.loads(pickle.dumps(error)).faults == error.faults
    assert type(error)(*error.args).faults == error.faults
