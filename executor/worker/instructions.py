"""Instructions: what a machine asks its driver to do.

An instruction with an ``op`` is asynchronous and gets exactly one terminal event with that number; the others
are carried out at once and answered by nothing. The instructions of one step are ordered.
There is no "keep": outputs of executed tasks and fetched objects stay in memory until `Drop` or `Exit`.
"""

from msgspec import Struct

CLIENT = -1
"""The client's number where a worker's is expected."""


class Instruction(Struct, frozen=True, gc=False, tag=True, array_like=True):
    """Something to do."""


class Fetch(Instruction, frozen=True, gc=False):
    """Bring a committed version of an object into memory. Ends: Fetched, FetchFailed.

    It is the input at ``place`` of ``task``, on whose account it is fetched. In more than one of ``chunks`` it may not
    be committed yet, and be still in the making: chunk by chunk, each when it has been put. If the run that makes it
    fails, or no chunk comes for long, the fetch has failed.
    """

    op: int
    object: int
    version: int
    task: int
    place: int
    chunks: int = 1


class Execute(Instruction, frozen=True, gc=False):
    """Run the task's function on its inputs. Ends: Executed, ExecuteFailed.

    ``ahead`` are inputs of which chunks are still coming: it ends after their fetches, and fails if one of these does.
    ``absent`` are inputs that there are not, for the lanes that would make them are void.
    Outputs that are streamed (`View.chunks`) are put chunk by chunk while it runs.
    """

    op: int
    task: int
    ahead: tuple[int, ...] = ()
    absent: tuple[int, ...] = ()


class Upload(Instruction, frozen=True, gc=False):
    """Put an output of ``task`` under its versioned key. Ends: Uploaded, UploadFailed.

    Of one that is streamed (`View.chunks`) those chunks that have not been put while the task ran.
    """

    op: int
    object: int
    version: int
    task: int


class Entry(Struct, frozen=True, gc=False, array_like=True):
    """One task of a commit: its version, and those of its outputs that only this worker's memory holds.

    The edges to the children in ``held`` are not marked: the worker waits with what these need. ``width`` is told of
    a splitter: how many lanes of its map node are to run.
    """

    task: int
    version: int
    kept: tuple[int, ...]
    held: tuple[int, ...] = ()
    width: int | None = None


class Commit(Instruction, frozen=True, gc=False):
    """Commit the tasks and mark their edges towards other workers, in one atomic request. Ends: Committed.

    One request, so that no crash can fall between a commit and its marks, and a round trip is saved. It holds
    as a whole or not at all: tasks that ran ahead on one another's uncommitted outputs go together.
    """

    op: int
    entries: tuple[Entry, ...]


class ReadSets(Instruction, frozen=True, gc=False):
    """Read the dependency sets of tasks, on account of ``task``. Ends: SetsRead."""

    op: int
    task: int
    tasks: tuple[int, ...]


class Subscribe(Instruction, frozen=True, gc=False):
    """Declare this epoch live, listen for notifications, and read the sets of tasks. Ends: SetsRead."""

    op: int
    task: int
    tasks: tuple[int, ...]


class Release(Instruction, frozen=True, gc=False):
    """Declare this epoch released and read the sets of its tasks: if one is complete it stays live. Ends: SetsRead."""

    op: int
    task: int
    tasks: tuple[int, ...]


class Publish(Instruction, frozen=True, gc=False):
    """Tell a live worker that a task of its is ready, or the client that a goal is committed.

    With a ``parent``: that this one of the task's parents is committed, in the one version given; without a version,
    that its output, held back, is wanted (`messages`). With a ``width``: that so many lanes of the parent run.
    """

    worker: int
    task: int
    versions: tuple[int, ...]
    parent: int = -1
    width: int | None = None


class Offer(Instruction, frozen=True, gc=False):
    """Tell a live worker, which is to run ``task``, that its ``parent`` runs here as ``version`` and can be read ahead.

    Version 0 asks for that: whether the parent runs there.
    """

    worker: int
    task: int
    parent: int
    version: int


class Invoke(Instruction, frozen=True, gc=False):
    """Have the platform start ``worker`` as ``epoch`` with ``task`` ready. Ends: InvokeAccepted, InvokeFailed.

    With ``is_early``, on account of ``task``, which is not ready yet: the worker is started with nothing handed over.
    ``also`` are calls that it is to make first thing.
    """

    op: int
    worker: int
    epoch: int
    task: int
    versions: tuple[int, ...]
    memory_mb: int
    is_early: bool = False
    also: tuple["Invoke", ...] = ()


class Prewarm(Instruction, frozen=True, gc=False):
    """Have the platform run an invocation that does nothing. Ends: InvokeAccepted, InvokeFailed."""

    op: int
    memory_mb: int


class Drop(Instruction, frozen=True, gc=False):
    """Let go of an object in memory: nothing here needs it any more. An upload that has begun keeps what it sends."""

    object: int


class Cancel(Instruction, frozen=True, gc=False):
    """What the run ``op`` will make is void: none of it enters memory. The run ends like any other.

    Who can stop it may do so; it counts as failed then.
    """

    op: int


class SetTimer(Instruction, frozen=True, gc=False):
    """Wake this machine after ``delay_ns``. Ends: TimerFired.

    A *watch* only looks whether some message was lost: a run in which nothing else is left to happen is stuck.
    """

    op: int
    delay_ns: int
    is_watch: bool = False


class Exit(Instruction, frozen=True, gc=False):
    """The machine is finished: ``done``, ``released``, ``superseded``, ``stopped``, or ``failed``.

    ``task`` is the one that it failed at, −1 if none.
    """

    status: str
    reason: str
    task: int = -1


AnyInstruction = (
    Fetch
    | Execute
    | Upload
    | Drop
    | Cancel
    | Commit
    | ReadSets
    | Subscribe
    | Release
    | Publish
    | Offer
    | Invoke
    | Prewarm
    | SetTimer
    | Exit
)
