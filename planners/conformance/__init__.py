"""What every planner promises, as functions that anybody can call on a planner: no test framework, no simulator.

    from planners.conformance import check_planner

    findings = check_planner(MyPlanner(), evaluator_of)  # empty, if it keeps its promises

`evaluator_of(workflow, platform)` makes an evaluator (`planners.evaluator`), `SimulatedEvaluator` with a seed, say.
"""

from planners.conformance.finding import EvaluatorOf, Finding
from planners.conformance.hash_seeds import check_hash_seeds
from planners.conformance.suite import check_large, check_planner

__all__ = ["EvaluatorOf", "Finding", "check_hash_seeds", "check_large", "check_planner"]
