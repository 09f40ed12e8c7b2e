"""Hash seeds: the same plan in any process, whatever order sets and dictionaries have there."""

from __future__ import annotations

import base64
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout

import msgspec

from planners.conformance.examples import distinct, round_platform
from planners.conformance.finding import EvaluatorOf, Finding
from planners.planner import Planner

_PROMISE = "the hash seed decides nothing"
_SEEDS = ("0", "1", "42")
_SCRIPT = "from planners.conformance.hash_seeds import answer; answer()"


def check_hash_seeds(planners: Sequence[Planner], evaluator_of: EvaluatorOf) -> tuple[Finding, ...]:
    """Plans made in processes with different hash seeds, compared. Planners and `evaluator_of` have to be importable.

    That is, defined in a module: what is defined in a script or a notebook cannot be found by another process.
    """
    try:
        asked = pickle.dumps((tuple(planners), evaluator_of))
    except (pickle.PicklingError, AttributeError) as error:
        return (Finding(_PROMISE, "another process", f"cannot be handed to one: {error}"),)
    answers = [_asked(asked, seed) for seed in _SEEDS]
    if failed := [
        _failed(seed, answer) for seed, answer in zip(_SEEDS, answers, strict=True) if isinstance(answer, str)
    ]:
        return tuple(failed)
    first, *others = [answer for answer in answers if not isinstance(answer, str)]
    return tuple(
        Finding(_PROMISE, f"PYTHONHASHSEED={seed}", f"another plan by {planner} than with {_SEEDS[0]}")
        for seed, plans in zip(_SEEDS[1:], others, strict=True)
        for planner, before, plan in zip(planners, first, plans, strict=True)
        if plan != before
    )


def answer() -> None:
    """In the other process: the plans of the planners on standard input, each as JSON, on standard output.

    What a planner prints goes elsewhere.
    """
    planners, evaluator_of = pickle.loads(base64.b64decode(sys.stdin.read()))
    workflow, platform = distinct(), round_platform()
    with redirect_stdout(sys.stderr):
        plans = [
            msgspec.json.encode(each.plan(workflow, platform, evaluator_of(workflow, platform))).decode()
            for each in planners
        ]
    sys.stdout.write(msgspec.json.encode(plans).decode())


def _failed(seed: str, told: str) -> Finding:
    return Finding(_PROMISE, f"PYTHONHASHSEED={seed}", f"no plan: {told}")


def _asked(asked: bytes, seed: str) -> list[str] | str:
    """The plans, or why there are none: the last line of what the process complained of."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        input=base64.b64encode(asked).decode(),
        env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    return msgspec.json.decode(done.stdout, type=list[str])
