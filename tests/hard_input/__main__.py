"""`python -m tests.hard_input 1234 2000-2999`: carry cases out again, tell what came of them and what went wrong.

Each case has a process of its own, with so much memory and processor time: a bomb or a hang ends it alone, and is
said so. At the end violations are counted by what and where they are.
"""

from __future__ import annotations

import os
import re
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from signal import Signals

from tests.hard_input.cases import KINDS, carry_out, kind_of, prepare

_MOST_BYTES = 4 * 2**30
_MOST_CPU_S = 60


def numbers(arguments: list[str]) -> Iterator[int]:
    """`7` and `10-19`."""
    for text in arguments:
        first, _, last = text.partition("-")
        yield from range(int(first), int(last or first) + 1)


def isolated(number: int, folder: Path) -> tuple[str, str | None]:
    """Carry a case out in a process of its own."""
    told = folder / "told"
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (_MOST_CPU_S, _MOST_CPU_S))
        outcome, violation = carry_out(number, folder)
        told.write_text(f"{outcome}\0{violation or ''}", "utf-8", "backslashreplace")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        why = Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        return "violation", f"case {number} ({kind_of(number)})\nthe process died\nDied: {why}\nagain: alone"
    outcome, _, violation = told.read_text("utf-8").partition("\0")
    return outcome, violation or None


def main(arguments: list[str]) -> int:
    """Carry them out; whether there are violations is the exit code."""
    outcomes: Counter[str] = Counter()
    places: Counter[str] = Counter()
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers(arguments):
            outcome, violation = isolated(number, Path(folder))
            outcomes[f"{kind_of(number)}: {outcome}"] += 1
            if violation:
                print(violation, end="\n\n", flush=True)
                places[_place(violation)] += 1
    for place, count in places.most_common():
        print(f"{count:6} {place}")
    for kind in KINDS:
        print(kind, {key.split(": ")[1]: n for key, n in sorted(outcomes.items()) if key.startswith(f"{kind}:")})
    print(f"{sum(outcomes.values())} cases, {sum(places.values())} violations")
    return min(1, len(places))


def _place(violation: str) -> str:
    """What it is and where it was raised, without the figures."""
    lines = [line.strip() for line in violation.splitlines() if line.strip()]
    files = [re.sub(r'File ".*/([^/]+/[^/]+)", ', r"\1 ", line) for line in lines if line.startswith("File ")]
    said = next((line for line in reversed(lines[:-1]) if re.match(r"[\w.]+(: |$)", line)), lines[-2])
    return f"{''.join(files[-1:])}: {re.sub(r'[0-9]+', 'N', said):.110}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
