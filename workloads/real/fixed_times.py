"""fixed_times: chains of sleeps, which count the tasks on the way."""

from __future__ import annotations

import time

from workloads.generators import FixedTimes
from workloads.real.builtin import Builtin


def sleep(*counted: int, sleep_s: float) -> int:
    """How many tasks there have been with this one, after a sleep."""
    time.sleep(sleep_s)
    return 1 + sum(counted)


FIXED_TIMES = Builtin(
    generator=FixedTimes,
    functions={"sleep": sleep},
    given=lambda fixed: {},
    straight=lambda fixed: fixed.n_tasks,
    small=lambda told: {"sleep_s": 0.1},
    options=lambda fixed, function, numbers: {"sleep_s": fixed.sleep_s},
)
