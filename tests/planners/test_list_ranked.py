"""CPOP, PEFT, MCP and Lookahead-HEFT on a platform: which task is next by hand, and trials against whole copies.

One worker runs one task after the other here, so that the order of the starts is the order in which tasks were placed.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planners.classic.choices import earliest_finish, least
from planners.heft import heft_order
from planners.list_kinds import kinds_of
from planners.list_ranked import MOST_PARENTS, Cpop, Lookahead, Mcp, Peft
from planners.list_state import ListState
from platforms import Platform
from tests.planners.examples import platforms, round_platform, starts_on_one, workflows
from workloads import MemoryTable, Workflow, WorkflowBuilder

MB = 1_000_000


class TestNextByHand:
    def test_cpop_goes_by_the_longest_path_through_a_task(self) -> None:
        """Of a (5) and p (2) → q (4): 6 s are on the path of q, though only 4 are left, and 5 on that of a."""
        builder = WorkflowBuilder("two paths")
        builder.add_task("a", cpu_s=5.0)
        builder.add_task("p", cpu_s=2.0)
        builder.add_task("q", cpu_s=4.0, after=["p"])
        assert starts_on_one(Cpop(), builder.build()) == ["p", "q", "a"]

    def test_cpop_puts_what_is_not_on_the_path_where_it_ends_first(self) -> None:
        """Of first → second and a path of 30 s: not beside its parent, where it starts first, but where it is fast."""
        builder = WorkflowBuilder("off the path")
        builder.add_object("d", MB)
        builder.add_task("path", cpu_s=30.0)
        builder.add_task("first", curve=MemoryTable([(512, 2.0), (1024, 9.0)]), outputs=["d"])
        builder.add_task("second", curve=MemoryTable([(512, 9.0), (1024, 1.0)]), inputs=["d"])
        plan = Cpop(sizes="512+1024").plan(builder.build(), round_platform())
        assert [plan.size_of(task) for task in (1, 2)] == [512, 1024]

    def test_peft_goes_by_the_mean_of_what_follows_over_the_sizes(self) -> None:
        """Each root hands 20 MB to a child that takes 2 | 2, 1 | 9, and 6 | 6 s: means 2, 5 and 6."""
        builder = WorkflowBuilder("optimistic")
        for name, small_s, large_s in [("a", 2.0, 2.0), ("b", 1.0, 9.0), ("c", 6.0, 6.0)]:
            builder.add_object(f"of {name}", 20 * MB)
            builder.add_task(name, cpu_s=1.0, outputs=[f"of {name}"])
            curve = MemoryTable([(512, small_s), (1024, large_s)])
            builder.add_task(f"after {name}", curve=curve, inputs=[f"of {name}"])
        assert starts_on_one(Peft(sizes="512+1024"), builder.build())[:3] == ["c", "b", "a"]

    def test_mcp_lets_the_children_tell_apart_what_has_to_start_together(self) -> None:
        """Of a (2) → (4) and b (1) → (5): both have to start at once, the child of b sooner than that of a."""
        builder = WorkflowBuilder("as late as possible")
        for name, root_s, child_s in [("a", 2.0, 4.0), ("b", 1.0, 5.0)]:
            builder.add_task(name, cpu_s=root_s)
            builder.add_task(f"after {name}", cpu_s=child_s, after=[name])
        assert starts_on_one(Mcp(), builder.build()) == ["b", "a", "after b", "after a"]

    def test_mcp_goes_by_when_a_task_has_to_start(self) -> None:
        builder = WorkflowBuilder("as late as possible")
        for name, cpu_s in [("a", 1.0), ("b", 3.0), ("c", 2.0)]:
            builder.add_task(name, cpu_s=cpu_s)
        assert starts_on_one(Mcp(), builder.build()) == ["b", "c", "a"]


class TestLookahead:
    @pytest.mark.parametrize(
        ("n_parents", "notes"),
        [
            (MOST_PARENTS, ()),
            (MOST_PARENTS + 1, (f"1 joins of more than {MOST_PARENTS} tasks were not looked ahead to",)),
        ],
    )
    def test_a_join_is_wide_beyond_the_limit(self, n_parents: int, notes: tuple[str, ...]) -> None:
        builder = WorkflowBuilder("join")
        names = [builder.add_task(f"t{i}", cpu_s=1.0) for i in range(n_parents)]
        builder.add_task("join", cpu_s=1.0, after=names)
        assert Lookahead().plan(builder.build(), round_platform()).notes == notes

    def test_what_is_said_of_sizes_comes_first(self) -> None:
        builder = WorkflowBuilder("join")
        names = [builder.add_task(f"t{i}", cpu_s=0.1, memory_mb=1024) for i in range(MOST_PARENTS + 1)]
        builder.add_task("join", cpu_s=1.0, after=names)
        notes = Lookahead(sizes="512+1024").plan(builder.build(), round_platform(concurrency=1)).notes
        assert [note.split()[0] for note in notes] == ["sizes", "1"]

    @given(workflows(), platforms(), st.sampled_from(["", "512+1769+5307"]))
    @settings(max_examples=30)
    def test_trials_find_what_copies_of_the_whole_state_find(
        self, workflow: Workflow, platform: Platform, sizes: str
    ) -> None:
        plan = Lookahead(sizes=sizes).plan(workflow, platform)
        kinds, _ = kinds_of(workflow, platform, None, sizes)
        state, order = ListState(kinds, platform), heft_order(workflow, kinds)
        for at, task in enumerate(order):
            children = set(workflow.children.row(task).tolist())
            place_on_a_copy(state, task, [each for each in order[at:] if each in children])
        assert plan.assignment == tuple(state.arrivals.worker)
        assert plan.estimated_makespan_s == state.makespan_s()


def place_on_a_copy(state: ListState, task: int, children: Sequence[int]) -> None:
    """Place a task where the last of it and its children ends first, each of them where it ends first."""
    starts, costs, _ = state.offers(task)
    ends_s = []
    for offer, (start, cost) in enumerate(zip(starts, costs, strict=True)):
        copied = copy_of(state)
        copied.place(task, offer, start)
        ends_s.append(max([start + cost, *(end_first(copied, child) for child in children)]))
    chosen = least(ends_s)
    state.place(task, chosen, starts[chosen])


def end_first(state: ListState, task: int) -> float:
    starts, costs, kinds = state.offers(task)
    ends_s = earliest_finish(task, starts, costs, kinds)
    chosen = least(ends_s)
    state.place(task, chosen, starts[chosen])
    return ends_s[chosen]


def copy_of(state: ListState) -> ListState:
    """All but what never changes."""
    same = [state.kinds, state.platform, *(kind.estimate for kind in state.kinds)]
    return deepcopy(state, {id(each): each for each in same})
