"""Which built-in workflows really compute, by the specification that names them."""

from __future__ import annotations

from dataclasses import replace

from workloads.generators import Generator
from workloads.program import Program
from workloads.real.builtin import Builtin
from workloads.real.fixed_times import FIXED_TIMES
from workloads.real.gemm import GEMM
from workloads.real.image_transformer import IMAGE_TRANSFORMER
from workloads.real.montage import MONTAGE
from workloads.real.text_analysis import TEXT_ANALYSIS
from workloads.real.tree_reduction import TREE_REDUCTION
from workloads.real.wordcount import WORDCOUNT
from workloads.sources import generator_of

BUILTINS: tuple[Builtin, ...] = (
    GEMM,
    TREE_REDUCTION,
    TEXT_ANALYSIS,
    IMAGE_TRANSFORMER,
    MONTAGE,
    WORDCOUNT,
    FIXED_TIMES,
)


def real_program(spec: str) -> Program | None:
    """The program of a built-in, such as ``gemm`` or ``gemm,n=400``; None if the specification names none.

    Parameters that are not given are chosen so that a run takes seconds; the workflow's name tells them all. Times and
    sizes that planners are told are then those measured on a core of a server, in proportion to the data. Raises
    InvalidInput for parameters that cannot be.
    """
    made = generator_of(spec)
    if made is None:
        return None
    generator, told = made
    builtin = next((each for each in BUILTINS if each.generator is type(generator)), None)
    return builtin.program(_sized(builtin, generator, told)) if builtin else None


def _sized(builtin: Builtin, generator: Generator, told: frozenset[str]) -> Generator:
    """The generator with small data, but for what was told."""
    small = builtin.small({name: getattr(generator, name) for name in sorted(told)})
    return replace(generator, **{name: value for name, value in small.items() if name not in told})
