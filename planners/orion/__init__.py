"""Orion: sizes, bundles and prewarms by percentiles of the end-to-end latency."""

from planners.orion.planner import Orion

__all__ = ["Orion"]
