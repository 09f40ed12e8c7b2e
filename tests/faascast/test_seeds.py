"""Seeds of runs: what makes a comparison paired and an experiment extendable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.seeds import planning_seeds, run_seeds


def test_seeds_never_change() -> None:
    """Published tables name them."""
    assert run_seeds(1, 3) == (3630251794869490, 4886451202938400, 2571410570634335)


@given(st.integers(0, 2**64), st.integers(1, 50), st.integers(1, 50))
def test_a_longer_experiment_begins_with_a_shorter_one(seed: int, n: int, more: int) -> None:
    assert run_seeds(seed, n + more)[:n] == run_seeds(seed, n)


@given(st.integers(0, 2**32))
def test_seeds_are_exact_in_json_and_all_different(seed: int) -> None:
    seeds = run_seeds(seed, 100)
    assert all(0 <= each < 2**53 for each in seeds)
    assert len(set(seeds)) == 100


@given(st.integers(0, 2**32))
def test_neighbours_and_planning_share_no_run(seed: int) -> None:
    own = set(run_seeds(seed, 50))
    assert not own & set(run_seeds(seed + 1, 50))
    assert not own & set(planning_seeds(seed, 50))
