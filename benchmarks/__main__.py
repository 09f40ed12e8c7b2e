"""`python -m benchmarks` runs all cases, each in a fresh process; `python -m benchmarks NAME…` only those."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.cases import CASES


def main() -> int:
    """One line a case: name, target, figure."""
    names = sys.argv[1:] or list(CASES)
    if unknown := [name for name in names if name not in CASES]:
        print(f"no such case: {', '.join(unknown)}; there are {', '.join(CASES)}", file=sys.stderr)
        return 2
    if len(names) == 1:
        target, measure = CASES[names[0]]
        print(f"{names[0]:32}{target:24}{measure()}")
        return 0
    for name in names:
        subprocess.run([sys.executable, "-m", "benchmarks", name], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
