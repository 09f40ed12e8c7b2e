"""Replaying a run: the events that its machines were told, given to fresh ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from executor.worker.replay import Difference, LogError, read_log, replay
from faascast.faults import BadInput
from faascast.results.event_logs import event_log_of
from faascast.text.replay import Names


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it: the first difference, or None if all instructions were the recorded ones."""

    difference: Difference | None
    n_steps: int
    n_machines: int
    names: Names

    def to_json(self) -> dict[str, object]:
        """As plain data."""
        return {"n_steps": self.n_steps, "n_machines": self.n_machines, "difference": self._difference()}

    def _difference(self) -> dict[str, object] | None:
        found, names = self.difference, self.names
        if found is None:
            return None
        replayed = found.replayed
        return {
            "step": found.step,
            "worker": names.worker(found.worker),
            "epoch": found.epoch,
            "time_ns": found.event.time_ns,
            "event": names.told(found.event),
            "recorded": [names.told(each) for each in found.recorded],
            "replayed": None if isinstance(replayed, str) else [names.told(each) for each in replayed],
            "broke_down": replayed if isinstance(replayed, str) else None,
        }


def replay_folder(folder: Path) -> Replayed:
    """Replay the run of a folder; BadInput if it holds no event log, or a damaged one."""
    file, workflow, plan = event_log_of(folder)
    try:
        header, frames = read_log(file)
        machines = [(frame.worker, frame.epoch) for frame in frames]
        file.seek(0)
        difference = replay(file)
    except LogError as error:
        raise BadInput([f"{folder}: {error}; expected an event log"]) from error
    return Replayed(difference, len(machines), len(set(machines)), Names(workflow, plan, header.view))
