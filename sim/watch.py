"""Watching a run: its event log written as it goes, its machines examined after every step."""

from __future__ import annotations

from typing import BinaryIO

from executor.worker.events import WorkerEvent
from executor.worker.instructions import CLIENT, AnyInstruction
from executor.worker.invariants import check_machine
from executor.worker.replay import EventLog, Header
from sim.driver import Watch
from sim.job import Invocation, Party, prewarms_of
from sim.salt import salted
from sim.setting import Setting


def watcher(
    setting: Setting, seed: int, event_log: BinaryIO | None, *, deadline_ns: int | None = None, check: bool
) -> Watch | None:
    """What a driver is to tell of each step of the run with this seed, or None if nobody wants to know."""
    header = Header(salted(setting.view, (seed,), 0), prewarms_of(setting), deadline_ns)
    log = EventLog(event_log, header) if event_log else None
    if log is None and not check:
        return None

    def watch(party: Party, event: WorkerEvent, instructions: list[AnyInstruction]) -> None:
        invocation = party if isinstance(party, Invocation) else None
        if log is not None:
            worker, epoch = (invocation.worker, invocation.epoch) if invocation else (CLIENT, 1)
            log.record(worker, epoch, event, instructions)
        if check and invocation:
            check_machine(invocation.machine)

    return watch
