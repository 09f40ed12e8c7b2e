"""Expected times, by hand, on the platform of round numbers: .05 a put, .03 a get, 1 MB/s, ledger .01, word .005."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planners.estimate import Estimate, cold_start_s, expected_exec_s, goals
from planners.ranks import order_by_rank, priorities, upward_ranks
from planners.transfers import Transfers
from tests.planners.examples import SIZE_MB, chain, roots, round_platform, star
from workloads import Between, MemoryTable, Workflow, WorkflowBuilder

MB = 1_000_000


def joined() -> Workflow:
    """Tasks a and b hand 3, 1 and 0 MB to c, which also reads 2 MB from the store; b → c twice, by data and control.

    c makes a result of 4 MB; b makes one, too, of 6 MB.
    """
    builder = WorkflowBuilder("joined")
    for name, megabytes in [("given", 2), ("a1", 3), ("a2", 1), ("b1", 0), ("b2", 6), ("c1", 4)]:
        builder.add_object(name, megabytes * MB)
    builder.add_task("c", cpu_s=1.0, inputs=["a1", "given", "b1", "a2"], outputs=["c1"], after=["b"])
    builder.add_task("b", cpu_s=1.0, outputs=["b1", "b2"], after=["a"])
    builder.add_task("a", cpu_s=1.0, outputs=["a1", "a2"])
    return builder.build()


class TestTransfers:
    def test_each_alone(self) -> None:
        transfers = Transfers(joined(), round_platform())
        assert transfers.fetch_s == pytest.approx([2.03, 3.03, 1.03, 0.03, 6.03, 4.03])
        assert transfers.upload_s == pytest.approx([2.05, 3.05, 1.05, 0.05, 6.05, 4.05])

    def test_together_the_longest_decides(self) -> None:
        transfers = Transfers(joined(), round_platform())
        assert transfers.publish_s == pytest.approx([4.05, 6.05, 3.05])
        assert transfers.result_upload_s == pytest.approx([4.05, 6.05, 0])
        assert transfers.initial_fetch_s == pytest.approx([2.03, 0, 0])

    def test_edges_are_in_the_order_of_the_parents(self) -> None:
        """In this order: b → c, a → c, a → b, of which the last hands over nothing."""
        workflow = joined()
        assert workflow.parents.keys.tolist() == [0, 0, 1]
        transfers = Transfers(workflow, round_platform())
        assert transfers.edge_fetch_s == pytest.approx([0.03, 3.03, 0])
        assert transfers.edge_upload_s == pytest.approx([0.05, 3.05, 0])

    def test_fetches_take_turns_beyond_the_limit_and_uploads_do_not(self) -> None:
        transfers = Transfers(joined(), round_platform(parallel_transfers=1))
        assert transfers.edge_fetch_s == pytest.approx([0.03, 3.03 + 1.03, 0])
        assert transfers.edge_upload_s == pytest.approx([0.05, 3.05, 0])

    def test_an_instance_beyond_its_burst(self) -> None:
        """2 MB at 2 MB/s, then 1 MB/s for all of a worker's transfers; 1.5 MB/s for each.

        2 MB at 2 MB/s take 1 MB more than is sustained; at 1.5 MB/s that lasts 2 s, for 3 MB.
        """
        instance = {
            "burst_bytes": 2 * MB,
            "burst_bytes_per_s": 2 * MB,
            "sustained_bytes_per_s": MB,
            "refill_s": 1,
        }
        platform = round_platform(**{"network.instance": instance, "connection_bytes_per_s": 1.5 * MB})
        transfers = Transfers(joined(), platform)
        assert transfers.fetch_s[4] == pytest.approx(0.03 + 2 + 3)
        assert transfers.edge_fetch_s[1] == pytest.approx(1 + 2)  # 3 and 1 MB together, from 2 MB/s on
        assert transfers.publish_s == pytest.approx([0.05 + 2 + 1, 0.05 + 2 + 3, 1 + 2])
        wider = round_platform(**{"network.instance": instance, "connection_bytes_per_s": "none"})
        both = Transfers(joined(), wider).fetched_s(np.array([2.0]), np.array([3.0]), np.array([7.0 * MB]))
        assert both == pytest.approx([1 + 5])

    def test_a_store_that_is_slower_than_a_connection(self) -> None:
        """Alone, a transfer has all of the store's total; only a shared network knows it."""
        shared = {"network.model": "shared", "store.total_bytes_per_s": 0.5 * MB}
        assert Transfers(joined(), round_platform(**shared)).fetch_s[4] == pytest.approx(0.03 + 6 / 0.5)
        alone = shared | {"network.model": "independent"}
        assert Transfers(joined(), round_platform(**alone)).fetch_s == pytest.approx(
            Transfers(joined(), round_platform()).fetch_s
        )

    def test_what_may_not_be_made_counts_as_likely_as_it_is(self) -> None:
        """One lane as likely as two or none: of 6 MB each 4 and 2 are expected, and as much of latencies."""
        builder = WorkflowBuilder("lanes")
        items = [builder.add_object(f"item{i}", 6 * MB) for i in range(2)]
        builder.add_task("split", cpu_s=1.0, outputs=items)
        for i, item in enumerate(items):
            builder.add_task(f"lane{i}", cpu_s=1.0, inputs=[item])
        builder.add_map("map", splitter="split", lanes=[["lane0"], ["lane1"]], width=Between(0, 2))
        transfers = Transfers(builder.build(), round_platform())
        assert transfers.fetch_s == pytest.approx([4.02, 2.01])
        assert transfers.upload_s == pytest.approx([4 + 0.1 / 3, 2 + 0.05 / 3])

    @given(sizes=st.tuples(*[st.sampled_from([1, 2, 4])] * 4), shared=st.booleans(), data=st.data())
    def test_in_plain_numbers_it_is_the_same(
        self, sizes: tuple[int, int, int, int], shared: bool, data: st.DataObject
    ) -> None:
        """The burst faster than what is sustained or just as fast, the store faster than either or slower."""
        burst, extra, sustained, store = sizes
        instance = {
            "burst_bytes": burst * MB,
            "burst_bytes_per_s": (sustained + extra - 1) * MB,
            "sustained_bytes_per_s": sustained * MB,
            "refill_s": 1,
        }
        network = {"network.model": "shared", "store.total_bytes_per_s": store * MB} if shared else {}
        limits = data.draw(st.sampled_from([{}, {"network.instance": instance}]))
        transfers = Transfers(joined(), round_platform(**network, **limits))
        figures = st.sampled_from([0.0, 0.5, 1.0, 3.0, 20.0])
        longest_s, sum_s, moved = (data.draw(figures) for _ in range(3))
        together_s = transfers.together_s(longest_s, sum_s, moved * MB)
        found = transfers.fetched_s(np.array([longest_s]), np.array([sum_s]), np.array([moved * MB]))
        assert together_s == pytest.approx(found[0])

    def test_without_limits_only_latencies_remain(self) -> None:
        transfers = Transfers(joined(), round_platform(connection_bytes_per_s="none"))
        assert transfers.fetch_s == pytest.approx([0.03] * 6)


class TestExecution:
    def test_sizes_per_task(self) -> None:
        builder = WorkflowBuilder("three")
        builder.add_task("narrow", cpu_s=4.0, io_s=1.0)
        builder.add_task("wide", cpu_s=4.0, parallelism=8.0)
        builder.add_task("measured", curve=MemoryTable([(1769, 9.0), (3538, 5.0)]))
        workflow = builder.build()
        platform = round_platform()
        assert expected_exec_s(workflow, platform, SIZE_MB) == pytest.approx([5, 4, 9])
        assert expected_exec_s(workflow, platform, [SIZE_MB, 2 * SIZE_MB, 2 * SIZE_MB]) == pytest.approx([5, 2, 5])
        assert expected_exec_s(workflow, platform, 2 * SIZE_MB, slots=2)[:2] == pytest.approx([5, 4])

    def test_stragglers_count_with_their_probability(self) -> None:
        platform = round_platform(straggler_probability=0.1, straggler_factor=5.0, sigma=0.3)
        assert expected_exec_s(roots(2.0), platform, SIZE_MB) == pytest.approx([2 * 1.4])

    def test_cold_start(self) -> None:
        platform = round_platform(package_mb=10, init_s_per_package_mb=0.01)
        assert cold_start_s(platform, SIZE_MB) == pytest.approx(0.3 + 0.2 + 0.1)
        by_size = round_platform(**{"start.init_by_size": [{"memory_mb": 2000, "init_s": 4.0}]})
        assert cold_start_s(by_size, SIZE_MB) == pytest.approx(0.5)
        assert cold_start_s(by_size, 2000) == pytest.approx(4.3)


class TestEstimate:
    def test_edges(self) -> None:
        """Upload of all outputs, ledger .01, word .005, fetch of the edge's objects."""
        estimate = Estimate(joined(), round_platform(), SIZE_MB)
        apart = [6.05 + 0.015 + 0.03, 3.05 + 0.015 + 3.03, 3.05 + 0.015]
        assert estimate.edges_s() == pytest.approx(apart)
        assert estimate.edges_s([0, 1, 0]) == pytest.approx([apart[0], 0, apart[2]])

    def test_results(self) -> None:
        workflow = joined()
        assert goals(workflow).tolist() == [True, True, False]
        assert Estimate(workflow, round_platform(), SIZE_MB).result_s == pytest.approx([4.06, 6.06, 0])
        assert Estimate(roots(1.0), round_platform(), SIZE_MB).result_s == pytest.approx([0.01])


class TestRanks:
    def test_longest_path_to_the_end(self) -> None:
        workflow = joined()
        ranks = upward_ranks(
            workflow, np.array([1.0, 2.0, 3.0]), np.array([10.0, 100.0, 20.0]), np.array([5.0, 50.0, 0])
        )
        assert ranks == [6, 52, 3 + 100 + 6]
        assert order_by_rank(workflow, ranks) == [2, 1, 0]

    def test_ready_ones_by_rank_then_index(self) -> None:
        workflow = star(1.0, 1.0, 1.0, 1.0)
        assert order_by_rank(workflow, [0.0, 3.0, 0.1 + 0.2, 4.0, 0.3]) == [0, 3, 1, 2, 4]

    def test_a_free_child_waits_for_its_parent(self) -> None:
        builder = WorkflowBuilder("reversed")
        builder.add_task("child", cpu_s=0.0, after=["parent"])
        builder.add_task("parent", cpu_s=0.0)
        assert order_by_rank(builder.build(), [0.0, 0.0]) == [1, 0]

    def test_priorities_are_places(self) -> None:
        assert priorities([2, 0, 1], 3) == (1, 2, 0)

    def test_a_long_chain_needs_no_recursion(self) -> None:
        workflow = chain(*[1.0] * 5_000)
        ranks = upward_ranks(workflow, np.ones(5_000), np.zeros(4_999), np.zeros(5_000))
        assert ranks[0] == 5_000
