"""Explanations: why a run took as long as it did, and where two runs differ."""

from faascast.explain.pair import PairExplanation, explain_pair
from faascast.explain.run import RunExplanation, explain_run

__all__ = ["PairExplanation", "RunExplanation", "explain_pair", "explain_run"]
