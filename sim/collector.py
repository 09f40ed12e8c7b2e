"""Python's garbage collector while a run is simulated.

Next to nothing that a run makes can be thrown away before it ends; what is in cycles can all be then. A collector that
works in between looks through it in vain, takes it for long-lived, and at last goes through all there is.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Inside, nothing is collected; an inner one leaves that to the outer one."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
