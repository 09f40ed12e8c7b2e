"""An instance: the process in which workers run, one invocation after another. Also what drives a machine in real time.

The standard library, msgspec, `executor.worker` and `executor.store` are all that it needs, for its start is part of
every result. What a task's code needs is imported when that task is run.
"""

from time import monotonic_ns

BOOTED_NS = monotonic_ns()
"""When this was imported: in an instance, the first thing that it does."""
