"""Map nodes of workflows: widths, what is refused, and the way through files and graphs."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.executor.lanes import RandomMaps
from workloads import (
    Around,
    Between,
    Counts,
    InvalidInput,
    Width,
    Workflow,
    WorkflowBuilder,
    from_networkx,
    load_workflow,
    read_wfformat,
    read_width,
    to_networkx,
    write_wfformat,
)

widths = st.one_of(
    st.lists(st.integers(0, 9), min_size=1, max_size=6).map(Counts),
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda ends: Between(min(ends), max(ends))),
    st.tuples(st.floats(0.5, 9), st.floats(0.1, 1.5)).map(lambda figures: Around(*figures)),
)


@given(widths)
def test_a_width_is_drawn_as_likely_as_it_says(width: Width) -> None:
    n = 4000
    drawn = [width.draw((k + 0.5) / n) for k in range(n)]
    assert drawn == sorted(drawn)
    assert min(drawn) >= width.least
    assert width.largest is None or max(drawn) <= width.largest
    for index in range(12):
        assert sum(each > index for each in drawn) / n == pytest.approx(width.chance(index), abs=0.001)


@given(widths)
def test_a_width_reads_what_it_writes(width: Width) -> None:
    assert read_width(str(width)) == width


@pytest.mark.parametrize("text", ["", "x", "-1", "3..", "5..2", "1/x", "0~1", "4~", "4~9", "99999999", None, 7])
def test_what_is_no_width_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput, match=r"width is .*; expected"):
        read_width(text)


def lanes(n: int = 2) -> WorkflowBuilder:
    """A splitter, ``n`` lanes of two tasks, a join; no map node yet."""
    builder = WorkflowBuilder("laned")
    builder.add_task("split", outputs=[builder.add_object(f"item{i}", 1) for i in range(n)], cpu_s=1.0)
    for i in range(n):
        builder.add_task(f"a{i}", inputs=[f"item{i}"], outputs=[builder.add_object(f"x{i}", 1)], cpu_s=1.0)
        builder.add_task(f"b{i}", inputs=[f"x{i}"], outputs=[builder.add_object(f"y{i}", 1)], cpu_s=1.0)
    builder.add_task("join", inputs=[f"y{i}" for i in range(n)], cpu_s=1.0)
    return builder


def test_who_reads_a_lane_depends_on_its_splitter() -> None:
    builder = lanes()
    builder.add_map("m", splitter="split", lanes=[["a0", "b0"], ["a1", "b1"]], width=Between(0, 2))
    workflow = builder.build()
    assert workflow.task("join").parents == ("split", "b0", "b1")
    assert workflow.task("b1").parents == ("a1",)
    [node] = workflow.maps
    assert (node.most, node.expected, node.items) == (2, pytest.approx(1.0), ((0,), (1,)))
    assert workflow.chance.tolist() == pytest.approx([1, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 1])
    assert workflow != lanes().build()


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({"splitter": "nobody"}, "maps['m'].splitter is 'nobody'; expected a task of the workflow"),
        ({"lanes": [["a0"], ["nobody"]]}, "maps['m'].lanes[1] is 'nobody'; expected a task of the workflow"),
        ({"lanes": []}, "maps['m'].lanes is (); expected at least one lane, and a task in each"),
        ({"lanes": [["a0"], ["a0"]]}, "maps['m'].lanes is 'a0'; expected tasks that are in one lane, each"),
        ({"lanes": [["b0"], ["a1"]]}, "is 'b0'; expected a task that reads the splitter, or another of its lane"),
        ({"lanes": [["a0"], ["a1", "b0"]]}, "is 'b0'; expected no task that reads another lane of its map node"),
        ({"lanes": [["a0", "split"], ["a1"]]}, "maps['m'].splitter is 'split'; expected a task outside the lanes"),
        ({"width": Counts([3])}, "maps['m'].width is '3'; expected at most 2, the number of lanes"),
        ({"width": 2}, "maps['m'].width is 2; expected a Width"),
        ({"name": ""}, "maps[''].name is ''; expected a name of its own"),
    ],
)
def test_what_is_wrong_with_a_map_node_is_named(told: dict[str, object], fault: str) -> None:
    usual: dict[str, object] = {"splitter": "split", "lanes": [["a0", "b0"], ["a1", "b1"]], "width": Between(0, 2)}
    builder = lanes()
    builder.add_map(str(told.pop("name", "m")), **(usual | told))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput) as refused:
        builder.build()
    assert fault in str(refused.value)


def test_map_nodes_are_neither_nested_nor_two_over_one_list() -> None:
    builder = lanes()
    builder.add_map("outer", splitter="split", lanes=[["a0"], ["a1"]], width=Between(0, 2))
    builder.add_map("inner", splitter="a0", lanes=[["b0"]], width=Between(0, 1))
    with pytest.raises(InvalidInput, match=r"maps\['inner'\].splitter is 'a0'.*not nested.*a task of 'outer'"):
        builder.build()
    builder = lanes()
    for k in range(2):
        builder.add_map(f"m{k}", splitter="split", lanes=[[f"a{k}", f"b{k}"]], width=Between(0, 1))
    with pytest.raises(InvalidInput, match=r"maps\['m1'\].splitter.*splits for no other map node"):
        builder.build()


@pytest.mark.parametrize("seed", range(20))
def test_files_and_graphs_bring_an_equal_workflow(seed: int, tmp_path: Path) -> None:
    workflow = RandomMaps(Random(seed)).workflow()
    write_wfformat(workflow, tmp_path / "maps.json")
    for back in (read_wfformat(tmp_path / "maps.json"), from_networkx(to_networkx(workflow))):
        assert back == workflow
        assert back.maps == workflow.maps


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("gen:map,width=many", "gen:map: width is 'many'; expected a width: 4, or 0..8"),
        ("gen:map,width=9,most=3", "gen:map: width is '9'; expected at most 3, which most says; raise that"),
        ("gen:map,width=5~1", "gen:map: most is 0; expected at least 1 lane, for a width of 5~1"),
    ],
)
def test_a_generator_says_what_it_cannot_make(spec: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        load_workflow(spec)
    assert fault in str(refused.value)


def test_a_generator_makes_chains() -> None:
    workflow: Workflow = load_workflow("gen:map,width=0..3,steps=2")
    assert list(workflow.task_names) == ["split", *(f"map-{s}[{i}]" for i in range(3) for s in range(2)), "join"]
    assert [node.lanes for node in workflow.maps] == [((1, 2), (3, 4), (5, 6))]
