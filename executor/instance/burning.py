"""Burning: a task that uses as much time and CPU as it is told, and makes as many bytes.

CPU time is counted, not wall time, and used by a hash that leaves Python to others meanwhile: on a slow or shared CPU
it takes longer, like any other computation.
"""

from math import ceil
from threading import Event, Thread

from .bundle import BurnTask
from .clock import cpu_clock_ns
from .driver import NS_PER_S
from .given import Given
from .values import pattern

_PIECE = bytes(64 * 1024)
"""Hashed in 50-100 µs: that much may a run be too long."""


def run_burn(task: BurnTask, given: Given) -> dict[int, bytes]:
    """Burn share by share, so that chunks can come and go in between. Stopped, TaskFailed."""
    made = {found: pattern(found, n_bytes) for found, n_bytes in task.outputs}
    shares, stop = given.chunks, Event()
    burners = _burners(task.cpu_s, task.parallelism)
    given.cpu_ns = 0
    put = dict.fromkeys(given.streamed, 0)
    with given.brake.stops(stop.set):
        for share in range(1, shares + 1):
            given.wait_for_share(share, shares)
            stop.wait(task.io_s / shares)
            _burn([cpu_s / shares for cpu_s in burners], stop, given)
            given.brake.check()
            _hand_on(made, put, share / shares, given)
    return made


def _burners(cpu_s: float, parallelism: float) -> list[float]:
    """CPU seconds of each thread: together all, and no more than ``parallelism`` at once; the last may have less."""
    whole = cpu_s / parallelism
    return [whole * min(1.0, parallelism - number) for number in range(ceil(parallelism))]


def _burn(burners: list[float], stop: Event, given: Given) -> None:
    others = [Thread(target=_use, args=(cpu_s, stop), name="burn", daemon=True) for cpu_s in burners[1:]]
    for other in others:
        other.start()
    _use(burners[0], stop)
    for other in others:
        other.join()
    assert given.cpu_ns is not None
    given.cpu_ns += round(sum(burners[1:]) * NS_PER_S)


def _use(cpu_s: float, stop: Event) -> None:
    from hashlib import blake2b  # only who burns needs it, and it would make every start slower

    until_ns = cpu_clock_ns() + round(cpu_s * NS_PER_S)
    while cpu_clock_ns() < until_ns and not stop.is_set():
        blake2b(_PIECE)


def _hand_on(made: dict[int, bytes], put: dict[int, int], part: float, given: Given) -> None:
    """Hand on the chunks that are made by now, but for the last."""
    for found, chunks in given.streamed.items():
        each = len(made[found]) // chunks
        while put[found] < min(chunks - 1, int(part * chunks + 1e-9)):
            given.made(found, made[found][put[found] * each : (put[found] + 1) * each])
            put[found] += 1
