"""The driver: gives a machine its events in real time, and has its instructions carried out.

It decides nothing. One thread, that of `run`, does all that has to do with the machine: it takes *turns* from a queue,
each of which is the end of something that other threads did, or news. A turn enters what came of it into memory and
records, and returns the event, which the machine is told. The step is recorded before it is carried out. How each kind
of instruction is carried out is the business of the parts that the driver is given (`executor.instance.parts`).

The same driver serves a worker in an instance and the client in the user's process.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeAlias

from executor.worker.events import Started, TimerFired, WorkerEvent
from executor.worker.instructions import AnyInstruction, Exit, SetTimer

from .clock import clock_ns
from .messages import Handed
from .records import Recorder

Turn: TypeAlias = Callable[[int], WorkerEvent | None]
"""Something for the driver's thread to do, at the time given (ns); what the machine is to be told, if anything."""
Turns: TypeAlias = SimpleQueue[Turn]
Table: TypeAlias = dict[type, Callable[[Any], None]]
"""How instructions are carried out, by type. At once, or begun: it must not wait."""
NS_PER_S = 1_000_000_000
_LONGEST_WAIT_S = 86_400.0


class Machine(Protocol):
    """What is driven: a worker or a client."""

    def handle(self, event: WorkerEvent) -> list[AnyInstruction]:
        """Take one event; the instructions to carry out, in order."""


class Driver:
    """Drives one machine. ``examine`` is called after each step; what it raises ends the driver.

    Turns may be put into ``turns`` before it runs, and by any thread.
    """

    def __init__(
        self,
        machine: Machine,
        recorder: Recorder,
        turns: Turns,
        examine: Callable[[], None] | None = None,
    ) -> None:
        self._machine = machine
        self._recorder = recorder
        self._turns = turns
        self._examine = examine
        self._timers: list[tuple[int, int, Turn]] = []
        self._timers_set = 0
        self._exit: Exit | None = None
        self.carry_out: Table = {SetTimer: self._set_timer, Exit: self._leave}
        """To be completed before it runs."""

    def tell(self, turn: Turn) -> None:
        """Have a turn taken; from any thread."""
        self._turns.put(turn)

    def after(self, delay_ns: int, turn: Turn) -> None:
        """Have a turn taken after a while; from the driver's thread."""
        self._timers_set += 1
        heappush(self._timers, (clock_ns() + delay_ns, self._timers_set, turn))

    def run(self, started: Handed, begun: Callable[[int], None]) -> Exit:
        """Start the machine, and drive it until it exits; ``begun`` is told when it started (ns).

        Whatever it raises is an error of the driver, its parts, or the machine.
        """
        now_ns = clock_ns()
        begun(now_ns)
        self._step(Started(now_ns, started.tasks, started.versions, started.also))
        while self._exit is None:
            turn = self._next(None)
            assert turn  # for there is no limit to the wait
            event = turn(clock_ns())
            if event is not None:
                self._step(event)
        return self._exit

    def drain(self, is_over: Callable[[], bool], within_ns: int) -> bool:
        """After the exit: take turns, of which the machine is told nothing, until it ``is_over``; whether it was."""
        until_ns = clock_ns() + within_ns
        while not is_over():
            turn = self._next(until_ns)
            if turn is None:
                return False
            turn(clock_ns())
        return True

    def _step(self, event: WorkerEvent) -> None:
        instructions = self._machine.handle(event)
        self._recorder.frame(event, instructions)
        if self._examine is not None:
            self._examine()
        carry_out = self.carry_out
        for instruction in instructions:
            carry_out[type(instruction)](instruction)

    def _next(self, until_ns: int | None) -> Turn | None:
        """The next turn, when it is there or due; None once it is ``until_ns``."""
        while True:
            due_ns = self._timers[0][0] if self._timers else None
            now_ns = clock_ns()
            if due_ns is not None and due_ns <= now_ns:
                return heappop(self._timers)[2]
            if until_ns is not None and until_ns <= now_ns:
                return None
            ends = [each for each in (due_ns, until_ns) if each is not None]
            wait_s = min(_LONGEST_WAIT_S, (min(ends) - now_ns) / NS_PER_S) if ends else None
            try:
                return self._turns.get(timeout=wait_s)
            except Empty:
                continue

    def _set_timer(self, timer: SetTimer) -> None:
        self.after(timer.delay_ns, lambda now_ns: TimerFired(now_ns, timer.op))

    def _leave(self, leave: Exit) -> None:
        self._exit = leave
