"""One optimization a file: what it writes into the plan, what the worker does about it, how it combines.

The room stands and is empty: plans carry no switch yet, and every worker follows the default policies.
"""
