"""Transfers: objects from the store into memory and back, each carried by a thread of its own.

How many are under way at once is the machine's business.
"""

from collections.abc import Callable
from threading import Lock

from executor.store.store import WHOLE, Data, Missing, Objects, StoreError
from executor.worker.events import Fetched, FetchFailed, Uploaded, UploadFailed, WorkerEvent
from executor.worker.instructions import Drop, Fetch, Upload
from executor.worker.view import View

from .chunks import Broken, Flow, get_all, get_as_they_come
from .clock import clock_ns
from .driver import Table, Turn
from .failures import in_full, reason_of
from .memory import Memory, Reading
from .pool import Threads
from .records import FETCH, NO_OPERATION, UPLOAD, Did, Recorder


class Transfers:
    """The transfers of one machine. ``version`` is that of what it makes; for a chunk it waits ``patience_s``."""

    def __init__(
        self,
        tell: Callable[[Turn], None],
        recorder: Recorder,
        threads: Threads,
        objects: Objects,
        view: View,
        memory: Memory,
        version: int,
        patience_s: float,
    ) -> None:
        self._tell = tell
        self._recorder = recorder
        self._threads = threads
        self._objects = objects
        self._view = view
        self._memory = memory
        self._version = version
        self._patience_s = patience_s
        self._flows: dict[int, Flow] = {}
        self._turns: dict[int, Lock] = {}
        self._is_over = False

    @property
    def table(self) -> Table:
        """What is carried out here."""
        return {Fetch: self._fetch, Upload: self._upload, Drop: lambda drop: self._memory.drop(drop.object)}

    def close(self) -> None:
        """The machine has left: wait for nothing more."""
        self._is_over = True
        for flow in self._flows.values():
            flow.stop()

    # fetching ---------------------------------------------------------------------------------------------

    def _fetch(self, fetch: Fetch) -> None:
        reading = None
        if fetch.chunks > 1:
            reading = self._memory.coming[fetch.object] = Reading(fetch.chunks)
        self._threads.do(lambda: self._get(fetch, reading))

    def _get(self, fetch: Fetch, reading: Reading | None) -> None:
        begin_ns = clock_ns()
        try:
            data = self._read(fetch, reading)
        except Exception as error:  # whatever it is, the machine has to know that nothing came
            is_missing = isinstance(error, Missing | Broken)
            reason, detail = _told(error)
            self._tell(lambda now_ns: self._not_got(fetch, reading, begin_ns, now_ns, is_missing, reason, detail))
            return
        end_ns = clock_ns()
        self._tell(lambda now_ns: self._got(fetch, reading, begin_ns, end_ns, data, now_ns))

    def _read(self, fetch: Fetch, reading: Reading | None) -> bytes:
        found, version = fetch.object, fetch.version
        if reading:
            return get_as_they_come(self._objects, found, version, reading, self._patience_s, lambda: self._is_over)
        chunks = self._view.chunks.get(found)
        if chunks:
            return get_all(self._objects, found, version, chunks)
        return self._objects.get(found, version, WHOLE)

    def _got(
        self, fetch: Fetch, reading: Reading | None, begin_ns: int, end_ns: int, data: bytes, now_ns: int
    ) -> WorkerEvent:
        self._recorder.did(Did(fetch.op, FETCH, begin_ns, end_ns, n_bytes=len(data)))
        self._memory.enter(fetch.object, data)
        self._ends(fetch, reading, data)
        return Fetched(now_ns, fetch.op)

    def _not_got(
        self,
        fetch: Fetch,
        reading: Reading | None,
        begin_ns: int,
        now_ns: int,
        is_missing: bool,
        reason: str,
        detail: str,
    ) -> WorkerEvent:
        self._recorder.did(Did(fetch.op, FETCH, begin_ns, now_ns, note=detail))
        self._ends(fetch, reading, None)
        return FetchFailed(now_ns, fetch.op, is_missing, reason)

    def _ends(self, fetch: Fetch, reading: Reading | None, data: Data | None) -> None:
        """Tell the runs that read ahead."""
        if reading:
            if self._memory.coming.get(fetch.object) is reading:
                del self._memory.coming[fetch.object]
            reading.end(data)

    # uploading --------------------------------------------------------------------------------------------

    def _upload(self, upload: Upload) -> None:
        data = self._memory.held(upload.object)
        flow = self._flows.get(upload.object)
        self._threads.do(lambda: self._put(upload, data, flow))

    def _put(self, upload: Upload, data: Data, flow: Flow | None) -> None:
        begin_ns = clock_ns()
        try:
            if flow:
                n_bytes = flow.finish(data)
            else:
                self._objects.put(upload.object, upload.version, WHOLE, data)
                n_bytes = len(data)
        except Exception as error:  # whatever it is, the machine has to know that it may not be there
            reason, detail = _told(error)
            self._tell(lambda now_ns: self._not_put(upload, begin_ns, reason, detail, now_ns))
            return
        end_ns = clock_ns()
        self._tell(lambda now_ns: self._was_put(upload, begin_ns, end_ns, n_bytes, now_ns))

    def _was_put(self, upload: Upload, begin_ns: int, end_ns: int, n_bytes: int, now_ns: int) -> WorkerEvent:
        self._recorder.did(Did(upload.op, UPLOAD, begin_ns, end_ns, n_bytes=n_bytes))
        return Uploaded(now_ns, upload.op)

    def _not_put(self, upload: Upload, begin_ns: int, reason: str, detail: str, now_ns: int) -> WorkerEvent:
        self._recorder.did(Did(upload.op, UPLOAD, begin_ns, now_ns, note=detail))
        return UploadFailed(now_ns, upload.op, reason)

    # chunks that are put while their task runs ------------------------------------------------------------

    def begins(self, op: int, task: int) -> dict[int, Flow]:
        """A run begins: the flows of those of its outputs that are streamed, by object."""
        begun = {}
        for found in self._view.outputs[task]:
            chunks = self._view.chunks.get(found)
            if chunks:
                if found in self._flows:
                    self._flows[found].stop()
                turn = self._turns.setdefault(found, Lock())
                begun[found] = Flow(self._objects, found, self._version, chunks, op, turn)
        self._flows.update(begun)
        return begun

    def put_made(self, flow: Flow) -> None:
        """A chunk was made: put it; from any thread."""
        self._threads.do(lambda: self._put_made(flow))

    def _put_made(self, flow: Flow) -> None:
        begin_ns, note, n_bytes = clock_ns(), "", None
        try:
            n_bytes = flow.put_made()
        except Exception as error:  # it is put again with the last chunk
            note = _told(error)[1]
        did = Did(NO_OPERATION, UPLOAD, begin_ns, clock_ns(), n_bytes=n_bytes, note=note)
        if n_bytes or note:
            self._tell(lambda now_ns: self._recorder.did(did))


def _told(error: Exception) -> tuple[str, str]:
    """A failure in one line, and in full."""
    return (str(error), str(error)) if isinstance(error, StoreError) else (reason_of(error), in_full(error))
