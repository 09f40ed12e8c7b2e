"""`faascast learn`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from faascast.cli.goals import level_faults
from faascast.cli.options import Json
from faascast.cli.terminal import paint, show, show_json, width

Sources = Annotated[
    list[Path],
    typer.Argument(
        metavar="SOURCE...",
        help="Folders that simulate --out or compare --out has written, histories, FlowBench runs (.csv, .zip).",
        show_default=False,
    ),
]
HistoryFile = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write the history here.", show_default=False)
]
Level = Annotated[
    str, typer.Option("--at", metavar="average|pN", help="At what predictions are judged: the average or a percentile.")
]
RecordedSize = Annotated[
    int, typer.Option("--memory-mb", metavar="MB", help="Size at which runs count that do not say theirs (FlowBench).")
]


def learn(
    sources: Sources, out: HistoryFile = None, at: Level = "average", memory_mb: RecordedSize = 7076, json: Json = False
) -> None:
    """Learn from recorded runs: how long functions, starts and transfers take, and how large outputs are.

    A planner named heft@history:FILE, or any with --know history:FILE, plans with what was learned and nothing else.
    Histories are merged by giving several of them.
    """
    from faascast.faults import BadInput
    from faascast.history.learn import learn
    from planners.knowledge.accuracy import accuracies
    from planners.knowledge.history_file import write_history
    from planners.knowledge.predictor import Predictor

    if not 1 <= memory_mb <= 10**6:
        raise BadInput([f"--memory-mb is {memory_mb}; expected MB from 1 to 1,000,000"])
    if wrong := level_faults("--at", at):
        raise BadInput(wrong)
    history = learn(sources, memory_mb)
    judged = accuracies(Predictor(history, at))
    if out:
        from faascast.results.folder import whole_file

        with whole_file(out) as path:
            write_history(history, path)
    if json:
        from faascast.results.documents import document
        from faascast.results.history import history_content

        show_json(document("history", history_content(history, judged, at)))
    else:
        from faascast.text.history import history_lines

        show(history_lines(history, judged, at, width(), paint))
        show(["", f"Written to {out}; plan with it: --know history:{out}"] if out else ["", "--out FILE writes it."])
