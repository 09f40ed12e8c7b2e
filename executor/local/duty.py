"""The duty cycle: where no quota can be set, processes are stopped while they are ahead of their share of CPU time.

Every few milliseconds the CPU time that a process and its children have used is read; who used more than was due to it
is stopped until it is due. A process may save up a little, as a quota grants it in periods.
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
_WHOLE_PROCESS: Final = 2
"""Of a process's CPU clock, as `clock_getcpuclockid` makes its number (Linux: CPUCLOCK_SCHED)."""
_NS_PER_TICK: Final = NS_PER_S // os.sysconf("SC_CLK_TCK")


class _Held:
    """A process held to its share."""

    __slots__ = ("budget_ns", "is_stopped", "pid", "read_ns", "used_ns", "vcpus")

    def __init__(self, pid: int, vcpus: float) -> None:
        self.pid = pid
        self.vcpus = vcpus
        self.read_ns = now_ns()
        self.used_ns = cpu_ns_of(pid)
        self.budget_ns = 0.0
        self.is_stopped = False

    def look(self) -> None:
        """Stop it, or let it go on."""
        now, used_ns = now_ns(), cpu_ns_of(self.pid)
        due_ns = (now - self.read_ns) * self.vcpus
        self.budget_ns = min(self.budget_ns + due_ns, _SAVED_NS * self.vcpus) - max(0, used_ns - self.used_ns)
        self.read_ns, self.used_ns = now, used_ns
        if (self.budget_ns < 0) != self.is_stopped:
            self.is_stopped = not self.is_stopped
            self._signal(signal.SIGSTOP if self.is_stopped else signal.SIGCONT)

    def let_go(self) -> None:
        """Held no longer."""
        if self.is_stopped:
            self._signal(signal.SIGCONT)

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
                for held in self._held.values():
                    held.look()
                if not self._held:
                    self._wanted.clear()
            self._wanted.wait()
            pause.wait(_TICK_S)


def cpu_ns_of(pid: int) -> int:
    """CPU time that a process and its children, those that it waited for included, have used. 0 if it is gone."""
    try:
        own_ns = time.clock_gettime_ns(~pid << 3 | _WHOLE_PROCESS)
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    waited_for_ns = sum(int(field) * _NS_PER_TICK for field in fields[13:15])
    return own_ns + waited_for_ns + sum(cpu_ns_of(int(child)) for child in children)
