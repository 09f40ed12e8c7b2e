"""The duty cycle counts all that a process starts, and stops nobody for long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from executor.instance.commands import _children
from executor.local import duty
from executor.local.duty import _LONGEST_STOP_NS, _Held, cpu_ns_of
from tests.executor_local.programs import is_there, wait_until

BY_A_THREAD = """
import subprocess, sys, threading
def start():
    child = subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"])
    print(child.pid, flush=True)
    child.wait()
threading.Thread(target=start).start()
"""


@contextmanager
def burning_in_a_child() -> Iterator[tuple[int, int]]:
    """A process, one of whose threads has started another that computes; both their numbers."""
    with subprocess.Popen(
        [sys.executable, "-S", "-c", BY_A_THREAD], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        try:
            yield process.pid, child
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_what_a_thread_has_started_counts_and_is_found() -> None:
    with burning_in_a_child() as (pid, child):
        assert _children(pid) == [child]
        before_ns = cpu_ns_of(pid)
        wait_until(lambda: cpu_ns_of(pid) - before_ns > 100_000_000)
    assert cpu_ns_of(2**22 + 1) == 0


def test_a_process_that_computes_in_a_program_is_stopped() -> None:
    with burning_in_a_child() as (pid, child):
        held = _Held(pid, 0.05)
        wait_until(lambda: held.look() > 0 and held.stopped_ns is not None)
        wait_until(lambda: state_of(child) == "T")
        held.let_go()
        wait_until(lambda: state_of(child) != "T")
    wait_until(lambda: not is_there(child))


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_debt_is_paid_in_instalments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who owes seconds goes on for a moment, again and again; who owes nothing, at once."""
    now, signals = [0], []
    monkeypatch.setattr(duty, "now_ns", lambda: now[0])
    monkeypatch.setattr(duty, "_family", lambda pid: [pid])
    monkeypatch.setattr(duty, "_own_cpu_ns", lambda pid: used[0])
    monkeypatch.setattr(os, "killpg", lambda pid, number: signals.append((now[0], number)))
    used = [0]
    held = _Held(1, 0.1)
    used[0] = 50_000_000  # 500 ms of its share
    while now[0] < 700_000_000:
        now[0] += round(held.look() * 1e9)
    stops = [at_ns for at_ns, number in signals if number == signal.SIGSTOP]
    goes = [at_ns for at_ns, number in signals if number == signal.SIGCONT]
    assert len(stops) == len(goes) == 5
    assert all(0 < go - stop <= _LONGEST_STOP_NS for stop, go in zip(stops, goes, strict=True))
    assert sum(go - stop for stop, go in zip(stops, goes, strict=True)) >= 490_000_000
