"""From runs, wherever they are, to one history."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from executor.records.run import Run
from faascast.faults import BadInput, Intake
from faascast.history.flowbench import take_flowbench
from faascast.history.folders import take_folder
from faascast.history.records import take_run
from planners.knowledge.history import History, HistoryBuilder
from planners.knowledge.history_file import read_history

Source: TypeAlias = Run | str | os.PathLike[str]
"""A run, a result folder, a history's file, or recorded runs of FlowBench (CSV or ZIP)."""

RECORDED_MB = 7076
"""The size at which runs count that do not say theirs: of four vCPUs, as FlowBench's containers have."""


def learn(sources: Iterable[Source], memory_mb: int = RECORDED_MB) -> History:
    """The history of all runs; BadInput with all that is wrong with any of the sources."""
    builder, intake = HistoryBuilder(), Intake()
    ready: list[History] = []
    sources = tuple(sources)
    intake.refuse(*_twice([Path(source) for source in sources if not isinstance(source, Run)]))
    for source in sources:
        if isinstance(source, Run):
            take_run(builder, source)
        else:
            intake.take(lambda path=Path(source): _take(builder, ready, path, memory_mb))  # type: ignore[misc]
    if not sources:
        intake.refuse("sources: there are none; expected runs, result folders, histories or recorded runs")
    intake.close()
    history = builder.build()
    for each in ready:
        history = history.merged(each)
    return history


def _twice(paths: Sequence[Path]) -> Iterator[str]:
    """Each run counts once: a source that is there twice would weigh double."""
    places = [path.resolve() for path in paths]
    for path, place in dict(zip(paths, places, strict=True)).items():
        if (n := places.count(place)) > 1:
            yield f"{path} is there {n} times; expected each source once"


def _take(builder: HistoryBuilder, ready: list[History], path: Path, memory_mb: int) -> None:
    if path.is_dir():
        take_folder(builder, path)
    elif path.suffix in (".csv", ".zip") and path.is_file():
        take_flowbench(builder, path, memory_mb)
    elif path.exists():
        ready.append(read_history(path))
    else:
        expected = "a result folder, a history, or recorded runs (.csv, .zip)"
        raise BadInput([f"{path} is not there; expected {expected}"])
