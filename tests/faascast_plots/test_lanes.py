"""Which instances are shown, and how tasks at once share a lane."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from faascast.plots.lanes import chosen_instances, colours_of_functions, path_instances
from faascast.plots.style import FUNCTION_COLOURS, OTHER
from faascast.timeline.lanes import stacked
from tests.faascast_explain.runs import run_of
from tests.planners.examples import round_platform, star
from workloads import WorkflowBuilder

intervals = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 6)).map(lambda x: (float(x[0]), float(sum(x)))))


@given(intervals)
def test_what_overlaps_is_on_different_rows_and_no_row_is_spare(found: list[tuple[float, float]]) -> None:
    rows, n_rows = stacked([begin for begin, _ in found], [end for _, end in found])
    for i, (begin, end) in enumerate(found):
        for j in range(i):
            overlap = min(end, found[j][1]) - max(begin, found[j][0])
            assert rows[i] != rows[j] or overlap <= 0
    moments = [begin for begin, _ in found]
    most_at_once = max((sum(b <= at < e for b, e in found) for at in moments), default=0)
    assert most_at_once <= n_rows
    assert set(rows) == set(range(n_rows))


def test_of_many_instances_those_on_the_critical_path_are_shown() -> None:
    run = run_of(star(*[3.0] * 50, 9.0), "one-per-task", round_platform())
    assert run.instances.n_rows == 52
    assert chosen_instances(run, 200) == run.instances["instance"].tolist()
    for most in (3, 10, 40):
        shown = chosen_instances(run, most)
        assert len(shown) == most
        assert shown == sorted(shown)
        assert set(path_instances(run)) <= set(shown)


def test_functions_that_compute_most_have_a_colour_of_their_own() -> None:
    builder = WorkflowBuilder("many functions")
    for i in range(12):
        builder.add_task(f"t{i}", function=f"f{i}", cpu_s=float(i))
    run = run_of(builder.build(), "one-per-task", round_platform())
    colours, shown = colours_of_functions(run, FUNCTION_COLOURS, OTHER)
    named = [f"f{i}" for i in range(11, 3, -1)]
    assert list(shown) == [*named, "3 other functions"]
    assert [colours[name] for name in named] == list(FUNCTION_COLOURS[:8])
    assert {colours[f"f{i}"] for i in range(4)} == {OTHER}
