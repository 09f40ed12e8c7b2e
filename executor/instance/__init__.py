"""An instance: the process in which workers run, one invocation after another. Also what drives a machine in real time.

The standard library, msgspec, `executor.worker` and `executor.store` are all that it needs, for its start is part of
every result. What a task's code needs is imported when that task is run.
"""

import sys

from .clock import clock_ns

BOOTED_NS = clock_ns()
"""When this was imported: in an instance, the first thing that it does."""

# msgspec takes from `typing_extensions` what `typing` has as well, and importing that takes 8 ms of a cold start.
_UNWANTED = "typing_extensions"
if _UNWANTED not in sys.modules:
    sys.modules[_UNWANTED] = None  # type: ignore[assignment]
    try:
        import msgspec  # noqa: F401
    finally:
        del sys.modules[_UNWANTED]
