"""Before a run: its folder, with all that its instances read, and the objects that are there from the start."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import partial
from hashlib import blake2b
from pathlib import Path

from msgspec.structs import replace

from executor.instance import brief as files
from executor.instance.brief import Brief
from executor.instance.bundle import Bundle
from executor.instance.values import encode, pattern
from executor.local.clock import NS_PER_S
from executor.local.pace import pace_of
from executor.local.patience import patiently
from executor.local.process import search_path
from executor.store.store import INITIAL_VERSION, WHOLE, Store
from executor.view import make_view
from executor.worker.retry import Retry
from executor.worker.view import View
from planners.plan import Plan
from platforms import Platform
from workloads.errors import Fault, InvalidInput
from workloads.program import Filler, Program

_KEY_BYTES = 32


def make_folder(out: str | Path) -> str:
    """The run's folder, for its owner alone: new, or empty. InvalidInput: something is there."""
    folder = Path(out).absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        if any(folder.iterdir()):
            raise InvalidInput((Fault("run", "out", str(folder), "a new or an empty folder"),))
        for name in (files.RECORDS, files.SCRATCH):
            (folder / name).mkdir(mode=0o700)
    except OSError as error:
        raise InvalidInput((Fault("run", "out", str(folder), f"a folder to write to ({error.strerror})"),)) from error
    return str(folder)


def make_brief(store: str, platform: Platform, *, examined: bool = False) -> Brief:
    """What instances have to know; the run's name in the store, and its key, are new and nobody's guess."""
    name, key = f"run-{secrets.token_hex(8)}", secrets.token_bytes(_KEY_BYTES)
    pace = pace_of(platform)
    return Brief(store, name, key, folders=search_path(), cwd=str(Path.cwd()), pace=pace, examined=examined)


def salted_view(program: Program, plan: Plan, platform: Platform, seed: int) -> View:
    """The view of the run's machines; their back-offs are the seed's."""
    view = make_view(program.workflow, plan, platform)
    salt = int.from_bytes(blake2b(str(seed).encode(), digest_size=6).digest(), "big")
    return replace(view, again=replace(view.again, salt=salt), call_again=replace(view.call_again, salt=salt))


def prewarms_of(plan: Plan) -> tuple[tuple[int, int], ...]:
    """What the client is told of prewarms: (delay in ns, memory in MB), one for each."""
    return tuple(
        (round(prewarm.at_s * NS_PER_S), prewarm.memory_mb) for prewarm in plan.prewarms for _ in range(prewarm.count)
    )


def write_files(folder: str, brief: Brief, view: View, bundle: Bundle) -> None:
    """Everything that instances read."""
    files.write(folder, files.CODE, bundle)
    files.write(folder, files.VIEW, view)
    files.write(folder, files.BRIEF, brief)


def put_given(store: Store, given: Mapping[int, object], again: Retry) -> None:
    """The objects that no task makes; what fails is tried ``again``. StoreError."""
    for found, value in given.items():
        data = pattern(found, value.bytes) if isinstance(value, Filler) else encode(value)
        patiently(again, partial(store.objects.put, found, INITIAL_VERSION, WHOLE, data))
