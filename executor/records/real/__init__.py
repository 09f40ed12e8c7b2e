"""From the records of a real run to the same `Run` as a simulated one's.

`remains` reads what a run left. `steps`, `letters`, `lives` and `streams` find what caused each step of each machine,
`operations` links the rows of all that was done, and `recounting` makes the `Run` of it.
"""
