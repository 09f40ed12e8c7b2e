"""`gen:azure`: shapes as published for Azure Durable Functions."""

from __future__ import annotations

import numpy as np
import pytest

from workloads import load_workflow
from workloads.generators.azure import DEPTHS, WIDTHS, quantile

PUBLISHED = {
    "width": {0.5: 1, 0.95: 2, 0.99: 16, 0.999: 86},
    "depth": {0.5: 2, 0.75: 3, 0.95: 5, 0.99: 7},
    "nodes": {0.5: 2, 0.9: 5, 0.95: 7, 0.99: 18, 0.999: 93},
}


def test_the_published_percentiles_come_out() -> None:
    """Of width and depth exactly; of the nodes, which follow from them, within one or a tenth."""
    generator = np.random.default_rng(1)
    width, depth = (np.array([quantile(of, u) for u in generator.random(200_000).tolist()]) for of in (WIDTHS, DEPTHS))
    drawn = {"width": width, "depth": depth, "nodes": width + depth - 1}
    for name, percentiles in PUBLISHED.items():
        for share, published in percentiles.items():
            found = float(np.quantile(drawn[name], share, method="inverted_cdf"))
            within = max(1.0, 0.1 * published) if name == "nodes" or share > 0.99 else 0
            assert abs(found - published) <= within, (name, share, found)


def test_the_largest_is_the_largest_published() -> None:
    assert (quantile(WIDTHS, 1.0), quantile(DEPTHS, 1.0)) == (28_966, 135)
    assert (quantile(WIDTHS, 0.0), quantile(DEPTHS, 0.0)) == (1, 1)


@pytest.mark.parametrize("seed", range(40))
def test_one_level_is_wide(seed: int) -> None:
    workflow = load_workflow(f"gen:azure,seed={seed}")
    levels = len(workflow.functions)
    counts = np.bincount(workflow.task_function, minlength=levels)
    assert np.count_nonzero(counts > 1) <= 1
    assert (workflow.cpu_s <= 600).all()
    assert workflow.n_tasks == counts.max() + levels - 1


def test_run_times_are_lognormal() -> None:
    """Over 2,000 first tasks: the logarithm's mean and deviation, within 3.5 standard errors."""
    logs = np.log([load_workflow(f"gen:azure,seed={seed},most_s=1e9").cpu_s[0] for seed in range(2_000)])
    assert abs(logs.mean() - np.log(0.684)) < 3.5 * 2.36 / np.sqrt(2_000)
    assert abs(logs.std() - 2.36) < 3.5 * 2.36 / np.sqrt(4_000)
