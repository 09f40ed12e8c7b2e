"""A run's folder, made by hand: what an instance finds there, and what it leaves."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import cloudpickle
from msgspec import msgpack

from executor.instance import brief
from executor.instance.brief import Brief
from executor.instance.bundle import AnyBody, Bundle, PythonTask
from executor.instance.reading import read_did, read_frames
from executor.instance.records import Did
from executor.instance.values import decode, encode
from executor.store.opening import open_store
from executor.store.replica import Replica
from executor.store.store import INITIAL_VERSION, WHOLE
from executor.view import make_view
from executor.worker.replay import Difference, Frame, Header, replay
from executor.worker.view import View
from planners.orders import Orders
from planners.plan import Plan, PlannedWorker
from platforms import Platform, load_platform
from workloads import Workflow

KEY = bytes(range(32))
LOCAL = load_platform(
    "ideal",
    {
        "sizes.mb_per_vcpu": 1024,
        "faults.retry": {"attempts": 3, "initial_s": 0.01, "factor": 2.0, "maximum_s": 0.1},
        "limits.backoff": {"attempts": 20, "initial_s": 0.01, "factor": 2.0, "maximum_s": 0.1},
        "faults.poll_s": 1.0,
    },
)
SIZE_MB = 1024


class Ref(int):
    """A data object's number, where its value belongs in a function's arguments."""


class _Arguments(pickle.Pickler):
    def persistent_id(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return int(value)
        return value.pid if isinstance(value, Item) else None


class Item:
    """One item of an object."""

    def __init__(self, found: int, index: Any) -> None:
        self.pid = (found, index)


def arguments(*args: Any, **kwargs: Any) -> bytes:
    """Packed arguments of a function."""
    packed = BytesIO()
    _Arguments(packed, 5).dump((args, kwargs))
    return packed.getvalue()


class Functions:
    """Collects the functions of a bundle."""

    def __init__(self) -> None:
        self.packed: list[bytes] = []

    def task(
        self, function: Callable[..., Any], *args: Any, outputs: Sequence[int] = (), timeout_s: float | None = None
    ) -> PythonTask:
        self.packed.append(cloudpickle.dumps(function))
        return PythonTask(len(self.packed) - 1, arguments(*args), tuple(outputs), timeout_s)


def plan_of(
    workflow: Workflow, assignment: Sequence[int | None], *, orders: Orders | None = None, size_mb: int = SIZE_MB
) -> Plan:
    n_workers = max((worker + 1 for worker in assignment if worker is not None), default=0)
    return Plan(
        planner="by hand",
        workflow=workflow.fingerprint,
        workers=tuple(PlannedWorker(f"w{i}", size_mb, hold=True) for i in range(n_workers)),
        assignment=tuple(assignment),
        flexible_mb=size_mb if None in assignment else None,
        priority=tuple(range(workflow.n_tasks)),
        orders=orders or Orders(),
    )


def view_of(
    workflow: Workflow,
    assignment: Sequence[int | None],
    *,
    platform: Platform = LOCAL,
    orders: Orders | None = None,
    size_mb: int = SIZE_MB,
) -> View:
    return make_view(workflow, plan_of(workflow, assignment, orders=orders, size_mb=size_mb), platform)


class Stage:
    """A run in a folder of its own, with a store of files beside it."""

    def __init__(
        self,
        folder: Path,
        view: View,
        tasks: Iterable[AnyBody],
        functions: Functions,
        *,
        store: str = "",
        **said: Any,
    ) -> None:
        run = folder / "run"
        for each in (run, run / brief.RECORDS, run / brief.SCRATCH):
            each.mkdir(mode=0o700)
        self.folder = str(run)
        self.view = view
        self.brief = Brief(store=store or f"files:{folder / 'store'}", name="run", key=KEY, examined=True, **said)
        self.store = open_store(self.brief.store, self.brief.name, self.brief.key)
        brief.write(self.folder, brief.BRIEF, self.brief)
        brief.write(self.folder, brief.VIEW, view)
        brief.write(self.folder, brief.CODE, Bundle(tuple(functions.packed), tuple(tasks)))

    def put(self, found: int, value: object) -> None:
        """Put an object that no task makes."""
        self.store.objects.put(found, INITIAL_VERSION, WHOLE, encode(value))

    def committed(self, task: int, found: int) -> Any:
        """The value of an output, in the version that was committed."""
        [state] = Replica(self.view, self.store.log).read((task,))
        return self.result(found, state.version)

    def result(self, found: int, version: int) -> Any:
        return decode(self.store.objects.get(found, version, WHOLE))

    def frames(self, name: str | int) -> list[Frame]:
        return list(read_frames(f"{self.folder}/{brief.RECORDS}", str(name)))

    def did(self, name: str | int) -> list[Did]:
        return list(read_did(f"{self.folder}/{brief.RECORDS}", str(name)))

    def names(self) -> list[str]:
        """Whose records there are."""
        return sorted(path.stem for path in (Path(self.folder) / brief.RECORDS).glob("*.frames"))

    def replayed(self) -> Difference | None:
        """All frames through fresh machines."""
        return replay(BytesIO(b"".join(self._log())))

    def _log(self) -> Iterator[bytes]:
        entries = [
            msgpack.encode(Header(self.view)),
            *(msgpack.encode(f) for n in self.names() for f in self.frames(n)),
        ]
        for entry in entries:
            yield len(entry).to_bytes(4, "little") + entry

    def scratch(self) -> list[str]:
        """What is left of programs."""
        return sorted(path.name for path in (Path(self.folder) / brief.SCRATCH).iterdir())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.destroy()
