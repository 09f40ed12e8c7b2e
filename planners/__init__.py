"""Who decides beforehand: plans, the planners that make them, and estimates.

Only the plan itself is imported here, so that a worker can read one without numpy; planners, the registry,
files and checks are imported from their own modules.
"""

from planners.orders import Orders
from planners.plan import Plan, PlannedWorker, Prewarm

__all__ = ["Orders", "Plan", "PlannedWorker", "Prewarm"]
