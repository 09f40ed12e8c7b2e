"""An invocation: a worker's machine, its driver, and the parts that carry its instructions out."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue

from executor.worker.events import Stop, WorkerEvent
from executor.worker.instructions import Exit
from executor.worker.invariants import check_machine
from executor.worker.machine import Worker
from executor.worker.view import View

from .brief import RECORDS, SCRATCH
from .calls import Calls, Platform
from .clock import clock_ns
from .driver import Driver, Turn
from .executions import Executions, Unstoppable
from .failures import in_full
from .memory import Memory
from .messages import Answered, Deliver
from .opened import OpenRun
from .parts import World, connect
from .records import DRIVER, NO_OPERATION, OPEN, Did, Recorder
from .transfers import Transfers

_OVER = "its worker has left"


class Invocation:
    """One delivery of a worker. Answers and a halt may come from another thread, even before it runs."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._turns: SimpleQueue[Turn] = SimpleQueue()
        self._calls: Calls | None = None

    def halt(self, reason: str) -> None:
        """Have the machine told to stop."""
        self._turns.put(lambda now_ns: Stop(now_ns, reason))

    def answered(self, answer: Answered) -> None:
        """The platform answered a call."""
        if answer.number == self._deliver.number:
            self._turns.put(lambda now_ns: self._take(answer, now_ns))

    def _take(self, answer: Answered, now_ns: int) -> WorkerEvent | None:
        return self._calls.take(answer, now_ns) if self._calls else None

    def carry_out(self, run: OpenRun, platform: Platform, begun: Callable[[int], None]) -> tuple[Exit, bool]:
        """From the start of the machine to its exit; and whether everything has come to rest.

        Unstoppable: only the end of the process ends it; whatever else it raises is an error of the driver. Both are in
        the records.
        """
        deliver = self._deliver
        recorder = Recorder(f"{run.folder}/{RECORDS}", str(deliver.number), deliver.worker, deliver.epoch)
        begin_ns = clock_ns()
        try:
            for opened in run.first_time():
                recorder.did(Did(NO_OPERATION, OPEN, *opened))
            return self._drive(run, recorder, platform, begun)
        except BaseException as error:
            note = str(error) if isinstance(error, Unstoppable) else in_full(error)
            recorder.did(Did(NO_OPERATION, DRIVER, begin_ns, clock_ns(), note=note))
            raise
        finally:
            recorder.close()

    def _drive(
        self, run: OpenRun, recorder: Recorder, platform: Platform, begun: Callable[[int], None]
    ) -> tuple[Exit, bool]:
        worker, epoch = self._deliver.worker, self._deliver.epoch
        machine = Worker(run.view, worker, epoch)
        examine = (lambda: check_machine(machine)) if run.brief.examined else None
        driver = Driver(machine, recorder, self._turns, examine)
        world = World(run.ledger, run.store.mail, platform, run.carriers)
        self._calls, post = connect(driver, recorder, world, worker, epoch)
        transfers, executions = _hands(run, driver, recorder, machine, f"{SCRATCH}/{self._deliver.number}")
        driver.carry_out |= {**transfers.table, **executions.table}
        if _is_written_to_early(run.view):
            post.try_to_listen()
        leave = driver.run(self._deliver.started, begun)
        transfers.close()
        is_at_rest = executions.stop_all(_OVER)
        post.close(run.brief.grace_s)
        return leave, is_at_rest


def _hands(
    run: OpenRun, driver: Driver, recorder: Recorder, machine: Worker, scratch: str
) -> tuple[Transfers, Executions]:
    """What moves and makes a worker's objects."""
    memory, patience_s, grace_s = Memory(), run.brief.chunk_timeout_s, run.brief.grace_s
    carried = driver.tell, recorder, run.carriers, run.store.objects
    transfers = Transfers(*carried, run.view, memory, machine.marker, patience_s)
    runs = driver, recorder, run.runners, memory, run.view, run.code
    return transfers, Executions(*runs, transfers, f"{run.folder}/{scratch}", grace_s)


def _is_written_to_early(view: View) -> bool:
    """Whether a worker may get letters before it has subscribed: offers, and claims to what it holds back."""
    return bool(view.streams) or view.delay_io is not None
