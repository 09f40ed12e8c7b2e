"""Evidence: what a run is known by, to be kept beside its tables: its machines can be tried again with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

EVENT_LOG: Final = "event.log"
"""The file of an event log (`executor.worker.replay`) in the folder of a run."""


class Evidence(Protocol):
    """What a run is known by."""

    def keep(self, folder: Path) -> None:
        """Write it into a folder that is there."""


@dataclass(frozen=True, slots=True)
class RecordedLog:
    """The event log of a simulated run."""

    log: bytes

    def keep(self, folder: Path) -> None:
        """As one file."""
        (folder / EVENT_LOG).write_bytes(self.log)
