"""`faascast leftovers`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from faascast.cli.options import Json
from faascast.cli.terminal import paint, show, show_json, width

if TYPE_CHECKING:
    from executor.store.store import Leftover

ALL = "all"

Store = Annotated[
    str, typer.Argument(metavar="files|files:DIR|redis://…", help="The store, as in run.", show_default=True)
]
Remove = Annotated[
    list[str] | None,
    typer.Option(
        "--remove",
        metavar="RUN|all",
        help="Remove what this run left there, or what all did; may be repeated. Make sure that it does not go on.",
        show_default=False,
    ),
]


def leftovers(store: Store = "files", remove: Remove = None, json: Json = False) -> None:
    """Tell what runs have in a store: those that failed or were killed, and those that still go on.

    A run that is done leaves nothing. What a failed one left is what run --resume goes on from.
    """
    from executor.store.opening import destroy, leftovers
    from executor.store.store import StoreError
    from faascast.experiments.execution import store_address
    from faascast.faults import BadInput

    url, asked = store_address(store), remove or []
    try:
        found = leftovers(url)
        if unknown := sorted({*asked} - {ALL, *(run.name for run in found)}):
            raise BadInput([f"--remove is {name}; expected a run that is there, or {ALL}" for name in unknown])
        removed = [run for run in found if ALL in asked or run.name in asked]
        for run in removed:
            destroy(url, run.name)
    except StoreError as error:
        raise BadInput([f"store: {error}"]) from error
    if json:
        _show_json(found, removed)
    else:
        show(_lines(found, removed))


def _show_json(found: Sequence[Leftover], removed: Sequence[Leftover]) -> None:
    from faascast.results.documents import document

    runs = [
        {
            "run": run.name,
            "place": run.place,
            "n_objects": run.n_objects,
            "bytes": run.n_bytes,
            "is_removed": run in removed,
        }
        for run in found
    ]
    show_json(document("leftovers", {"runs": runs}))


def _lines(found: Sequence[Leftover], removed: Sequence[Leftover]) -> Iterator[str]:
    from faascast.text.figures import count, size
    from faascast.text.table import Cell, Row, table

    if not found:
        yield "No run has anything there."
        return
    rows = [
        Row(run.name, [Cell(count(run.n_objects)), Cell(size(run.n_bytes)), Cell("removed" if run in removed else "")])
        for run in found
    ]
    yield from table(["run", "objects", "bytes", ""], rows, width(), paint)
    yield ""
    yield from (f"{run.name}: {run.place}" for run in found if run not in removed)
