"""The process: listens to the platform, and runs one invocation after another.

It is started with a descriptor of the socket that leads to the platform, in a session of its own; the platform sees to
`sys.path`. When the platform hangs up the process ends at once, with all that belongs to its process group.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable
from io import TextIOWrapper
from queue import SimpleQueue
from threading import Thread, stack_size
from typing import TextIO

from executor.store.paced import Network, Pace
from executor.store.store import StoreError
from executor.worker.instructions import Exit, Invoke

from . import BOOTED_NS
from .brief import RunError
from .clock import clock_ns
from .executions import Unstoppable
from .failures import reason_of
from .invocation import Invocation
from .messages import (
    NOBODY,
    Answered,
    Ask,
    Call,
    Deliver,
    FromPlatform,
    Halt,
    Left,
    Line,
    Nothing,
    Quit,
    Running,
    Up,
)
from .opened import OpenRun
from .pool import SMALL_STACK_BYTES

BROKEN = 70
"""Exit code of a process whose driver broke down, or in which a run could not be stopped (EX_SOFTWARE)."""
SWITCH_S = 0.0005
"""How long a thread may hold up the others, in Python code: the driver must not wait long for a computation."""


class Channel:
    """The line as an invocation's port to the platform."""

    def __init__(self, line: Line[FromPlatform]) -> None:
        self._line = line

    def running(self, number: int) -> Callable[[int], None]:
        """Tells the platform when an invocation has started."""
        return lambda at_ns: self._line.send(Running(number, at_ns))

    def call(self, op: int, invoke: Invoke) -> None:
        """Invoke a worker."""
        self._line.send(Call(op, invoke))

    def ask(self, op: int, memory_mb: int) -> None:
        """Prewarm an instance."""
        self._line.send(Ask(op, memory_mb))


class Instance:
    """Runs what the platform delivers."""

    def __init__(self, line: Line[FromPlatform]) -> None:
        self._line = line
        self._channel = Channel(line)
        self._jobs: SimpleQueue[tuple[Deliver, Invocation] | Nothing | Quit] = SimpleQueue()
        self._run: OpenRun | None = None
        self._networks: dict[Pace, Network] = {}

    def serve(self) -> None:
        """Until it is told to quit."""
        before = stack_size(SMALL_STACK_BYTES)
        Thread(target=self._listen, name="line", daemon=True).start()
        stack_size(before)
        while not isinstance(job := self._jobs.get(), Quit):
            if isinstance(job, Nothing):
                self._line.send(Left(NOBODY, "done", "", NOBODY, clock_ns()))
            else:
                self._carry_out(*job)

    # the line ---------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Hear the platform as long as it is there."""
        try:
            invocation: Invocation | None = None
            while (message := self._line.receive()) is not None:
                if isinstance(message, Deliver):
                    invocation = Invocation(message)
                    self._jobs.put((message, invocation))
                elif isinstance(message, Nothing | Quit):
                    self._jobs.put(message)
                elif invocation and isinstance(message, Answered):
                    invocation.answered(message)
                elif invocation and isinstance(message, Halt):
                    invocation.halt(message.reason)
        finally:
            _end_all()

    # invocations ------------------------------------------------------------------------------------------

    def _carry_out(self, deliver: Deliver, invocation: Invocation) -> None:
        number = deliver.number
        try:
            run = self._open(deliver.run)
        except Exception as error:  # whatever it is, other runs can be served
            why = str(error) if isinstance(error, RunError | StoreError) else reason_of(error)
            self._left(number, Exit("failed", f"the run cannot be served: {why}"), stays=True)
            return
        try:
            leave, stays = invocation.carry_out(run, self._channel, self._channel.running(number))
        except Unstoppable as error:
            leave, stays = Exit("failed", str(error), error.task), False
        except BaseException as error:  # it is in the records
            leave, stays = Exit("failed", f"the driver broke down: {reason_of(error)}"), False
        self._left(number, leave, stays=stays)

    def _left(self, number: int, leave: Exit, *, stays: bool) -> None:
        self._line.send(Left(number, leave.status, leave.reason, leave.task, clock_ns(), stays))
        if not stays:
            os._exit(BROKEN)

    def _open(self, folder: str) -> OpenRun:
        if self._run is None or not self._run.is_in(folder):
            if self._run is not None:
                self._run.close()
                self._run = None
            self._run = OpenRun(folder, self._networks)
        return self._run


def _end_all() -> None:
    """End this process at once, with all that it started; not those of somebody else's group."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def _say_at_once(stream: TextIO | None) -> None:
    """What tasks print is not to be lost when the process is ended, as it always is."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(line_buffering=True)


def main(descriptor: int) -> None:
    """Serve the platform at the other end of a socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setswitchinterval(SWITCH_S)
    _say_at_once(sys.stdout)
    line: Line[FromPlatform] = Line(socket.socket(fileno=descriptor), FromPlatform)
    line.send(Up(BOOTED_NS, clock_ns()))
    Instance(line).serve()
    os._exit(0)
