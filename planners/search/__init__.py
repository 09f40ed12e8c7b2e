"""Search: plans found by changing plans and simulating what comes of it.

`contest` keeps account of what was tried, `draft` and the moves change a plan, `local_search` walks from plan to plan,
`nsga2` breeds them, `front` tells what makespans cost.
"""
