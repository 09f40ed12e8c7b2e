"""From a specification to a workflow: a file, a built-in, a generator or a recipe; and back to a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workloads.errors import Fault, InvalidInput, nearest, refuse_if
from workloads.fill import REFUSE, FillRules
from workloads.generators import BUILTINS, RECIPES, SHAPES, Generator, Recipe
from workloads.parameters import Parameter, from_texts, parameters_of
from workloads.wfformat import read_wfformat, write_wfformat
from workloads.workflow import Workflow

_BUILTIN = "builtin:"
_RECIPE = f"{Recipe.key}:"
_GENERATORS: Mapping[str, type[Generator]] = {each.key: each for each in (*BUILTINS, *SHAPES)}


@dataclass(frozen=True, slots=True)
class Source:
    """Something that workflows come from, for people."""

    key: str
    """How a specification begins, such as ``gen:chain``."""
    summary: str
    parameters: tuple[Parameter, ...] = ()


def load_workflow(spec: str, *, fill: FillRules = REFUSE) -> Workflow:
    """The workflow that a specification names.

    * ``gemm``, ``gemm,strips=8``: a built-in, with parameters (``builtin:gemm`` is the same);
    * ``gen:forkjoin,width=100``: a generator;
    * ``wfcommons:montage,tasks=300,seed=1``: a recipe of the wfcommons package;
    * anything else: the path of a WfFormat file. ``./gemm`` is a file called like a built-in.

    ``fill`` says how to fill what a file does not know. Raises :class:`InvalidInput` with every fault;
    :func:`describe_sources` tells all there is.
    """
    if made := generator_of(spec):
        return made[0].workflow()
    if _is_path(spec):
        return read_wfformat(spec, fill=fill)
    head = spec.partition(",")[0]
    known = [*_GENERATORS, *(f"{_RECIPE}{name}" for name in RECIPES)]
    expected = f"{nearest(head, known)}a file that exists, or one of {', '.join(known)}"
    raise InvalidInput([Fault("workflow", "", spec, expected)])


def generator_of(spec: str) -> tuple[Generator, frozenset[str]] | None:
    """The generator that a specification names, and the parameters that it gives; None if it names none.

    Raises :class:`InvalidInput` with every fault of the parameters.
    """
    head, *items = spec.removeprefix(_BUILTIN).split(",")
    if head in _GENERATORS:
        return _made(_GENERATORS[head], spec, items)
    if head.startswith(_RECIPE):
        return _made(Recipe, spec, [f"recipe={head.removeprefix(_RECIPE)}", *items])
    return None


def check_workflow(spec: str, *, fill: FillRules = REFUSE) -> tuple[Fault, ...]:
    """All that is wrong with the workflow that a specification names; nothing if it can be used."""
    try:
        load_workflow(spec, fill=fill)
    except InvalidInput as invalid:
        return invalid.faults
    return ()


def write_workflow(workflow: Workflow, path: Path | str) -> None:
    """Write the workflow as a WfFormat 1.5 file; :func:`load_workflow` reads it back equal."""
    write_wfformat(workflow, path)


def describe_sources() -> tuple[Source, ...]:
    """All that :func:`load_workflow` understands, with parameters, defaults and units."""
    return (
        *(_described(each) for each in _GENERATORS.values()),
        _described(Recipe),
        Source("PATH", "A WfFormat file (1.4, 1.5 or 1.6)."),
    )


def _described(generator: type[Generator]) -> Source:
    summary = (generator.__doc__ or "").partition("\n")[0]
    if generator is Recipe:
        rest = tuple(each for each in parameters_of(Recipe) if each.name != "recipe")
        return Source(f"{_RECIPE}{'|'.join(RECIPES)}", summary, rest)
    return Source(generator.key, summary, parameters_of(generator))


def _made(generator: type[Generator], spec: str, items: list[str]) -> tuple[Generator, frozenset[str]]:
    texts: dict[str, str] = {}
    faults = []
    for item in items:
        name, equals, text = (part.strip() for part in item.partition("="))
        if not equals:
            faults.append(Fault(spec, item, item, "name=value"))
        elif name in texts:
            faults.append(Fault(spec, name, text, "a parameter given once"))
        else:
            texts[name] = text
    refuse_if(faults)
    return from_texts(generator, texts, spec), frozenset(texts)


def _is_path(spec: str) -> bool:
    """Whether a specification is meant as the path of a file: there is one, or it looks like one."""
    try:
        return Path(spec).suffix == ".json" or "/" in spec or Path(spec).exists()
    except OSError:  # too long a name, say: reading it will tell
        return True
