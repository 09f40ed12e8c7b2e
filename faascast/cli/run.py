"""`faascast run`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from faascast.cli.options import Json, OutFolder, Set, UnknownBytes, UnknownCpu, read_options
from faascast.cli.terminal import complain, paint, progress, show, show_json, width

if TYPE_CHECKING:
    from faascast.experiments.execution import ExecutedRun, Execution

CARRIED_OUT = "How it is carried out"
_MOST_RUNS = 100_000
_INTERRUPTED = 130

Program = Annotated[
    str,
    typer.Argument(
        metavar="WORKFLOW|MODULE:FUNCTION",
        help="A built-in (gemm,n=400), which really computes; a function of yours that returns nodes; or any other "
        "workflow, whose recorded times are burnt and whose bytes are moved.",
        show_default=False,
    ),
]
Planner = Annotated[
    str | None,
    typer.Option(
        "--planner", metavar="NAME[x=1]", help="Who plans (faascast planners); uniform by default.", show_default=False
    ),
]
PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", metavar="FILE", help="A plan, instead of a planner.", show_default=False),
]
Platform = Annotated[
    str | None,
    typer.Option(
        "--platform",
        metavar="NAME|FILE",
        help="A preset (faascast platforms) or a TOML file; local by default, or that of the run that goes on.",
        show_default=False,
    ),
]
StoreUrl = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="files|files:DIR|redis://…",
        help="Where data and messages go: files in shared memory, files in a folder, or a server that speaks Redis.",
        rich_help_panel=CARRIED_OUT,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        help="Of planners that try plans out, of what the platform draws, of the jitter of what is tried again.",
    ),
]
Deadline = Annotated[
    float | None,
    typer.Option(
        "--deadline",
        metavar="S",
        help="The run has failed if it is not done after so many seconds.",
        rich_help_panel=CARRIED_OUT,
        show_default=False,
    ),
]
Runs = Annotated[
    int,
    typer.Option("--runs", metavar="N", help="So many runs, one after another.", rich_help_panel=CARRIED_OUT),
]
KeepWarm = Annotated[
    bool,
    typer.Option(
        "--keep-warm",
        help="Instances stay from one run to the next, as keep-alive says; else each run begins with none.",
        rich_help_panel=CARRIED_OUT,
    ),
]
Burn = Annotated[
    bool,
    typer.Option(
        "--burn",
        help="Compute nothing: use the CPU for as long as the workflow says, and move its bytes.",
        rich_help_panel=CARRIED_OUT,
    ),
]
Check = Annotated[
    bool,
    typer.Option(
        "--check",
        help="Compare the result with that of a plain computation in this process.",
        rich_help_panel=CARRIED_OUT,
    ),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume",
        metavar="DIR",
        help="Go on from what a run of the same that failed or was killed has left there.",
        rich_help_panel=CARRIED_OUT,
        show_default=False,
    ),
]


def run(
    workflow: Program,
    planner: Planner = None,
    plan: PlanFile = None,
    platform: Platform = None,
    store: StoreUrl = "files",
    seed: Seed = 1,
    set_: Set = None,
    deadline: Deadline = None,
    runs: Runs = 1,
    keep_warm: KeepWarm = False,
    burn: Burn = False,
    check: Check = False,
    resume: Resume = None,
    unknown_bytes: UnknownBytes = None,
    unknown_cpu: UnknownCpu = None,
    json: Json = False,
    out: OutFolder = None,
) -> None:
    """Carry a workflow out under a plan, on processes of this machine, and tell how long it took and why.

    A task is a function, a command, or recorded time that is burnt. The same platform description holds as for
    simulate: sizes, limits, keep-alive, prices. With several runs, DIR holds a folder for each.
    Exit code 1 if a run fails, or --check finds a result wrong.
    """
    from faascast.experiments.execution import DEFAULT_PLANNER, prepare_execution

    given = read_options(set_, None, unknown_bytes, unknown_cpu)
    named = {"--planner": planner, "--plan": plan, "--out": out, "--runs": runs != 1}
    execution = prepare_execution(
        workflow,
        plan or planner or DEFAULT_PLANNER,
        platform,
        store,
        seed=seed,
        deadline_s=deadline,
        resume=resume,
        settings=given.settings,
        fill=given.fill,
        burn=burn,
        faults=(*given.faults, *_clashes(named, resume), *_runs_faults(runs, out)),
    )
    again = f"faascast run {quote(workflow)}{' --burn' if burn else ''}"
    in_turn = execution.in_turn(resume or out, runs, keep_warm=keep_warm, resumes=resume is not None)
    done = _all_of(in_turn, runs, again)
    wrong = (_show_json if json else _show)(done, execution, again, check)
    if wrong or any(each.status == "failed" for each in done):
        raise typer.Exit(1)


def _clashes(named: Mapping[str, object], resume: Path | None) -> Iterator[str]:
    """Options that exclude one another."""
    if named["--planner"] and named["--plan"]:
        yield "--planner and --plan are both given; expected one"
    if resume:
        yield from (f"{name} and --resume are both given; expected one" for name, value in named.items() if value)


def _runs_faults(runs: int, out: Path | None) -> Iterator[str]:
    from faascast.results.attempts import place_faults

    if not 1 <= runs <= _MOST_RUNS:
        yield f"--runs is {runs}; expected a whole number from 1 to {_MOST_RUNS:,}"
    elif out:
        for folder in [out] if runs == 1 else [out / str(number) for number in range(1, runs + 1)]:
            yield from place_faults(folder)


def _all_of(in_turn: Iterator[ExecutedRun], runs: int, again: str) -> list[ExecutedRun]:
    """The runs; an interrupt ends the one that goes on, and says how to resume it."""
    done: list[ExecutedRun] = []
    try:
        with progress("runs" if runs > 1 else "run") as report:
            for run in in_turn:
                done.append(run)
                report(len(done), runs)
    except KeyboardInterrupt as stopped:
        complain([f"interrupted{_how_to_resume(stopped, again)}"])
        raise typer.Exit(_INTERRUPTED) from None
    return done


def _how_to_resume(stopped: KeyboardInterrupt, again: str) -> str:
    from executor.local.run import Interrupted

    if not isinstance(stopped, Interrupted) or not stopped.run.store:
        return ""
    return f"; to go on: {again} --resume {quote(str(Path(stopped.run.folder).parent))}"


def _wrong_results(done: Sequence[ExecutedRun]) -> Iterator[str]:
    """What is wrong with the results, if anything is."""
    for run in done:
        if run.status == "complete" and (fault := run.fault_of_result()):
            yield fault


def _show_json(done: Sequence[ExecutedRun], execution: Execution, again: str, check: bool) -> list[str]:
    """Print the runs as a document; what is wrong with their results, if that is to be checked."""
    from faascast.results.documents import document
    from faascast.results.executions import executed_content

    uses, warnings = execution.case.uses, execution.case.warnings
    contents = [executed_content(run, uses, warnings) for run in done]
    wrong = [*_wrong_results(done)] if check else []
    checked: dict[str, object] = {"wrong_results": wrong} if check else {}
    if len(contents) == 1:
        show_json(document("run", contents[0] | checked))
    else:
        show_json(document("runs", {"runs": contents, **checked}))
    return wrong


def _show(done: Sequence[ExecutedRun], execution: Execution, again: str, check: bool) -> list[str]:
    """Print the runs, and then check their results, which may take long; what is wrong with them."""
    from faascast.text.executions import executed_lines, several_lines

    case = execution.case
    if len(done) == 1:
        show(executed_lines(done[0], case.uses, case.warnings, again, width(), paint))
    else:
        show(several_lines(done, again, width(), paint))
    if folder := done[-1].folder:
        show(["", f"Written to {folder.parent if len(done) > 1 else folder}; faascast explain {folder} says why."])
    wrong = [*_wrong_results(done)] if check else []
    if check and any(run.status == "complete" for run in done):
        show(["", *(wrong or ["The result is that of a plain computation in this process."])])
    return wrong
