"""A run as others on the machine see it: nothing listens on a network, nothing is another user's to read or write."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from executor.local.platform import LocalPlatform
from tests.executor_local.programs import fan, ground, nap, platform_with, wait_until

N_TASKS = 3


def test_a_run_is_nobody_elses(tmp_path: Path) -> None:
    with ground(tmp_path, platform_with(client_callers=8)) as here, ThreadPoolExecutor(1) as aside:
        coming = aside.submit(here.run, fan(nap, N_TASKS, 1.0))
        frames = tmp_path / "run1" / "records"
        wait_until(lambda: sum(path.stat().st_size > 0 for path in frames.glob("[0-9]*.frames")) == N_TASKS)
        pids = (*here.local.pids, here.local.guard_pid, os.getpid())
        assert len(pids) == N_TASKS + 2
        assert not [*network_sockets(pids)]
        tops = [*tops_of(here.local, tmp_path)]
        assert [str(path) for path in tops if others_may(path)] == []
        found = {path.name for top in tops for path in top.rglob("*")}
        assert found >= {"client.frames", "brief.msgpack", "code.msgpack", "log.sqlite", "-1"}
        assert coming.result().result() == [*range(N_TASKS)]


def network_sockets(pids: tuple[int, ...]) -> Iterator[str]:
    """Sockets of these processes that somebody could reach, or that reach somebody."""
    inodes = set[str]()
    for descriptor in (path for pid in pids for path in Path(f"/proc/{pid}/fd").iterdir()):
        with suppress(FileNotFoundError):  # it has just been closed
            target = str(descriptor.readlink())
            inodes.add(target.removeprefix("socket:[").removesuffix("]"))
    for protocol in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        table = Path(f"/proc/net/{protocol}")
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            if line.split()[9] in inodes:
                yield f"{protocol} {line}"


def tops_of(local: LocalPlatform, folder: Path) -> Iterator[Path]:
    """The folders that hold all that a run has while it goes on: records, store, its sockets, the platform's own."""
    yield folder / "run1"
    yield folder / "store"
    yield Path(local._folder)
    for link in folder.rglob("mail"):
        yield link.readlink()


def others_may(folder: Path) -> bool:
    """Whether anybody but this user may enter a folder."""
    found = folder.lstat()
    assert stat.S_ISDIR(found.st_mode)
    return found.st_uid != os.geteuid() or bool(found.st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def test_who_listens_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)):
        assert [*network_sockets((os.getpid(),))]
