"""DSC and TDS on a platform: which clusters, which order in them, and how they share workers, by hand.

By hand: a call .1, cold start .5, put .05, get .03, ledger .01, word to a waiting worker .005, 1 MB/s.
"""

from __future__ import annotations

import pytest

from planners.list_clustered import Dsc, Tds
from planners.list_planner import ListPlanner
from tests.planners.examples import roots, round_platform, star, starts_on_one
from workloads import WorkflowBuilder

MB = 1_000_000
both = pytest.mark.parametrize("kind", [Dsc, Tds])


class TestBoth:
    @both
    def test_the_order_is_that_of_the_starts_in_the_clusters(self, kind: type[ListPlanner]) -> None:
        """Of b (1) → c (1) and a (5) begin b and a at once, c after b: by its end a would be first, by rank too."""
        builder = WorkflowBuilder("starts")
        builder.add_task("b", cpu_s=1.0)
        builder.add_task("c", cpu_s=1.0, after=["b"])
        builder.add_task("a", cpu_s=5.0)
        assert starts_on_one(kind(), builder.build()) == ["b", "a", "c"]

    @both
    def test_clusters_share_workers_by_their_work(self, kind: type[ListPlanner]) -> None:
        """9 s, or three times 1. 4 s, or 3 and 2: where it could end first decides nothing."""
        platform = round_platform(concurrency=2)
        assert kind().plan(roots(9.0, 1.0, 1.0, 1.0), platform).assignment == (0, 1, 1, 1)
        assert kind().plan(roots(3.0, 2.0, 4.0), platform).assignment == (0, 0, 1)


class TestDsc:
    def test_the_child_on_the_longest_path_stays(self) -> None:
        """An edge is 2.1 s, more than the short child takes, which would have come first by its number."""
        assert Dsc().plan(star(1.0, 5.0, size_bytes=MB), round_platform()).assignment == (0, 1, 0)
