"""How much CPU each execution of a run could have had, from what ran beside it.

A recorded time is what passed, with everything that shared the instance's vCPUs and the host's cores. Who ran when is
recorded too, so by the platform's own rules of sharing it follows how many vCPUs each execution had at every moment,
and their sum over its time is the work that it did, however crowded it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from platforms import Platform
from sim.cpu import share, water_fill

Floats = NDArray[np.float64]


class Execution(NamedTuple):
    """One execution of a task, as far as sharing goes."""

    begin_s: float
    """When it began to compute."""
    end_s: float
    instance: int
    vcpus: float
    """Of its instance."""
    parallelism: float


def vcpu_seconds(executions: Sequence[Execution], platform: Platform) -> Floats:
    """The vCPU-seconds that each execution of one run had, in their order."""
    had = np.zeros(len(executions))
    moments = sorted({each.begin_s for each in executions} | {each.end_s for each in executions})
    begins, ends = defaultdict[float, list[int]](list), defaultdict[float, list[int]](list)
    for i, each in enumerate(executions):
        if each.end_s > each.begin_s:
            begins[each.begin_s].append(i)
            ends[each.end_s].append(i)
    running: list[int] = []
    for moment, following in pairwise(moments):
        gone = ends[moment]
        running = [i for i in running if i not in gone] + begins[moment]
        rates = _rates([executions[i] for i in running], platform)
        for i, rate in zip(running, rates, strict=True):
            had[i] += rate * (following - moment)
    return had


def _rates(running: Sequence[Execution], platform: Platform) -> list[float]:
    """The vCPUs that each has: instances share the host by their vCPUs, tasks share what their instance gets."""
    is_fair = platform.cpu.sharing == "fair"
    by_instance = defaultdict[int, list[int]](list)
    for i, each in enumerate(running):
        by_instance[each.instance].append(i)
    groups = list(by_instance.values())
    vcpus = [running[group[0]].vcpus for group in groups]
    wanted = [min(had, sum(running[i].parallelism for i in group)) for had, group in zip(vcpus, groups, strict=True)]
    cores = platform.host.cores
    given = wanted if cores is None or sum(wanted) <= cores else _of_host(cores, wanted, vcpus, is_fair=is_fair)
    rates = [0.0] * len(running)
    for group, capacity in zip(groups, given, strict=True):
        caps = [running[i].parallelism for i in group]
        for i, rate in zip(group, share(capacity, caps, [1.0] * len(caps), fair=is_fair), strict=True):
            rates[i] = rate
    return rates


def _of_host(cores: float, wanted: list[float], vcpus: list[float], *, is_fair: bool) -> list[float]:
    if is_fair:
        return water_fill(cores, wanted, vcpus)
    return share(cores, wanted, vcpus, fair=False)
