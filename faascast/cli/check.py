"""`faascast check`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from faascast.cli.options import Json, Platform, UnknownBytes, UnknownCpu, read_options
from faascast.cli.terminal import complain, paint, show, show_json, width

if TYPE_CHECKING:
    from faascast.checks import Verdict

Subject = Annotated[
    str,
    typer.Argument(metavar="FILE", help="A workflow (or its specification), a platform or a plan.", show_default=False),
]
Kind = Annotated[
    str | None,
    typer.Option("--as", metavar="workflow|platform|plan", help="What it is, if not plain.", show_default=False),
]
PlanOf = Annotated[
    str | None,
    typer.Option("--workflow", metavar="WORKFLOW", help="For a plan: the workflow it is for.", show_default=False),
]


def check(
    file: Subject,
    kind: Kind = None,
    workflow: PlanOf = None,
    platform: Platform = "aws-lambda-s3",
    unknown_bytes: UnknownBytes = None,
    unknown_cpu: UnknownCpu = None,
    json: Json = False,
) -> None:
    """Check a workflow, a platform or a plan, and list all that is wrong with it at once.

    A plan is checked against its workflow (--workflow) and a platform.
    """
    from faascast.checks import Check
    from faascast.results.documents import document

    given = read_options(None, None, unknown_bytes, unknown_cpu)
    verdict = Check(file, kind, workflow, platform, given.fill).verdict(given.faults)
    if json:
        show_json(document("check", verdict.content()))
    else:
        complain(verdict.faults)
        show(_lines(verdict))
    if verdict.faults:
        raise typer.Exit(2)


def _lines(verdict: Verdict) -> Iterator[str]:
    from faascast.text.figures import plural
    from faascast.text.remarks import Remarks, remarks

    if verdict.faults:
        yield paint(f"{verdict.subject} ({verdict.kind}): {plural(len(verdict.faults), 'fault')}", "bad")
    else:
        yield f"{paint('no fault', 'good')}  {verdict.kind} {verdict.summary}"
    yield from remarks(Remarks(assumptions=verdict.assumptions, warnings=verdict.warnings), width(), paint)
