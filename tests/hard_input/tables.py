"""Lines of figures: arrival traces and fault scripts, with cells and lines gone wrong."""

from __future__ import annotations

from random import Random

from executor.faults import FAULTS
from executor.faults.effects import DURING
from workloads import Workflow

_CELLS = (
    *("", " ", "nan", "inf", "-inf", "1e400", "-1", "-0.0", "0", "1", "1.5", "1e12", "9" * 5000, "0x10", "1_000", "١"),
    *("é", "\ud800", "\x00", "a,b", '"', '""', "'", "\n", "\r", "a\nb", "=1+1", "x" * 200_000, "gen:chain,depth=1e12"),
    *("/dev/zero", ".", "None", "true", "gen:chain", "short", "long"),
)


def trace(random: Random) -> list[list[str]]:
    """Requests for two workflows, in order of time."""
    at_s, lines = 0.0, [["time_s", "workflow"]]
    for _ in range(random.choice((1, 5, 40))):
        at_s += random.expovariate(1.0)
        lines.append([f"{at_s:.6f}", random.choice(("short", "long"))])
    return lines


def script(random: Random, workflow: Workflow) -> list[list[str]]:
    """Faults at tasks of a workflow."""
    lines = [["task", "attempt", "fault", "during", "part"]]
    for _ in range(random.choice((1, 3, 8))):
        task, fault = random.choice([*workflow.task_names]), random.choice([*FAULTS])
        lines.append([task, str(random.choice((1, 1, 2))), fault, random.choice([*DURING]), str(random.random())])
    return lines


def spoil(lines: list[list[str]], random: Random) -> str:
    """One random change to one random place; what was done, in words."""
    line = random.randrange(len(lines))
    change = random.choice(("cell", "cell", "cell", "drop cell", "add cell", "drop line", "repeat line", "swap lines"))
    cell = random.randrange(len(lines[line])) if lines[line] else 0
    match change:
        case "cell" if lines[line]:
            lines[line][cell] = random.choice(_CELLS)
        case "drop cell" if lines[line]:
            del lines[line][cell]
        case "add cell":
            lines[line].insert(cell, random.choice(_CELLS))
        case "drop line" if len(lines) > 1:
            del lines[line]
        case "repeat line":
            lines.insert(line, list(lines[line]))
        case "swap lines":
            other = random.randrange(len(lines))
            lines[line], lines[other] = lines[other], lines[line]
    return f"{change} at line {line + 1}, cell {cell + 1}"


def to_csv(lines: list[list[str]], random: Random) -> str:
    """As CSV; cells that need quotes get them, most of the time."""
    careless = random.random() < 0.2
    return "".join(",".join(cell if careless else _quoted(cell) for cell in line) + "\n" for line in lines)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(c in cell for c in ',"\r\n') else cell
