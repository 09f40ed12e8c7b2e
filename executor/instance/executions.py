"""Executions: runs of tasks, each in a thread; how they end, and how they are stopped."""

from typing import NamedTuple, Protocol

from executor.store.store import Data
from executor.worker.events import Executed, ExecuteFailed, WorkerEvent
from executor.worker.instructions import Cancel, Execute
from executor.worker.view import View

from .brake import Stopped
from .bundle import AnyBody, BurnTask, CommandTask
from .burning import run_burn
from .chunks import Flow
from .clock import clock_ns, cpu_clock_ns
from .code import Code
from .commands import run_command
from .driver import NS_PER_S, Driver, Table
from .failures import in_full, reason_of, writable
from .functions import run_function
from .given import Given
from .memory import Memory
from .pool import Threads
from .records import EXECUTE, Did, Recorder

NOT_WANTED = "nobody wants it any more"


class Unstoppable(Exception):  # noqa: N818 (it is the run that is)
    """A run of ``task`` was to stop, and went on: only the end of the instance ends it."""

    def __init__(self, task: int, reason: str) -> None:
        super().__init__(f"{reason}, and could not be stopped")
        self.task = task


class Streaming(Protocol):
    """What is needed of the transfers."""

    def begins(self, op: int, task: int) -> dict[int, Flow]:
        """A run begins: the flows of those of its outputs that are streamed, by object."""

    def put_made(self, flow: Flow) -> None:
        """A chunk was made: put it; from any thread."""


class Run(NamedTuple):
    """One run of a task."""

    op: int
    task: int
    given: Given
    flows: dict[int, Flow]


class Outcome(NamedTuple):
    """How a run ended; with a ``reason``, badly. ``made`` is what it made, by object."""

    made: dict[int, bytes]
    reason: str = ""
    detail: str = ""


class Executions:
    """The runs of one machine. ``scratch`` is a folder for what programs need, ``grace_s`` how long a stop may take."""

    def __init__(
        self,
        driver: Driver,
        recorder: Recorder,
        threads: Threads,
        memory: Memory,
        view: View,
        code: Code,
        streaming: Streaming,
        scratch: str,
        grace_s: float,
    ) -> None:
        self._driver = driver
        self._recorder = recorder
        self._threads = threads
        self._memory = memory
        self._view = view
        self._code = code
        self._streaming = streaming
        self._scratch = scratch
        self._grace_ns = round(grace_s * NS_PER_S)
        self._runs: dict[int, Run] = {}

    @property
    def table(self) -> Table:
        """What is carried out here."""
        return {Execute: self._execute, Cancel: self._cancel}

    def stop_all(self, reason: str) -> bool:
        """The machine has left: stop what still runs, as far as that is possible in time; whether it was."""
        for run in self._runs.values():
            run.given.brake.pull(reason)
        try:
            return self._driver.drain(lambda: not self._runs, self._grace_ns)
        except Unstoppable:
            return False

    # from begin to end ------------------------------------------------------------------------------------

    def _execute(self, execute: Execute) -> None:
        op, task = execute.op, execute.task
        flows = self._streaming.begins(op, task)
        coming = {found: reading for found in execute.ahead if (reading := self._memory.reads(found))}
        here = [found for found in self._view.inputs[task] if found not in coming and found not in execute.absent]
        data = {found: self._memory.held(found) for found in here}

        def made(found: int, piece: Data) -> None:
            if flows[found].make(piece):
                self._streaming.put_made(flows[found])

        streamed = {found: self._view.chunks[found] for found in flows}
        run = Run(op, task, Given(data, coming, self._view.outputs[task], streamed, made), flows)
        self._runs[op] = run
        self._threads.do(lambda: self._carry_out(run))

    def _carry_out(self, run: Run) -> None:
        """In a thread of its own."""
        begin_ns, cpu_ns = clock_ns(), cpu_clock_ns()
        outcome = self._outcome(run)
        cpu_ns = cpu_clock_ns() - cpu_ns + (run.given.cpu_ns or 0)
        end_ns = clock_ns()
        self._driver.tell(lambda now_ns: self._ended(run, outcome, begin_ns, end_ns, cpu_ns, now_ns))

    def _outcome(self, run: Run) -> Outcome:
        given = run.given
        try:
            made = self._made(run)
        except Stopped:
            made = {}
        except BaseException as error:  # whatever a task raises, it is the task that failed
            if given.brake.reason is None:
                return Outcome({}, reason_of(error), in_full(error, _arguments(given)))
        if given.brake.reason is not None:
            return Outcome({}, given.brake.reason, _arguments(given))
        missing = sorted(set(given.outputs) - made.keys() - self._beyond(run.task, given.width))
        return Outcome({}, f"it did not make object {missing[0]}") if missing else Outcome(made)

    def _beyond(self, task: int, width: int | None) -> set[int]:
        """The items that the list of a map node's splitter does not have."""
        if width is None:
            return set()
        return {found for items in self._view.maps[task].items[width:] for found in items}

    def _made(self, run: Run) -> dict[int, bytes]:
        body = self._code.body(run.task)
        self._limit(run, body)
        if isinstance(body, BurnTask):
            run.given.width = body.width
            return run_burn(body, run.given)
        if isinstance(body, CommandTask):
            return run_command(body, run.given, f"{self._scratch}.{run.op}")
        return run_function(body, self._code.function(body.function), run.given)

    def _ended(self, run: Run, outcome: Outcome, begin_ns: int, end_ns: int, cpu_ns: int, now_ns: int) -> WorkerEvent:
        del self._runs[run.op]
        n_bytes = sum(map(len, outcome.made.values()))
        note = f"{outcome.reason}\n{outcome.detail}".rstrip()
        self._recorder.did(Did(run.op, EXECUTE, begin_ns, end_ns, cpu_ns, n_bytes, note))
        if outcome.reason:
            for flow in run.flows.values():
                flow.stop()
            return ExecuteFailed(now_ns, run.op, outcome.reason)
        for found, data in outcome.made.items():
            self._memory.enter(found, data)
        return Executed(now_ns, run.op, run.given.width)

    # stopping ---------------------------------------------------------------------------------------------

    def _cancel(self, cancel: Cancel) -> None:
        """Nothing of it enters memory, for a run that is stopped has failed; it may go on all the same."""
        if run := self._runs.get(cancel.op):
            run.given.brake.pull(NOT_WANTED)

    def _limit(self, run: Run, body: AnyBody) -> None:
        """Have a run stopped that takes too long. What waits for that keeps nothing of it."""
        if body.timeout_s is not None:
            op, limit_ns = run.op, round(body.timeout_s * NS_PER_S)
            reason = f"it ran for more than {body.timeout_s:g} s"
            self._driver.tell(lambda _: self._driver.after(limit_ns, lambda _: self._too_long(op, reason)))

    def _too_long(self, op: int, reason: str) -> None:
        if run := self._runs.get(op):
            run.given.brake.pull(reason)
            self._driver.after(self._grace_ns, lambda _: self._give_up(op, reason))

    def _give_up(self, op: int, reason: str) -> None:
        if run := self._runs.get(op):
            raise Unstoppable(run.task, reason)


def _arguments(given: Given) -> str:
    try:
        return writable(given.arguments())
    except Exception as error:  # of the arguments' own making
        return f"its arguments cannot be told: {type(error).__name__}"
