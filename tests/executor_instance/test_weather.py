"""Whole runs by real drivers, in threads, over a real store that fails by a script: random workflows, plans and luck.

Whatever happens, each run ends with the right results, and its records bring fresh machines to the same instructions.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from msgspec.structs import replace

from executor.worker.view import Delay, View
from tests.executor.cases import PATIENT, random_view
from tests.executor.copied import copied_view
from tests.executor_instance import tasks
from tests.executor_instance.platform import MiniPlatform
from tests.executor_instance.stage import Functions, Ref, Stage
from tests.executor_instance.threads import InThreads
from tests.executor_store.faulty import Script
from tests.support import is_deep

RUNS = 2_000 if is_deep() else 60
CHUNK = RUNS // 6
MS = 1_000_000


def hurried(view: View) -> View:
    """The same, with waits that a test can bear."""
    return replace(
        view,
        poll_ns=50 * MS,
        delay_io=view.delay_io and Delay(view.delay_io.threshold_bytes, 20 * MS, view.delay_io.retry_ns and 10 * MS),
        duplicates={task: tuple((p, ns and 10 * MS) for p, ns in each) for task, each in view.duplicates.items()},
        backup_after_ns={task: ns and 10 * MS for task, ns in view.backup_after_ns.items()},
    )


def expected(view: View) -> dict[int, object]:
    """What each object holds, computed straight."""
    made: dict[int, object] = {}
    for found, producer in enumerate(view.producer):
        if producer < 0:
            made[found] = f"object {found}"
    waiting = dict(enumerate(view.inputs))
    while waiting:
        task = next(task for task, inputs in waiting.items() if made.keys() >= set(inputs))
        outputs = view.outputs[task]
        value = tasks.digest(task, len(outputs), *(made[found] for found in waiting.pop(task)))
        values = [value] if len(outputs) == 1 else value
        made |= dict(zip(outputs, values, strict=True))  # type: ignore[call-overload]
    return made


def staged(folder: Path, view: View) -> Stage:
    functions = Functions()
    packed = functions.task(tasks.digest)
    bodies = [
        replace(
            functions.task(tasks.digest, task, len(view.outputs[task]), *map(Ref, view.inputs[task])),
            function=packed.function,
            outputs=view.outputs[task],
        )
        for task in range(len(view.parents))
    ]
    stage = Stage(folder, view, bodies, functions, grace_s=60.0, chunk_timeout_s=0.5)
    for found, producer in enumerate(view.producer):
        if producer < 0:
            stage.put(found, f"object {found}")
    return stage


def carried_out(view: View, script: Script) -> None:
    """Run, and check what came of it."""
    with TemporaryDirectory() as folder, staged(Path(folder), view) as stage:
        started: list[InThreads] = []

        def start(heard: object) -> InThreads:
            started.append(InThreads(heard, stage.store, script))  # type: ignore[arg-type]
            return started[-1]

        leave = MiniPlatform(stage, start=start).run()
        for instance in started:
            instance.close()
        assert [error for instance in started for error in instance.broken] == []
        assert leave.status == "done", leave
        values = expected(view)
        for found, is_result in enumerate(view.is_result):
            if is_result:
                assert stage.committed(view.producer[found], found) == values[found]
        assert stage.replayed() is None


def weather(seed: int) -> Script:
    rng = Random(f"weather {seed}")
    bad = rng.random() < 0.5
    return Script(
        seed,
        fails=bad and rng.choice((0, 0.02, 0.1)),
        loses=bad and rng.choice((0, 0.02, 0.1)),
        delays=rng.choice((0, 0.3)),
        letters_lost=bad and rng.choice((0, 0.2)),
        letters_twice=rng.choice((0, 0.2)),
    )


@pytest.mark.parametrize("first", range(0, RUNS, CHUNK))
def test_runs_in_any_weather(first: int) -> None:
    for seed in range(first, first + CHUNK):
        make = partial(copied_view, optimized=True) if seed % 2 else partial(random_view, optimized=seed % 4 == 0)
        _, view = make(seed, platform=PATIENT)
        try:
            carried_out(hurried(view), weather(seed))
        except Exception as error:
            raise AssertionError(f"run {seed}: {error!r}") from error
