"""`faascast planners`, `faascast optimizations` and `faascast platforms`: what there is."""

from __future__ import annotations

from typing import Annotated

import typer

from faascast.cli.options import Json, Set, settings_of
from faascast.cli.terminal import paint, show, show_json, width

Name = Annotated[
    str | None,
    typer.Argument(metavar="NAME|FILE", help="A preset or a TOML file; without it, all presets.", show_default=False),
]
Toml = Annotated[bool, typer.Option("--toml", help="Print it as the TOML file that says it all.", show_default=False)]


def planners(json: Json = False) -> None:
    """List the planners, their parameters and what they do."""
    if json:
        from faascast.results.catalogue import planners_content
        from faascast.results.documents import document

        show_json(document("planners", planners_content()))
    else:
        from faascast.text.catalogue import planner_lines

        show(planner_lines(width(), paint))


def optimizations(json: Json = False) -> None:
    """List the optimizations, what they do, and what they go with."""
    if json:
        from faascast.results.catalogue import optimizations_content
        from faascast.results.documents import document

        show_json(document("optimizations", optimizations_content()))
    else:
        from faascast.text.catalogue import optimization_lines

        show(optimization_lines(width(), paint))


def platforms(name: Name = None, set_: Set = None, toml: Toml = False, json: Json = False) -> None:
    """List the platforms; of one, every figure and where it comes from."""
    from faascast.faults import BadInput

    settings, faults = settings_of(set_)
    if name is None and (settings or toml):
        faults = [*faults, "--set and --toml are for one platform; expected its NAME"]
    if faults:
        raise BadInput(faults)
    if name is None:
        _list_presets(json)
        return
    from platforms import load_platform

    platform = load_platform(name, settings)
    if toml:
        show(platform.to_toml().splitlines())
    elif json:
        from faascast.results.catalogue import platform_content
        from faascast.results.documents import document

        show_json(document("platform", platform_content(platform)))
    else:
        from faascast.text.catalogue import platform_lines

        show(platform_lines(platform, width(), paint))


def _list_presets(json: bool) -> None:
    from faascast.results.catalogue import presets_content
    from faascast.results.documents import document
    from faascast.text.catalogue import preset_lines

    if json:
        show_json(document("platforms", presets_content()))
    else:
        show(preset_lines(width(), paint))
