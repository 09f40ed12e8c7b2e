"""One optimization a file: what it writes into the plan, what the worker does about it, how it combines.

A switch writes orders into a plan (`planners.orders`); what a worker does about them is a part of its machine
(`executor/worker/`), which its file names. Planners find the switches by name (`planners.switches`).
"""
