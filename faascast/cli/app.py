"""The program: its commands, and what becomes of errors.

Exit codes: 0 done; 1 a run failed, simulated or real, what was asked does not hold (a result is wrong, a replay
differs, predictions are too far off), or faascast could not finish; 2 bad input, with every fault on stderr and nothing
written; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from inspect import cleandoc
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from faascast.cli import (
    arrivals,
    calibrate,
    catalogue,
    check,
    compare,
    explain,
    export,
    files,
    hello,
    learn,
    leftovers,
    plan,
    replay,
    run,
    search,
    simulate,
    sweep,
    validate,
)
from faascast.cli.terminal import complain

BAD_INPUT, UNFINISHED, INTERRUPTED = 2, 1, 130


class Door(TyperGroup):
    """Turns errors that a user can do something about into words and an exit code."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the arguments; an interrupt by then is answered as any other."""
        try:
            return super().make_context(*args, **kwargs)
        except KeyboardInterrupt:
            complain(["interrupted; nothing was begun"])
            raise typer.Exit(INTERRUPTED) from None

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            complain(["interrupted; what was finished is kept, nothing is half written"])
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _forget_output()  # whoever reads has seen enough
            raise typer.Exit(UNFINISHED) from None
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            complain([f"{place}{error.strerror or error}"])
            _forget_output()
            raise typer.Exit(UNFINISHED) from None
        except ValueError as error:
            # Told apart by what they hold: importing their classes here would load half the house for --help.
            if not hasattr(error, "faults"):
                raise
            complain(map(str, error.faults))
            raise typer.Exit(getattr(error, "exit_code", BAD_INPUT)) from None


def _forget_output() -> None:
    """Let go of what could not be written to stdout: Python would complain once more when it closes it."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    name="faascast",
    cls=Door,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

COMMANDS: Mapping[str, Sequence[Callable[..., None]]] = {
    "Runs": (
        hello.hello,
        compare.compare,
        simulate.simulate,
        run.run,
        leftovers.leftovers,
        sweep.sweep,
        arrivals.arrivals,
        explain.explain,
        replay.replay,
        plan.plan,
        search.search,
        learn.learn,
        calibrate.calibrate,
        validate.validate,
    ),
    "Files": (files.generate, files.convert, export.export, check.check),
    "What there is": (catalogue.planners, catalogue.optimizations, catalogue.platforms),
}


def _add(command: Callable[..., None], panel: str) -> None:
    # Lines of a docstring end where the source does; those of help where the terminal does.
    paragraphs = cleandoc(command.__doc__ or "").split("\n\n")
    told = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    app.command(rich_help_panel=panel, help=told)(command)


for _panel, _commands in COMMANDS.items():
    for _command in _commands:
        _add(_command, _panel)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("faascast"))
        raise typer.Exit


@app.callback()
def faascast(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Forecast and explain how a workflow runs on a serverless platform: how long, how costly, and why."""
