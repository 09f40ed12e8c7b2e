"""`faascast generate` and `faascast convert`: workflows into files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faascast.cli.options import Json, UnknownBytes, UnknownCpu, read_options
from faascast.cli.terminal import paint, show, show_json, width

if TYPE_CHECKING:
    from workloads import FillRules

Spec = Annotated[
    str | None,
    typer.Argument(metavar="SPEC", help="What to generate; without it, all there is is listed.", show_default=False),
]
Source = Annotated[
    str, typer.Argument(metavar="FILE", help="A WfFormat file of version 1.4, 1.5 or 1.6.", show_default=False)
]
Target = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where to write it.", show_default=False)
]


def generate(spec: Spec = None, out: Target = None, json: Json = False) -> None:
    """Generate a workflow: a built-in, a seeded generator or a recipe learned from recorded runs.

    The same specification gives the same bytes on any machine. Without one, all there is is listed, with parameters.
    """
    if spec is None:
        _list_sources(json)
    else:
        from workloads.fill import REFUSE

        _write(spec, REFUSE, out, json)


def convert(
    source: Source,
    out: Target = None,
    unknown_bytes: UnknownBytes = None,
    unknown_cpu: UnknownCpu = None,
    json: Json = False,
) -> None:
    """Convert a workflow file to WfFormat 1.5, filling what it does not know by a rule if asked to."""
    from faascast.faults import BadInput

    given = read_options(None, None, unknown_bytes, unknown_cpu)
    if given.faults:
        raise BadInput(given.faults)
    _write(source, given.fill, out, json)


def _write(spec: str, fill: FillRules, out: Path | None, json: bool) -> None:
    from faascast.results.documents import document, workflow_summary
    from faascast.results.folder import whole_file
    from faascast.text.workflow import workflow_lines
    from workloads import load_workflow
    from workloads.sources import write_workflow

    workflow = load_workflow(spec, fill=fill)
    if out:
        with whole_file(out) as path:
            write_workflow(workflow, path)
    if json:
        show_json(document("workflow", {**workflow_summary(workflow), "file": str(out) if out else None}))
    else:
        show(workflow_lines(workflow, width(), paint))
        show(["", f"Written to {out}."] if out else ["", "--out FILE writes it to a file (WfFormat 1.5)."])


def _list_sources(json: bool) -> None:
    from faascast.results.catalogue import sources_content
    from faascast.results.documents import document
    from faascast.text.catalogue import source_lines

    if json:
        show_json(document("sources", sources_content()))
    else:
        show(source_lines(width(), paint))
