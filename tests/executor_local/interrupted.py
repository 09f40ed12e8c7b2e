"""A user's process, for tests that stop or kill it: carries out a program of naps, and tells which processes it has.

Called with the folder, and how long a nap is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from executor.local.platform import LocalPlatform
from executor.local.run import Interrupted
from planners.registry import make_planner
from tests.executor_local.programs import fan, nap, platform_with

INTERRUPTED = 130


def main(folder: Path, seconds: float) -> int:
    """Carry it out; 130 if it was interrupted, as a shell has it."""
    program = fan(nap, 3, seconds)
    with LocalPlatform(platform_with(client_callers=8)) as local:
        (folder / "guard").write_text(str(local.guard_pid))
        plan = make_planner("one-per-task").plan(program.workflow, local.platform)
        try:
            run = local.run(program, plan, store=f"files:{folder / 'store'}", out=folder / "run", seed=1)
        except Interrupted as stop:
            print(stop)
            return INTERRUPTED
    print(run.result())
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))
