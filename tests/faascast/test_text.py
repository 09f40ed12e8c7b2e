"""Text for people: figures, tables, and what each command prints."""

from __future__ import annotations

import pytest

from faascast.experiments.compare import compare
from faascast.experiments.simulation import prepare, simulate
from faascast.experiments.sweep import sweep
from faascast.text.comparison import comparison_lines
from faascast.text.figures import count, interval, percent, plural, seconds, usd
from faascast.text.plan import plan_lines
from faascast.text.remarks import MOST_LINES, Remarks, remarks
from faascast.text.run import run_lines
from faascast.text.sweep import sweep_lines
from faascast.text.table import Cell, Row, table
from faascast.text.workflow import workflow_lines
from tests.faascast.planners_for_tests import Refusing
from workloads import load_workflow

FORK = "gen:forkjoin,width=4"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (0.0004, "0.000"),
        (0.5, "0.500"),
        (7.8376, "7.838"),
        (9.9996, "10.00"),
        (28.756, "28.76"),
        (287.56, "287.6"),
        (999.96, "1000"),
        (28756.2, "28756"),
        (-2.5, "−2.500"),
    ],
)
def test_seconds_have_four_digits(value: float, text: str) -> None:
    assert seconds(value) == text


def test_figures_read_well() -> None:
    assert interval(7.785, 7.896) == "(7.785–7.896)"
    assert interval(-0.25, 0.1, signed=True) == "(−0.250…+0.100)"
    assert [percent(share) for share in (0.36, -0.057, 0.0996, 7.84)] == ["+36 %", "−5.7 %", "+10 %", "+784 %"]
    assert percent(0.0, signed=False) == "0.0 %"
    assert [usd(value) for value in (0.0, 0.00204123, 12.3456, 0.5)] == ["0.00", "0.00204", "12.35", "0.500"]
    assert usd(0.00204123, 0.000825) == "0.002041"
    assert [count(value) for value in (3.0, 3.5, 12_345.0)] == ["3", "3.5", "12,345"]
    assert [plural(n, "task") for n in (0, 1, 2_000)] == ["0 tasks", "1 task", "2,000 tasks"]


def test_columns_are_set_in_line() -> None:
    rows = [
        Row("a", [Cell("1.5", beside="(1–2)"), Cell("x")]),
        Row("longer", [Cell("10.25"), Cell("yz")]),
        Row("failed", across="because of this and that"),
        Row("partly", [Cell("7")], across="and then a reason"),
    ]
    assert table(["name", "s", "b"], rows, None) == [
        "name            s   b",
        "a       1.5 (1–2)   x",
        "longer      10.25  yz",
        "failed  because of this and that",
        "partly          7  and then a reason",
    ]


def test_a_long_name_folds_and_a_long_reason_wraps() -> None:
    rows = [
        Row("uniform[size_mb=512,group=4]", [Cell("1.234 (1.230–1.240)")]),
        Row("heft[size_mb=2048]", across="refused: one two three four five six seven eight nine ten eleven twelve"),
    ]
    assert table(["planner", "makespan"], rows, 40) == [
        "planner                         makespan",
        "uniform              1.234 (1.230–1.240)",
        "  [size_mb=512,",
        "   group=4]",
        "heft[size_mb=2048]   refused: one two three four",
        "                     five six seven eight nine ten",
        "                     eleven twelve",
    ]


def test_styles_are_not_counted_as_characters() -> None:
    rows = [Row("a", [Cell("1", "good"), Cell("2")]), Row("b", [Cell("100"), Cell("3")])]
    plain = table(["x", "s", "t"], rows, None)
    styled = table(["x", "s", "t"], rows, None, lambda text, style: f"<{style}>{text}</>" if style else text)
    assert styled == [f"<head>{plain[0]}</>", plain[1].replace("  1", "  <good>1</>"), plain[2]]


def test_remarks_are_few_of_very_many() -> None:
    told = Remarks(notes=("a", "b", "a"), warnings=tuple(f"warning {i}" for i in range(100)))
    lines = [*remarks(told)]
    assert lines[:5] == ["", "Notes", "  a", "  b", ""]
    assert len(lines) == 6 + MOST_LINES
    assert lines[-1] == f"  and {100 - MOST_LINES + 1} more, which --json tells"
    assert [*remarks(Remarks())] == []


WIDTH = 100


@pytest.fixture(scope="module")
def told() -> dict[str, list[str]]:
    """What commands print about a small workflow, 100 characters wide."""
    planners = ["one-per-task", "all-on-one", Refusing(), "uniform[size_mb=512,group=4]", "heft"]
    case = prepare(FORK, "uniform", settings={"size_mb": 1024})
    return {
        "compare": [*comparison_lines(compare(FORK, planners, reps=30), WIDTH)],
        "compare much": [*comparison_lines(compare(FORK, ["heft", "wukong"], reps=300), WIDTH)],
        "simulate": [*run_lines(simulate(FORK, "wukong", seed=1), case.uses, ["careful"], WIDTH)],
        "plan": [*plan_lines(case, WIDTH)],
        "plan flexible": [*plan_lines(prepare(FORK, "wukong"), WIDTH)],
        "sweep": [*sweep_lines(sweep(FORK, planners, axes={"keep_alive_s": [0, 60]}, reps=6), WIDTH)],
        "workflow": [*workflow_lines(load_workflow(FORK), WIDTH)],
    }


def test_everything_fits_a_terminal_of_100_columns(told: dict[str, list[str]]) -> None:
    assert {name: [line for line in lines if len(line) > WIDTH] for name, lines in told.items()} == {
        name: [] for name in told
    }


def test_no_line_ends_in_space(told: dict[str, list[str]]) -> None:
    assert [line for lines in told.values() for line in lines if line != line.rstrip()] == []


def test_a_comparison_tells_quantiles_costs_and_reasons(told: dict[str, list[str]]) -> None:
    text = "\n".join(told["compare"])
    assert "needs 59 runs  needs 299 runs" in text
    assert "refused: planner: tasks is 6; expected fewer" in text
    assert "difference to one-per-task" in text
    assert "needs" not in "\n".join(told["compare much"])


def test_a_runs_causes_add_up_to_its_makespan(told: dict[str, list[str]]) -> None:
    lines = told["simulate"]
    begin = next(i for i, line in enumerate(lines) if line.startswith("where the time went")) + 1
    causes = lines[begin : lines.index("", begin)]
    total_s = sum(float(line.rstrip("█▏▎▍▌▋▊▉ ").removesuffix(" %").rsplit(None, 2)[-2]) for line in causes)
    makespan_s = float(next(line for line in lines if line.startswith("makespan")).split()[1])
    assert total_s == pytest.approx(makespan_s, abs=0.0005 * (len(causes) + 1))


def test_a_plan_tells_its_workers(told: dict[str, list[str]]) -> None:
    text = "\n".join(told["plan"])
    assert "workers of 1,024 MB" in text
    assert "by the planner's own formula" in text
    assert "size_mb = 1024 sets" in text
    assert "flexible ones of 1,769 MB for 6 tasks" in "\n".join(told["plan flexible"])


def test_a_workflow_tells_its_functions(told: dict[str, list[str]]) -> None:
    lines = told["workflow"]
    assert "3 levels, at most 4 tasks on one" in lines
    assert [line.split()[:2] for line in lines[5:8]] == [["work", "4"], ["fork", "1"], ["join", "1"]]
