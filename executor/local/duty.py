"""The duty cycle: where no quota can be set, processes are stopped while they are ahead of their share of CPU time.

Every few milliseconds the CPU time that a process and all that it started have used is read; who used more than was due
to it is stopped until it is due. A process may save up a little, as a quota grants it in periods. What takes long to be
due is paid in instalments: who is stopped for long goes on for a moment now and then, so that nobody waits for ever for
what it holds, such as a lock.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

from executor.local.clock import NS_PER_S, now_ns

_TICK_S: Final = 0.005
_SAVED_NS: Final = 20_000_000
"""The most CPU time, at one vCPU, that is saved up."""
_LONGEST_STOP_NS: Final = 100_000_000
_BREATH_S: Final = 0.001
"""How long one goes on that was stopped for so long, though it is still ahead of its share."""
_FAMILY_NS: Final = 50_000_000
"""How often it is looked for what a process has started; what was there in between shows once it was waited for."""
_WHOLE_PROCESS: Final = 2
"""Of a process's CPU clock, as `clock_getcpuclockid` makes its number (Linux: CPUCLOCK_SCHED)."""
_NS_PER_TICK: Final = NS_PER_S // os.sysconf("SC_CLK_TCK")


class _Held:
    """A process held to its share."""

    __slots__ = ("budget_ns", "family", "found_ns", "pid", "read_ns", "stopped_ns", "used_ns", "vcpus")

    def __init__(self, pid: int, vcpus: float) -> None:
        self.pid = pid
        self.vcpus = vcpus
        self.read_ns = now_ns()
        self.family = _family(pid)
        self.found_ns = self.read_ns
        self.used_ns = sum(map(_own_cpu_ns, self.family))
        self.budget_ns = 0.0
        self.stopped_ns: int | None = None
        """Since when it has been stopped; None while it goes on."""

    def look(self) -> float:
        """Stop it, or let it go on; when to look again, in seconds from now."""
        self._count()
        if self.budget_ns >= 0:
            self.let_go()
        elif self.stopped_ns is None:
            self._signal(signal.SIGSTOP)
            self.stopped_ns = self.read_ns
        elif self.read_ns - self.stopped_ns >= _LONGEST_STOP_NS:
            self.let_go()
            return _BREATH_S
        return _TICK_S

    def let_go(self) -> None:
        """It goes on."""
        if self.stopped_ns is not None:
            self._signal(signal.SIGCONT)
            self.stopped_ns = None

    def _count(self) -> None:
        """What was due to it since the last look, and what it has used."""
        now = now_ns()
        if now - self.found_ns >= _FAMILY_NS:
            self.family, self.found_ns = _family(self.pid), now
        used_ns = sum(map(_own_cpu_ns, self.family))
        due_ns = (now - self.read_ns) * self.vcpus
        self.budget_ns = min(self.budget_ns + due_ns, _SAVED_NS * self.vcpus) - max(0, used_ns - self.used_ns)
        self.read_ns, self.used_ns = now, used_ns

    def _signal(self, number: signal.Signals) -> None:
        with suppress(OSError):
            os.killpg(self.pid, number)


class DutyCycle:
    """Holds any number of processes, in one thread that sleeps while there are none."""

    def __init__(self) -> None:
        self._held: dict[int, _Held] = {}
        self._lock = Lock()
        self._wanted = Event()
        self._over = False
        self._thread = Thread(target=self._run, name="faascast duty cycle", daemon=True)
        self._thread.start()

    def hold(self, pid: int, vcpus: float) -> None:
        """From now on a process group has so many vCPUs."""
        with self._lock:
            self._held[pid] = _Held(pid, vcpus)
        self._wanted.set()

    def release(self, pid: int) -> None:
        """It has as many as it likes; to be called before its number can be another's."""
        with self._lock:
            held = self._held.pop(pid, None)
            if held:
                held.let_go()

    def close(self) -> None:
        """Hold nobody any more."""
        self._over = True
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        pause = Event()
        while not self._over:
            with self._lock:
                pause_s = min((held.look() for held in self._held.values()), default=_TICK_S)
                if not self._held:
                    self._wanted.clear()
            self._wanted.wait()
            pause.wait(pause_s)


def cpu_ns_of(pid: int) -> int:
    """CPU time that a process and all that it started, those that were waited for included, have used. 0 if gone."""
    return sum(map(_own_cpu_ns, _family(pid)))


def _family(pid: int) -> list[int]:
    """A process and all that it started, as far as they are there."""
    found = [pid]
    for each in found:  # it grows meanwhile
        found += _children(each)
    return found


def _children(pid: int) -> list[int]:
    """What its threads have started: the system lists the children of each by itself."""
    children: list[int] = []
    with suppress(OSError):  # it has gone, or a thread has
        for thread in sorted(os.listdir(f"/proc/{pid}/task")):  # noqa: PTH208 (every few milliseconds)
            with suppress(OSError):
                children += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return children


def _own_cpu_ns(pid: int) -> int:
    """CPU time that a process and those that it waited for have used. 0 if it is gone."""
    try:
        own_ns = time.clock_gettime_ns(~pid << 3 | _WHOLE_PROCESS)
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0
    waited_for_ns = sum(int(field) * _NS_PER_TICK for field in fields[13:15])
    return own_ns + waited_for_ns
