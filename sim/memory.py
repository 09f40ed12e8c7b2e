"""Memory: what each invocation holds and runs, and its death when that is more than its size.

It looks on at the machines' steps: an object is in memory from its arrival, or the end of the run that made it, until
it is dropped; a task's floor from the begin to the end of its run. Only where memory can run short does anybody look.
"""

from __future__ import annotations

from executor.worker.events import Executed, ExecuteFailed, Fetched, WorkerEvent
from executor.worker.instructions import AnyInstruction, Cancel, Drop, Execute, Fetch
from planners.memory import BYTES_PER_MB
from sim.clock import TIMER, Clock, Happening
from sim.deaths import Deaths
from sim.job import Invocation, Party

_HELD = (Fetched, Executed, ExecuteFailed)


class Use:
    """What one invocation has in memory, in bytes, and what its operations are about."""

    __slots__ = ("about", "cancelled", "used_bytes")

    def __init__(self) -> None:
        self.used_bytes = 0.0
        self.about: dict[int, int] = {}
        self.cancelled: set[int] = set()


class Memory:
    """The memory of all invocations of one simulation."""

    __slots__ = ("_clock", "_deaths")

    def __init__(self, clock: Clock, deaths: Deaths) -> None:
        self._clock = clock
        self._deaths = deaths

    def saw(self, party: Party, event: WorkerEvent, instructions: list[AnyInstruction]) -> None:
        """A machine took a step."""
        if not isinstance(party, Invocation) or not party.job.setting.may_run_short:
            return
        use = party.use = party.use or Use()
        if isinstance(event, _HELD):
            self._end(party, use, event)
        for instruction in instructions:
            self._begin(party, use, instruction)
        if use.used_bytes > party.memory_mb * BYTES_PER_MB:
            self._clock.after(0, TIMER + party.rank, Happening(self._kill, party))

    @staticmethod
    def _end(invocation: Invocation, use: Use, event: Fetched | Executed | ExecuteFailed) -> None:
        setting, about = invocation.job.setting, use.about.pop(event.op)
        if isinstance(event, Fetched):
            use.used_bytes += setting.held_bytes[about]
            return
        use.used_bytes -= setting.floor_bytes[about]
        if isinstance(event, Executed) and event.op not in use.cancelled:
            unmade = invocation.job.split.objects
            made = [found for found in setting.view.outputs[about] if found not in unmade]
            use.used_bytes += sum(setting.held_bytes[found] for found in made)

    @staticmethod
    def _begin(invocation: Invocation, use: Use, instruction: AnyInstruction) -> None:
        setting = invocation.job.setting
        if isinstance(instruction, Fetch):
            use.about[instruction.op] = instruction.object
        elif isinstance(instruction, Execute):
            use.about[instruction.op] = instruction.task
            use.used_bytes += setting.floor_bytes[instruction.task]
        elif isinstance(instruction, Cancel):
            use.cancelled.add(instruction.op)
        elif isinstance(instruction, Drop):
            use.used_bytes -= setting.held_bytes[instruction.object]

    def _kill(self, happening: Happening) -> None:
        invocation: Invocation = happening.about
        needed_mb = invocation.use.used_bytes / BYTES_PER_MB
        if needed_mb > invocation.memory_mb:  # and not made good by another end in the same instant
            self._deaths.die(invocation, f"out of memory: {needed_mb:,.1f} MB needed of {invocation.memory_mb:,}", 0)
