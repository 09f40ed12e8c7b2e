"""An instance whose store fails by a script, and which may die at any request to it.

The platform of `tests.real.storm` starts it in place of `executor.instance.main`; the script stands in the environment.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from msgspec import json

from executor.instance import main as instance
from executor.instance import opened
from executor.store.opening import open_store
from executor.store.store import Store
from tests.executor_store.faulty import FaultyStore, Script

SCRIPT = "FAASCAST_TESTS_SCRIPT"
"""The variable that holds the script; each process has luck of its own."""
FIRST_LINES = f"import sys; sys.path[:] = [{{root!r}}, *{{path!r}}]; from {__name__} import main; main({{fd}})"
"""What its interpreter is told; of `executor.local.process` the same are filled in."""


def main(descriptor: int) -> None:
    """Serve the platform."""
    script = json.decode(os.environ[SCRIPT], type=Script)
    luck = replace(script, seed=script.seed + os.getpid())

    def open_faulty(*address: Any, **how: Any) -> Store:
        return FaultyStore(open_store(*address, **how), luck)

    vars(opened)[open_store.__name__] = open_faulty
    instance.main(descriptor)
