"""What was measured of operations: a real run's tables know it, a simulated run's have it by construction."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from executor.records.table import Table
from workloads import Workflow

Array = NDArray[Any]
NS_PER_S = 1_000_000_000


def took_place(operations: Table) -> tuple[Array, Array]:
    """From when to when each operation took place, in ns: without what passed before it was under way and heard of."""
    if "did_begin_ns" in operations:
        return operations["did_begin_ns"], operations["did_end_ns"]
    return operations["begin_ns"], operations["end_ns"]


def moved_bytes(workflow: Workflow, operations: Table) -> Array:
    """Per operation, the bytes of its object: as many as really moved, else as many as the workflow says; −1: none."""
    described = np.append(workflow.object_bytes, -1)[operations["object"]]
    if "bytes" not in operations:
        return np.asarray(described)
    return np.where(operations["bytes"] >= 0, operations["bytes"], described)


def cpu_s(operations: Table) -> Array:
    """Per operation, the CPU time that it used; NaN where that was not measured."""
    if "cpu_ns" not in operations:
        return np.full(operations.n_rows, np.nan)
    return np.where(operations["cpu_ns"] >= 0, operations["cpu_ns"] / NS_PER_S, np.nan)
