"""`faascast validate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faascast.cli.options import Json, Planners, Platform, Seed
from faascast.cli.terminal import paint, progress, show, show_json, width

if TYPE_CHECKING:
    from faascast.experiments.validation.validation import Validation

Workflows = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[WORKFLOW]...",
        help="What is really run: built-ins (gemm,n=400), MODULE:FUNCTION, or workflows, whose times are burnt.",
        show_default=False,
    ),
]
Runs = Annotated[int, typer.Option("--runs", help="Real runs of each workflow under each planner, half of them cold.")]
StoreAddress = Annotated[
    str, typer.Option("--store", metavar="files|files:DIR|redis://…", help="Where data and messages go, as in run.")
]
Recorded = Annotated[
    list[Path] | None,
    typer.Option(
        "--recorded",
        metavar="DIR",
        help="Runs that are recorded already, instead; a folder that holds folders of runs counts for all of them. "
        "May be repeated.",
        show_default=False,
    ),
]
FlowBench = Annotated[
    Path | None,
    typer.Option(
        "--flowbench",
        metavar="DIR",
        help="FlowBench's recorded runs, instead: predicted from the other half of them.",
        show_default=False,
    ),
]
Keep = Annotated[
    Path | None,
    typer.Option("--keep", metavar="DIR", help="Keep the records of all real runs here.", show_default=False),
]
OutFolder = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Write table, document, platform and picture here.", show_default=False),
]


def validate(
    workflows: Workflows = None,
    planners: Planners = "one-per-task,wukong,uniform,heft",
    runs: Runs = 20,
    platform: Platform = "local",
    store: StoreAddress = "files",
    recorded: Recorded = None,
    flowbench: FlowBench = None,
    keep: Keep = None,
    seed: Seed = 1,
    json: Json = False,
    out: OutFolder = None,
) -> None:
    """Lay predictions beside reality: run, calibrate with half of the runs, predict the others blind.

    Of each workflow, planner and state of the pool: predicted and measured makespan, the noise floor, and the cause of
    the difference; over all: errors, bill, and whether planners come in the order predicted. Exit code 1 if what is
    aimed at is not reached.
    """
    from faascast.faults import BadInput

    sources = [
        name for name, given in (("WORKFLOW", workflows), ("--recorded", recorded), ("--flowbench", flowbench)) if given
    ]
    if len(sources) != 1:
        told = " and ".join(sources) if sources else "nothing"
        raise BadInput([f"{told} given; expected one of WORKFLOW..., --recorded and --flowbench"])
    _check_place(out)
    if flowbench:
        _flowbench(flowbench, json, out)
        return
    found = _validated(workflows, planners, runs, platform, store, recorded, keep, seed)
    _show(found, json, out)
    if not found.is_on_target:
        raise typer.Exit(1)


def _check_place(out: Path | None) -> None:
    from faascast.faults import BadInput
    from faascast.results.folder import folder_faults

    if out and (faults := tuple(folder_faults(out))):
        raise BadInput(faults)


def _validated(
    workflows: list[str] | None,
    planners: str,
    runs: int,
    platform: str,
    store: str,
    recorded: list[Path] | None,
    keep: Path | None,
    seed: int,
) -> Validation:
    from faascast.experiments.validation.validate import validate, validate_recorded
    from faascast.history.folders import folders_of_runs
    from planners.registry import split_specs

    if recorded:
        with progress("predictions") as report:
            return validate_recorded([*folders_of_runs(recorded)], seed=seed, report=report)
    with progress("runs") as report:
        return validate(
            workflows or (),
            split_specs(planners),
            platform,
            runs=runs,
            store=store,
            keep=keep,
            seed=seed,
            report=report,
        )


def _show(found: Validation, json: bool, out: Path | None) -> None:
    if out:
        from faascast.results.saving import save

        save(found, out)
    if json:
        from faascast.results.documents import document
        from faascast.results.validation import validation_content

        show_json(document("validation", validation_content(found)))
        return
    from faascast.text.validation import validation_lines

    show(validation_lines(found, width(), paint))
    show(["", f"Written to {out}."] if out else [])


def _flowbench(folder: Path, json: bool, out: Path | None) -> None:
    from faascast.experiments.validation.flowbench import predict_flowbench
    from faascast.results.validation import flowbench_content, write_flowbench

    predictions = predict_flowbench(folder)
    if out:
        write_flowbench(out, predictions)
    if json:
        from faascast.results.documents import document

        show_json(document("flowbench", flowbench_content(predictions)))
        return
    from faascast.text.flowbench import flowbench_lines

    show(flowbench_lines(predictions, width(), paint))
    show(["", f"Written to {out}."] if out else [])
