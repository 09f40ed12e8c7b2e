"""What a file says of a task's compute demand: a recorded run time, or our own extension."""

from __future__ import annotations

from typing import Any, TypedDict

from workloads.demand import Curve, Demand, MemoryTable, PowerLaw
from workloads.errors import InvalidInput
from workloads.wfformat.layouts import TaskEntry
from workloads.wfformat.node import Node

BYTES_PER_MB = 2**20
"""The MB in which serverless platforms sell memory."""


class Told(TypedDict, total=False):
    """Arguments of :meth:`WorkflowBuilder.add_task`; none where the file does not tell."""

    io_s: float
    cpu_s: float
    parallelism: float
    curve: Curve


NEUTRAL = Told(io_s=0.0, cpu_s=0.0)
"""Stands for a demand whose fault has been noted, so that the builder does not miss it too."""


def recorded_demand(runtime_s: float, cores: float | None, avg_cpu: float | None) -> Demand:
    """The demand behind a recorded run time; on the machine that recorded it, it takes that time.

    ``avg_cpu`` is the share of one core that was busy on average, in % (above 100 with several): the
    task used ``runtime_s · avg_cpu / 100`` CPU seconds, on as many vCPUs as that needs and at least
    one, and spent the rest of the time on I/O. Where it was not recorded, the whole run time counts
    as CPU work on all the ``cores``, or on one.
    """
    if avg_cpu is None:
        parallelism = cores or 1.0
        return Demand(0.0, runtime_s * parallelism, parallelism)
    busy = avg_cpu / 100
    if busy >= 1:
        return Demand(0.0, runtime_s * busy, busy)
    return Demand(runtime_s * (1 - busy), runtime_s * busy, 1.0)


def told_demand(task: TaskEntry) -> Told:
    """The demand that a file tells: the extension's if there is one, else the recorded."""
    if task.extension:
        return _extension(task.extension)
    runtime_s = task.runtime_s.figure(0, "s")
    cores = task.cores.figure(1, "cores")
    avg_cpu = task.avg_cpu.figure(0, "%")
    if runtime_s is None:
        return Told() if task.runtime_s.is_unknown else NEUTRAL
    demand = recorded_demand(runtime_s, cores, avg_cpu)
    return Told(io_s=demand.io_s, cpu_s=demand.cpu_s, parallelism=demand.parallelism)


# ---- the extension: what the fields of WfFormat cannot hold


def extension_of(demand: Demand | Curve, parallelism: float) -> dict[str, Any]:
    """The members that tell a demand exactly."""
    match demand:
        case Demand():
            return {"io_s": demand.io_s, "cpu_s": demand.cpu_s, "parallelism": parallelism}
        case MemoryTable():
            return {"memory_table": [list(point) for point in demand.points], "parallelism": parallelism}
        case PowerLaw():
            law = {"base_s": demand.base_s, "base_mb": demand.base_mb, "exponent": demand.exponent}
            return {"power_law": law, "parallelism": parallelism}


def _extension(node: Node) -> Told:
    node.mapping()
    parallelism = node["parallelism"].figure(1, "vCPUs") or 1.0
    if node["memory_table"] or node["power_law"]:
        curve = _curve(node)
        return Told(curve=curve, parallelism=parallelism) if curve else NEUTRAL
    io_s, cpu_s = node["io_s"].figure(0, "s"), node["cpu_s"].figure(0, "s")
    return Told(io_s=io_s or 0.0, cpu_s=cpu_s or 0.0, parallelism=parallelism)


def _curve(node: Node) -> Curve | None:
    table, law = node["memory_table"], node["power_law"]
    try:
        return MemoryTable(table.value) if table else PowerLaw(**law.mapping())
    except (InvalidInput, TypeError, ValueError, OverflowError):
        (table or law).refuse("[[memory_mb, time_s], …] ascending in memory, or base_s, base_mb, exponent")
        return None
