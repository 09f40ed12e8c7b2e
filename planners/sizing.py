"""Which size workers get when all get the same, and which there are to choose from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, TypeAlias

from planners.parameters import Spelling
from platforms import Platform
from workloads import Fault, InvalidInput, Workflow
from workloads.errors import refuse_if
from workloads.parameters import Figure

SizeMb: TypeAlias = Annotated[
    int | None,
    Figure("size of every worker; none = the platform's default, or what the tasks need", "MB", least=1),
]
"""The parameter of planners with one size."""


def one_size_mb(workflow: Workflow, platform: Platform, asked_mb: int | None) -> tuple[int, tuple[str, ...]]:
    """The size of every worker and a note for the plan if it is not the one a reader would expect.

    A size that was asked for is taken or refused, never changed; the default is raised to the largest floor.
    """
    if asked_mb is not None:
        refuse_if(_faults(workflow, platform, asked_mb))
        return asked_mb, ()
    floor_mb = float(workflow.memory_mb.max())
    default_mb = platform.sizes.default_mb
    if floor_mb <= default_mb:
        return default_mb, ()
    size_mb = _smallest_holding(platform, floor_mb)
    if size_mb > platform.sizes.max_mb:
        expected = f"at most {platform.sizes.max_mb} MB, the largest size of {platform.name}"
        raise InvalidInput([Fault(f"workflow {workflow.name!r}", "memory_mb", floor_mb, expected)])
    return size_mb, (f"size raised from the default of {default_mb} MB to {size_mb} MB, the largest memory floor",)


def _smallest_holding(platform: Platform, memory_mb: float) -> int:
    sizes = platform.sizes
    return sizes.min_mb + math.ceil((memory_mb - sizes.min_mb) / sizes.step_mb) * sizes.step_mb


def _faults(workflow: Workflow, platform: Platform, size_mb: int) -> Iterator[Fault]:
    if not platform.sizes.allows(size_mb):
        yield Fault("planner", "size_mb", size_mb, platform.sizes.legal)
    floor_mb = float(workflow.memory_mb.max())
    if floor_mb > size_mb:
        name = workflow.task_names[int(workflow.memory_mb.argmax())]
        yield Fault("planner", "size_mb", size_mb, f"at least {floor_mb:g} MB, the memory floor of task {name!r}")



def sizes_name(text: str) -> str:
    """The one spelling of several sizes: ascending, each once. InvalidInput if they are no sizes."""
    return "+".join(map(str, _sizes_mb(text)))


def _sizes_mb(text: str) -> tuple[int, ...]:
    words = [word.strip() for word in text.split("+")] if text else []
    expected = "whole numbers of MB, as 2048+4096"
    refuse_if(Fault("planner", "sizes", word, expected) for word in words if not word.isdecimal())
    return tuple(sorted({int(word) for word in words}))


Ladder: TypeAlias = Annotated[
    str,
    Figure("sizes to choose from, as 2048+4096+8192; empty = a half, 1, 2 and 4 times the platform's default", "MB"),
    Spelling(sizes_name),
]
"""The parameter of planners that choose among sizes."""

_SHARES = (0.5, 1, 2, 4)


def size_ladder(workflow: Workflow, platform: Platform, text: str) -> tuple[int, ...]:
    """The sizes to choose from, ascending; the last of them holds every task.

    Sizes that were asked for are taken or refused. Otherwise those around the default that there are, and, if none of
    them holds the largest floor, the smallest that does.
    """
    if text:
        return _asked(workflow, platform, text)
    sizes = platform.sizes
    around = {
        min(max(_smallest_holding(platform, share * sizes.default_mb), sizes.min_mb), _largest_mb(platform))
        for share in _SHARES
    }
    least_mb, _ = one_size_mb(workflow, platform, None)
    floor_mb = float(workflow.memory_mb.max())
    return tuple(sorted(around if max(around) >= floor_mb else {*around, least_mb}))


def _largest_mb(platform: Platform) -> int:
    sizes = platform.sizes
    return sizes.min_mb + (sizes.max_mb - sizes.min_mb) // sizes.step_mb * sizes.step_mb


def _asked(workflow: Workflow, platform: Platform, text: str) -> tuple[int, ...]:
    where, field = "planner", "sizes"
    sizes_mb = _sizes_mb(text)
    floor_mb = float(workflow.memory_mb.max())
    name = workflow.task_names[int(workflow.memory_mb.argmax())]
    too_small = Fault(where, field, text, f"a size of at least {floor_mb:g} MB, the memory floor of task {name!r}")
    refuse_if(
        [
            *(Fault(where, field, size, platform.sizes.legal) for size in sizes_mb if not platform.sizes.allows(size)),
            *([too_small] if sizes_mb[-1] < floor_mb else []),
        ]
    )
    return sizes_mb
