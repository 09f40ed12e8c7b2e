"""Events: what a machine is told.

Every event carries the time (integer nanoseconds of its driver's clock). An event with an ``op`` is the one
terminal event of the asynchronous instruction that carries the same number. Tasks, objects and workers are
the integers of the `View`; the words are those of the project's vocabulary.
"""

from msgspec import Struct

from .instructions import Invoke


class Event(Struct, frozen=True, gc=False, tag=True, array_like=True):
    """Something that happened at ``time_ns``."""

    time_ns: int


class Started(Event, frozen=True, gc=False):
    """The invocation runs: these tasks were handed over as ready, with their parents' committed versions.

    None are if it was called early. ``also`` are calls to be made on behalf of whoever called.
    """

    tasks: tuple[int, ...]
    versions: tuple[tuple[int, ...], ...]
    also: tuple[Invoke, ...] = ()


class TaskReady(Event, frozen=True, gc=False):
    """All edges of ``task`` that come from other workers are marked (a notification; may come twice)."""

    task: int
    versions: tuple[int, ...]


class CompletedElsewhere(Event, frozen=True, gc=False):
    """Another worker committed ``task`` (a notification; may come twice). To the client the version is 0.

    ``width`` is told of a splitter: how many lanes of its map node are to run.
    """

    task: int
    version: int = 0
    width: int | None = None


class Wanted(Event, frozen=True, gc=False):
    """Another worker holds more of the input of ``task``: what ``parent`` made here is to be uploaded for it."""

    task: int
    parent: int


class Offered(Event, frozen=True, gc=False):
    """Another worker runs ``parent`` as ``version``: ``task`` can read what it makes (a notification; may come twice).

    Version 0: the worker of ``task`` asks for such an offer.
    """

    task: int
    parent: int
    version: int


class Fetched(Event, frozen=True, gc=False):
    """The object is in this worker's memory."""

    op: int


class FetchFailed(Event, frozen=True, gc=False):
    """The object could not be read; ``missing`` tells a store that lacks it from one that did not answer."""

    op: int
    missing: bool
    reason: str


class Executed(Event, frozen=True, gc=False):
    """The task's function returned; its outputs are in this worker's memory.

    ``width`` is told of a splitter: how many items the list has that it returned.
    """

    op: int
    width: int | None = None


class ExecuteFailed(Event, frozen=True, gc=False):
    """The task's function did not return."""

    op: int
    reason: str


class Uploaded(Event, frozen=True, gc=False):
    """The versioned object is in the store (not yet committed)."""

    op: int


class UploadFailed(Event, frozen=True, gc=False):
    """The versioned object is not in the store."""

    op: int
    reason: str


class Ready(Struct, frozen=True, gc=False, array_like=True):
    """A consumer that the asking marker completed, and whom it therefore starts.

    ``worker`` is the logical worker that will run it, ``live`` whether that worker listens now; if not, it is
    to be invoked as ``epoch``. ``versions`` are the committed versions of the task's parents, in their order.
    """

    task: int
    worker: int
    live: bool
    epoch: int
    versions: tuple[int, ...]


class News(Struct, frozen=True, gc=False, array_like=True):
    """A live worker that waits for ``task`` wants to hear that its parent is committed, in this version.

    Or, without a version, that what it holds back of ``parent`` is wanted; or, without a parent, that the task is its
    own to go on with, the parents' ``versions`` being these. ``width``: so many lanes of the parent are to run.
    """

    worker: int
    task: int
    parent: int
    version: int
    versions: tuple[int, ...] = ()
    width: int | None = None


class Committed(Event, frozen=True, gc=False):
    """The commit request was answered.

    ``news`` is for those who want to hear of commits before their tasks are ready; ``lost`` names tasks of the request
    that another version had already committed (then none of the request took effect); ``superseded`` says that a later
    epoch of this worker is alive.
    """

    op: int
    ready: tuple[Ready, ...]
    lost: tuple[int, ...]
    superseded: bool
    news: tuple[News, ...] = ()


class SetState(Struct, frozen=True, gc=False, array_like=True):
    """What the ledger knows of one task.

    ``missing`` counts the edges from other workers that are not marked yet, ``version`` is the committed one
    (0: none; `VOID`: it is never run), ``kept`` its outputs that only a worker's memory holds, ``owner`` the marker
    that completed its set. ``versions`` are those of its parents (0: none yet), once at most one edge is missing or if
    somebody wants to hear of each (else nobody needs them).
    """

    task: int
    missing: int
    version: int
    kept: tuple[int, ...]
    owner: int
    versions: tuple[int, ...]


class SetsRead(Event, frozen=True, gc=False):
    """Answer to a read, a subscription or a release: the state of each task asked for.

    ``released`` says of a release that it took effect: no task was complete, and who completes one now will invoke;
    of a subscription, that the former epoch left that way, so that nothing was lost (committed tasks are left out).
    """

    op: int
    sets: tuple[SetState, ...]
    superseded: bool
    released: bool = False


class InvokeAccepted(Event, frozen=True, gc=False):
    """The platform took the invocation (or had it already, ``is_known``: invocations are idempotent by name)."""

    op: int
    is_known: bool = False


class InvokeFailed(Event, frozen=True, gc=False):
    """The platform refused the invocation."""

    op: int
    reason: str


class InvocationLost(Event, frozen=True, gc=False):
    """To the client: the platform gave up delivering a worker's invocation."""

    worker: int
    epoch: int
    reason: str


class TimerFired(Event, frozen=True, gc=False):
    """The time set has passed."""

    op: int


class OpLost(Event, frozen=True, gc=False):
    """The driver cannot tell how the operation ended."""

    op: int
    reason: str


class Stop(Event, frozen=True, gc=False):
    """End at once: the run is over or given up."""

    reason: str


WorkerEvent = (
    Started
    | TaskReady
    | CompletedElsewhere
    | Wanted
    | Offered
    | Fetched
    | FetchFailed
    | Executed
    | ExecuteFailed
    | Uploaded
    | UploadFailed
    | Committed
    | SetsRead
    | InvokeAccepted
    | InvokeFailed
    | InvocationLost
    | TimerFired
    | OpLost
    | Stop
)
