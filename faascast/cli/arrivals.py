"""`faascast arrivals`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faascast.cli.options import (
    WORKFLOW_HELP,
    Json,
    Network,
    OutFolder,
    Platform,
    Seed,
    Set,
    UnknownBytes,
    UnknownCpu,
    read_options,
)
from faascast.cli.terminal import paint, show, show_json, width

if TYPE_CHECKING:
    from faascast.experiments.traffic import Traffic

WHEN, MANY = "When requests arrive", "Of several workflows"

Workflow = Annotated[
    str | None,
    typer.Argument(metavar="[WORKFLOW]", help=f"What is asked for. {WORKFLOW_HELP}", show_default=False),
]
Rate = Annotated[
    float | None,
    typer.Option(
        "--rate", metavar="R", help="R a second, at random (Poisson).", rich_help_panel=WHEN, show_default=False
    ),
]
Every = Annotated[
    float | None,
    typer.Option("--every", metavar="S", help="One each S seconds.", rich_help_panel=WHEN, show_default=False),
]
Number = Annotated[
    int | None,
    typer.Option("-n", "--n", metavar="N", help="So many requests.", rich_help_panel=WHEN, show_default=False),
]
Duration = Annotated[
    float | None,
    typer.Option("--duration", metavar="S", help="Requests for S seconds.", rich_help_panel=WHEN, show_default=False),
]
TraceFile = Annotated[
    Path | None,
    typer.Option(
        "--trace",
        metavar="FILE",
        help="When and of which workflow: CSV with the header time_s,workflow, sorted by time.",
        rich_help_panel=WHEN,
        show_default=False,
    ),
]
Named = Annotated[
    list[str] | None,
    typer.Option(
        "--workflow",
        metavar="NAME=WORKFLOW",
        help="What a name in the trace stands for; may be repeated. Other names are workflows as they are.",
        rich_help_panel=MANY,
        show_default=False,
    ),
]
Mix = Annotated[
    int,
    typer.Option(
        "--mix",
        metavar="N",
        help="Of the workflows WORKFLOW,seed=0 to N−1, unequally popular: five get 46 % of the requests.",
        rich_help_panel=MANY,
    ),
]
Planner = Annotated[str, typer.Option("--planner", metavar="NAME[x=1]", help="Who plans (faascast planners).")]
WarmUp = Annotated[
    str,
    typer.Option(
        "--warmup",
        metavar="mser|none|10%|600s",
        help="First requests that do not count: until latencies have settled (MSER-5), none, a share, or a time.",
    ),
]


def arrivals(
    workflow: Workflow = None,
    rate: Rate = None,
    every: Every = None,
    n: Number = None,
    duration: Duration = None,
    trace: TraceFile = None,
    named: Named = None,
    mix: Mix = 1,
    planner: Planner = "heft",
    platform: Platform = "aws-lambda-s3",
    seed: Seed = 1,
    warmup: WarmUp = "mser",
    set_: Set = None,
    network: Network = None,
    unknown_bytes: UnknownBytes = None,
    unknown_cpu: UnknownCpu = None,
    json: Json = False,
    out: OutFolder = None,
) -> None:
    """Let requests arrive at one pool of instances: how long they take, how many start cold, what it costs.

    Each request is a run of its own with its own luck, and finds the instances that those before it have left.
    """
    from faascast.experiments.arrivals import arrivals

    given = read_options(set_, network, unknown_bytes, unknown_cpu, out)
    workflows, faults = _names(named or [])
    traffic = arrivals(
        workflow,
        planner,
        platform,
        rate_per_s=rate,
        every_s=every,
        n=n,
        duration_s=duration,
        trace=trace,
        workflows=workflows,
        mix=mix,
        seed=seed,
        warmup=warmup,
        settings=given.settings,
        fill=given.fill,
        faults=(*given.faults, *faults),
    )
    if out:
        from faascast.results.saving import save

        save(traffic, out)
    _show(traffic, out, json)


def _names(texts: list[str]) -> tuple[dict[str, str], list[str]]:
    """`--workflow` as a mapping, and all that is none."""
    pairs = [(name.strip(), spec.strip()) for name, _, spec in (text.partition("=") for text in texts)]
    faults = [
        f"--workflow {text}: expected NAME=WORKFLOW" for text, pair in zip(texts, pairs, strict=True) if not all(pair)
    ]
    names = [name for name, _ in pairs]
    faults += [f"--workflow {name} is there more than once" for name in dict.fromkeys(names) if names.count(name) > 1]
    return dict(pair for pair in pairs if all(pair)), faults


def _show(traffic: Traffic, out: Path | None, json: bool) -> None:
    if json:
        from faascast.results.arrivals_folder import traffic_content
        from faascast.results.documents import document

        show_json(document("arrivals", traffic_content(traffic)))
        return
    from faascast.text.arrivals import traffic_lines

    show(traffic_lines(traffic, width(), paint))
    show(["", f"Written to {out}: requests.csv and requests.parquet hold every request."] if out else [])
