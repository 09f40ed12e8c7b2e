"""Who decides beforehand: plans, the planners that make them, and estimates.

Only the plan itself is imported here, so that a worker can read one without numpy; planners, the registry,
files and checks are imported from their own modules.
"""

from planners.plan import Plan, PlannedWorker, Policy, Prewarm

__all__ = ["Plan", "PlannedWorker", "Policy", "Prewarm"]
