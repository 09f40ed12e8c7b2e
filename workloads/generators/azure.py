"""Workflows in the sizes of those that ran on Azure Durable Functions.

Orion (Mahgoub et al., OSDI 2022) published the width, depth and number of nodes of the DAGs of 18 to 31 October 2021,
each as a distribution over invocations (`Public_Dataset/dag_structure.xlsx`), and none of them jointly. What stands
here are percentiles of these. Between two of them the logarithm of the size is interpolated over the logarithm of the
share above it, and the result rounded; the largest size stands at a share of one in a million (ours). Width and depth
are drawn independently (ours); one level has the width, every other one task (ours). Then the nodes,
depth + width − 1, come out near the published ones: 2, 5, 6, 18 and 85 at 50, 90, 95, 99 and 99.9 %, where 2, 5, 7, 18
and 93 are published.

The run time of each task is lognormal, as the average run times of functions in the Azure Functions trace of 2019 are
(Shahrad et al., ATC 2020); its parameters are known to us at second hand only: low confidence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

import numpy as np

from workloads.columns import MOST
from workloads.generators.generator import Bytes
from workloads.generators.sketch import Drawn, Sketch
from workloads.parameters import Figure

Percentiles: TypeAlias = tuple[tuple[float, int], ...]
WIDTHS: Percentiles = ((0.0, 1), (0.50, 1), (0.95, 2), (0.99, 16), (0.999, 86), (1.0, 28_966))
DEPTHS: Percentiles = ((0.0, 1), (0.50, 2), (0.75, 3), (0.95, 5), (0.99, 7), (1.0, 135))
"""Share of invocations → at most so many; the least is ours, all others published."""
_LARGEST = 1e-6
"""Share of invocations whose size is the largest published."""


@dataclass(frozen=True, kw_only=True)
class Azure(Drawn):
    """A workflow of a random shape, as wide and deep as those on Azure Durable Functions in October 2021."""

    key: ClassVar[str] = "gen:azure"

    median_s: Annotated[float, Figure("median run time of a task (e^−0.38; low confidence)", "s", least=1e-9)] = 0.684
    sigma: Annotated[float, Figure("σ of the logarithm of run times (low confidence)", "", most=5)] = 2.36
    most_s: Annotated[float, Figure("longest run time; a longer draw is cut (Azure's limit)", "s", 1e-9, MOST)] = 600.0
    bytes: Bytes = 100_000

    @property
    def n_tasks(self) -> int:
        """At most: as wide and deep as any that was published."""
        return WIDTHS[-1][1] + DEPTHS[-1][1] - 1

    def draw(self, sketch: Sketch) -> None:
        """Make depth + width − 1 tasks: a chain of which one level, drawn at random, is wide."""
        width, depth = (quantile(of, float(sketch.random.random())) for of in (WIDTHS, DEPTHS))
        wide = int(sketch.random.integers(depth))
        outputs = [sketch.given("in", self.bytes)]
        for level in range(depth):
            tasks = range(width if level == wide else 1)
            outputs = [
                sketch.task(
                    f"level-{level}-{i}",
                    outputs,
                    function=f"level-{level}",
                    makes_bytes=self.bytes,
                    cpu_s=self._time_s(sketch.random),
                )
                for i in tasks
            ]

    def _time_s(self, random: np.random.Generator) -> float:
        return min(self.most_s, self.median_s * math.exp(self.sigma * float(random.standard_normal())))


def quantile(percentiles: Percentiles, u: float) -> int:
    """The size that a share ``u`` does not exceed, interpolated between percentiles."""
    at = [_rarity(share) for share, _ in percentiles]
    return round(math.exp(np.interp(_rarity(u), at, [math.log(value) for _, value in percentiles])))


def _rarity(share: float) -> float:
    return -math.log(max(_LARGEST, 1 - share))
