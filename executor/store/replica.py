"""The replica: a ledger that is the same in every process, for each applies the same requests in the same order.

A request is appended to the log, all that came before it is applied, then it is itself, and what comes of it is the
answer: that of the one `Ledger`, whatever the store. A read first applies what is new. Who starts late, or again,
applies the log from its beginning.
"""

from collections.abc import Callable
from threading import Lock
from typing import TypeAlias, TypeVar

from msgspec import DecodeError, Struct, msgpack

from executor.worker import instructions as do
from executor.worker.events import Committed, News, Ready, SetsRead, SetState
from executor.worker.instructions import Entry
from executor.worker.ledger import Ledger
from executor.worker.view import View

from .requests import AnyRequest, Bury, Commit, Release, Subscribe
from .store import RequestLog, StoreError

_T = TypeVar("_T")

Question: TypeAlias = do.Commit | do.ReadSets | do.Subscribe | do.Release
"""What a machine asks the ledger."""
Sets: TypeAlias = tuple[SetState, ...]
_Commit: TypeAlias = tuple[tuple[Ready, ...], tuple[int, ...], bool, tuple[News, ...]]


class _Read(Struct, frozen=True, gc=False):
    """What came of a request that reads sets, at the instant at which it took effect."""

    sets: Sets
    superseded: bool
    released: bool


class Replica:
    """One run's ledger in one process. All methods raise StoreError: the request may have taken effect or not.

    Several threads may ask at once, and wait for the log at once.
    """

    def __init__(self, view: View, log: RequestLog) -> None:
        self._ledger = Ledger(view)
        self._log = log
        self._lock = Lock()
        """Held while entries are applied, never while the log is waited for."""
        self._applied = 0
        self._asking: dict[int, int] = {}
        """Per request under way, how much had been applied when it was sent; the first is the least."""
        self._asked = 0
        self._outcomes: dict[int, _Commit | _Read | None] = {}
        """What came of entries, by place, as long as one under way may want to know."""
        self._encoder = msgpack.Encoder()
        self._decoder = msgpack.Decoder(AnyRequest)

    def commit(self, marker: int, entries: tuple[Entry, ...]) -> _Commit:
        """Commit: (consumers to start, tasks lost, superseded, whom to tell)."""
        outcome = self._ask(Commit(marker, entries))
        assert isinstance(outcome, tuple)
        return outcome

    def subscribe(self, marker: int, tasks: tuple[int, ...]) -> tuple[Sets, bool]:
        """Declare an epoch live: the sets of its tasks, and whether the former epoch had released."""
        outcome = self._read_by(Subscribe(marker, tasks))
        return outcome.sets, outcome.released

    def release(self, marker: int, tasks: tuple[int, ...]) -> bool:
        """Declare an epoch gone unless one of ``tasks`` is complete; whether it is gone."""
        return self._read_by(Release(marker, tasks)).released

    def bury(self, worker: int, epoch: int) -> None:
        """The platform found an epoch dead."""
        self._ask(Bury(worker, epoch))

    def read(self, tasks: tuple[int, ...]) -> Sets:
        """The state of each task's set."""
        return self._look(lambda ledger: ledger.read(tasks))

    def superseded(self, marker: int) -> bool:
        """Whether a later epoch of the marker's worker is known."""
        return self._look(lambda ledger: ledger.superseded(marker))

    def answer(self, marker: int, question: Question, now_ns: Callable[[], int]) -> Committed | SetsRead:
        """Carry out what the machine of ``marker`` asks; the event that it is told, at the time of the answer."""
        if isinstance(question, do.Commit):
            ready, lost, superseded, news = self.commit(marker, question.entries)
            return Committed(now_ns(), question.op, ready, lost, superseded, news)
        if isinstance(question, do.ReadSets):
            found = self._look(lambda ledger: _Read(ledger.read(question.tasks), ledger.superseded(marker), False))
        else:
            kind = Subscribe if isinstance(question, do.Subscribe) else Release
            found = self._read_by(kind(marker, question.tasks))
        return SetsRead(now_ns(), question.op, found.sets, found.superseded, found.released)

    def _look(self, question: Callable[[Ledger], _T]) -> _T:
        """Apply what is new, then read."""
        with self._lock:
            seen = self._applied
        entries = self._log.read(seen)
        with self._lock:
            self._apply(seen, entries)
            return question(self._ledger)

    def _read_by(self, request: Subscribe | Release) -> _Read:
        outcome = self._ask(request)
        assert isinstance(outcome, _Read)
        return outcome

    def _ask(self, request: AnyRequest) -> _Commit | _Read | None:
        """Append a request, apply everything up to it; what came of it."""
        entry = self._encoder.encode(request)
        with self._lock:
            seen = self._applied
            self._asked += 1
            number = self._asked
            self._asking[number] = seen
        try:
            entries = self._log.append(entry, seen)
            with self._lock:
                self._apply(seen, entries)
                return self._outcomes[seen + len(entries)]
        finally:
            with self._lock:
                del self._asking[number]
                self._forget()

    def _forget(self) -> None:
        """Let go of outcomes that nobody under way can want: their places come after what had been applied."""
        wanted = next(iter(self._asking.values()), self._applied)
        while self._outcomes and (place := next(iter(self._outcomes))) <= wanted:
            del self._outcomes[place]

    def _apply(self, seen: int, entries: list[bytes]) -> None:
        """Apply those of the entries after ``seen`` that another thread has not applied meanwhile."""
        for entry in entries[self._applied - seen :]:
            try:
                request = self._decoder.decode(entry)
            except (DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise StoreError(f"entry {self._applied + 1} of the request log is no request: {error}") from error
            outcome = self._take(request)
            self._applied += 1
            if self._asking:
                self._outcomes[self._applied] = outcome

    def _take(self, request: AnyRequest) -> _Commit | _Read | None:
        ledger = self._ledger
        if isinstance(request, Commit):
            ready, lost, superseded = ledger.commit(request.marker, request.entries)
            news = () if lost or superseded else ledger.news(request.entries)
            return ready, lost, superseded, news
        if isinstance(request, Subscribe):
            sets, released = ledger.subscribe(request.marker, request.tasks)
            return _Read(sets, ledger.superseded(request.marker), released)
        if isinstance(request, Release):
            released = ledger.release(request.marker, request.tasks)
            return _Read(ledger.read(request.tasks), ledger.superseded(request.marker), released)
        ledger.bury(request.worker, request.epoch)
        return None
