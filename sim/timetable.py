"""A timetable: how long each of a lot's requests takes on an instance, and what it costs, by the script."""

from __future__ import annotations

from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from executor.records.operations import Kind
from sim.clock import NS_PER_S
from sim.job import run_times_ns
from sim.lots import Lot
from sim.rehearsal import Script, Step
from sim.requests import billed_ns, fees_usd
from sim.setting import Setting

Whole: TypeAlias = NDArray[np.int64]


class Timetable:
    """Lists by the place of a request in its lot; times in ns."""

    __slots__ = ("call_ns", "cold_ns", "cold_usd", "goal_ns", "lot", "service_ns", "warm_ns", "warm_usd")

    def __init__(self, lot: Lot, setting: Setting, script: Script) -> None:
        n, luck, prices = lot.n_requests, lot.luck, setting.platform.prices
        memory_mb = setting.view.size_of(setting.view.worker_for(0))
        init_ns = luck.init(memory_mb).first_ns(n)
        warm_ns = luck.warm.first_ns(n)
        service_ns = sum((_group_ns(group, lot, setting) for group in script.groups), np.zeros(n, np.int64))
        billed_cold_ns = service_ns + init_ns if prices.bill_init else service_ns
        self.lot = lot
        self.call_ns: list[int] = luck.call.first_ns(n).tolist()
        self.cold_ns: list[int] = (luck.provisioning.first_ns(n) + init_ns).tolist()
        self.warm_ns: list[int] = warm_ns.tolist()
        self.service_ns: list[int] = service_ns.tolist()
        self.goal_ns: list[int] = luck.goal.first_ns(n).tolist()
        self.cold_usd: list[float] = _costs_usd(billed_cold_ns, memory_mb, setting, script).tolist()
        self.warm_usd: list[float] = _costs_usd(service_ns, memory_mb, setting, script).tolist()


def _group_ns(group: tuple[Step, ...], lot: Lot, setting: Setting) -> Whole:
    """How long each request takes for a group: as long as for the longest of its operations."""
    return reduce(np.maximum, [_step_ns(step, lot, setting) for step in group])


def _step_ns(step: Step, lot: Lot, setting: Setting) -> Whole:
    n, luck = lot.n_requests, lot.luck
    match step.kind:
        case Kind.FETCH:
            inputs = setting.view.inputs[0]
            first_ns = luck.get.first_ns(n * len(inputs)).reshape(n, -1)[:, inputs.index(step.found)]
            return first_ns + setting.bytes_ns[step.found]
        case Kind.UPLOAD:
            n_objects = setting.workflow.n_objects
            return luck.put.first_ns(n * n_objects).reshape(n, -1)[:, step.found] + setting.bytes_ns[step.found]
        case Kind.EXECUTE:
            return np.array(run_times_ns(setting, luck), dtype=np.int64)
        case Kind.COMMIT:
            return luck.commit.first_ns(n)
        case Kind.READ:
            return luck.read.first_ns(n)
    raise AssertionError(f"no step of a script: {step}")


def _costs_usd(ran_ns: Whole, memory_mb: int, setting: Setting, script: Script) -> NDArray[np.float64]:
    prices, billed = setting.platform.prices, script.quantities
    gb_s = billed_ns(prices, ran_ns) / NS_PER_S * memory_mb / 1024
    fees = fees_usd(
        prices,
        n_invocations=1,
        n_prewarms=0,
        gets=int(billed["store gets"]),
        puts=int(billed["store puts"]),
        ledger_requests=int(billed["ledger requests"]),
        notifications=int(billed["notifications"]),
    )
    return gb_s * prices.usd_per_gb_s + fees
