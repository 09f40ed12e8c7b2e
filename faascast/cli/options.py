"""Arguments and options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from workloads import FillRules
    from workloads.fill import Rule

WORKFLOW_HELP = (
    "A WfFormat file, a built-in (gemm, montage, …), a generator (gen:forkjoin,width=100) "
    "or a recipe (wfcommons:montage,tasks=300); faascast generate lists them all."
)
SETTINGS, UNKNOWN = "Settings", "Figures that the workflow's file does not know"

Workflow: TypeAlias = Annotated[str, typer.Argument(metavar="WORKFLOW", help=WORKFLOW_HELP, show_default=False)]
Platform: TypeAlias = Annotated[
    str, typer.Option("--platform", metavar="NAME|FILE", help="A preset (faascast platforms) or a TOML file.")
]
Planners: TypeAlias = Annotated[
    str,
    typer.Option(
        "--planners",
        metavar="A,B[x=1],…",
        help="Planners, with parameters in brackets (faascast planners); the first is the reference.",
    ),
]
Know: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--know",
        metavar="exact|mean|blind|history:FILE[+p95]",
        help="What planners may know (docs/knowledge.md): the run's luck, what is described, structure alone, or "
        "recorded runs alone (faascast learn).",
        show_default="mean",
    ),
]
Set: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="A field of the platform (keep_alive_s=60, start.warm_s=0.02) or a parameter of planners (size_mb=512); "
        "may be repeated.",
        rich_help_panel=SETTINGS,
    ),
]
Network: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--network",
        metavar="independent|shared",
        help="Whether all instances share the store's total rate; short for --set network.model=…",
        rich_help_panel=SETTINGS,
        show_default=False,
    ),
]
Seed: TypeAlias = Annotated[int, typer.Option("--seed", help="The same seed gives the same result.")]
Reps: TypeAlias = Annotated[int, typer.Option("--reps", help="Runs of each planner.")]
Jobs: TypeAlias = Annotated[int, typer.Option("-j", "--jobs", help="Processes; the result does not depend on them.")]
Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON document instead of text (docs/json.md).", show_default=False)
]
OutFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Write tables (Parquet, CSV), plan, configuration and pictures here; an earlier result is replaced.",
        show_default=False,
    ),
]
UnknownBytes: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--unknown-bytes",
        metavar="median|N",
        help="Size of data objects without one; refused unless this says how to fill it.",
        rich_help_panel=UNKNOWN,
        show_default=False,
    ),
]
UnknownCpu: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--unknown-cpu-s",
        metavar="median|N",
        help="CPU seconds of tasks without any time; likewise.",
        rich_help_panel=UNKNOWN,
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Given:
    """Options that are read here rather than by typer, and all that is wrong with them."""

    settings: dict[str, str]
    fill: FillRules
    faults: tuple[str, ...]


def read_options(
    items: Sequence[str] | None,
    network: str | None,
    unknown_bytes: str | None,
    unknown_cpu: str | None,
    out: Path | None = None,
    goals: Sequence[str] = (),
) -> Given:
    """Read `--set`, `--network` and the rules for unknown figures; look at where `--out` is to be.

    `goals` are further items of `--set`, from options of their own.
    """
    from faascast.faults import Intake
    from faascast.results.folder import folder_faults
    from workloads.fill import REFUSE

    intake = Intake()
    settings, faults = settings_of([*(items or ()), *goals], network)
    fill = intake.take(lambda: fill_rules(unknown_bytes, unknown_cpu))
    intake.refuse(*faults, *(folder_faults(out) if out else ()))
    return Given(settings, fill or REFUSE, tuple(intake.faults))


def settings_of(items: Sequence[str] | None, network: str | None = None) -> tuple[dict[str, str], list[str]]:
    """`--set` as a mapping, and all that is no setting."""
    texts = [*(items or ()), *([f"network.model={network}"] if network else [])]
    pairs = [(key.strip(), value.strip()) for key, _, value in (text.partition("=") for text in texts)]
    keys = [key for key, _ in pairs]
    faults = [f"--set {text}: expected KEY=VALUE" for text, pair in zip(texts, pairs, strict=True) if not all(pair)]
    faults += [f"--set {key} is there more than once" for key in dict.fromkeys(keys) if keys.count(key) > 1]
    return dict(pair for pair in pairs if all(pair)), faults


def axes_of(settings: Mapping[str, str]) -> dict[str, list[str]]:
    """Comma lists as lists of values; a comma inside brackets, braces or quotes separates nothing."""
    return {key: _values(text) for key, text in settings.items()}


def _values(text: str) -> list[str]:
    values, depth, quote = [""], 0, ""
    for character in text:
        if character in "\"'" and quote in ("", character):
            quote = "" if quote else character
        elif not quote:
            depth += (character in "[{") - (character in "]}")
        if character == "," and not depth and not quote:
            values.append("")
        else:
            values[-1] += character
    return [value.strip() for value in values]


def fill_rules(unknown_bytes: str | None, unknown_cpu: str | None) -> FillRules:
    """How to fill what a file does not know; BadInput for what is no rule."""
    from faascast.faults import Intake
    from workloads import FillRules

    intake = Intake()
    n_bytes = intake.take(lambda: _rule("--unknown-bytes", unknown_bytes))
    cpu_s = intake.take(lambda: _rule("--unknown-cpu-s", unknown_cpu))
    intake.close()
    return FillRules(bytes=n_bytes, cpu_s=cpu_s)


def _rule(option: str, text: str | None) -> Rule:
    from faascast.faults import BadInput

    if text is None or text == "median":
        return text  # type: ignore[return-value]  # mypy does not narrow to the literal
    with suppress(ValueError):
        figure = float(text)
        if 0 <= figure < math.inf:
            return figure
    raise BadInput([f"{option} is {text!r}; expected median or a number ≥ 0"])
