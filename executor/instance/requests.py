"""Requests: what a machine asks the ledger, and the ledger's answers."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from msgspec.structs import replace

from executor.store.store import StoreError
from executor.worker.events import Committed, OpLost, SetsRead, WorkerEvent
from executor.worker.instructions import Commit, ReadSets, Release, Subscribe

from .clock import clock_ns
from .driver import Table, Turn
from .failures import in_full, reason_of
from .pool import Threads
from .records import COMMIT, READ, Did, Recorder

Question: TypeAlias = Commit | ReadSets | Subscribe | Release


class Ledger(Protocol):
    """What is needed of the ledger (`executor.store.replica.Replica`)."""

    def answer(self, marker: int, question: Question, now_ns: Callable[[], int]) -> Committed | SetsRead:
        """Carry out a request, and wait for its answer. StoreError: it may have been carried out or not."""


class Requests:
    """Has one machine's requests answered, each by a thread. ``listen`` is called before others are told to write."""

    def __init__(
        self,
        tell: Callable[[Turn], None],
        recorder: Recorder,
        threads: Threads,
        ledger: Ledger,
        marker: int,
        listen: Callable[[], None],
    ) -> None:
        self._tell = tell
        self._recorder = recorder
        self._threads = threads
        self._ledger = ledger
        self._marker = marker
        self._listen = listen

    @property
    def table(self) -> Table:
        """What is carried out here."""
        return {Commit: self._ask, ReadSets: self._ask, Release: self._ask, Subscribe: self._subscribe}

    def _subscribe(self, subscribe: Subscribe) -> None:
        try:
            self._listen()
        except StoreError as error:
            reason, now_ns = str(error), clock_ns()
            self._tell(lambda at_ns: self._lost(subscribe, now_ns, reason, reason, at_ns))
        else:
            self._ask(subscribe)

    def _ask(self, question: Question) -> None:
        self._threads.do(lambda: self._answer(question))

    def _answer(self, question: Question) -> None:
        begin_ns = clock_ns()
        try:
            answer = self._ledger.answer(self._marker, question, clock_ns)
        except Exception as error:  # whatever it is, the machine has to know that there is no answer
            reason = str(error) if isinstance(error, StoreError) else reason_of(error)
            detail = in_full(error)
            self._tell(lambda now_ns: self._lost(question, begin_ns, reason, detail, now_ns))
            return
        self._tell(lambda now_ns: self._answered(question, begin_ns, answer, now_ns))

    def _answered(self, question: Question, begin_ns: int, answer: Committed | SetsRead, now_ns: int) -> WorkerEvent:
        self._recorder.did(Did(question.op, _kind(question), begin_ns, answer.time_ns))
        return replace(answer, time_ns=now_ns)

    def _lost(self, question: Question, begin_ns: int, reason: str, detail: str, now_ns: int) -> WorkerEvent:
        self._recorder.did(Did(question.op, _kind(question), begin_ns, now_ns, note=detail))
        return OpLost(now_ns, question.op, reason)


def _kind(question: Question) -> str:
    return COMMIT if isinstance(question, Commit) else READ
