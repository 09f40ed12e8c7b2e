"""An instance: the process in which workers run, one invocation after another. Also what drives a machine in real time.

The standard library, msgspec, `executor.worker` and `executor.store` are all that it needs, for its start is part of
every result. What a task's code needs is imported when that task is run.
"""

import sys

from .clock import clock_ns

BOOTED_NS = clock_ns()
"""When this was imported: in an instance, the first thing that it does."""


def _load_msgspec() -> None:
    """Without `typing_extensions`: msgspec takes from there what `typing` has as well, and its import takes 8 ms."""
    unwanted = "typing_extensions"
    if unwanted in sys.modules:
        return
    sys.modules[unwanted] = None  # type: ignore[assignment]
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules[unwanted]


_load_msgspec()
