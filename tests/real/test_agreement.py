"""A real run and a simulated one of the same plan do the same: tasks, transfers, calls, commits and their marks.

Every built-in that computes, and a workflow that is burnt, under what every planner makes of it. All of these runs have
the right result, and their records bring fresh machines to the same instructions.

What depends on who is faster is not compared. A worker that *releases* exits, or goes on if its next task is ready by
then; a *backup* begins when a run takes too long; *delayed* data go where the join is found to run. A *flexible* worker
goes on with a join if it is the last there, and uploads nothing for it; with what a commit made ready it goes on if
it is idle when it hears of that, else it calls for others: so calls are compared only where real tasks take as long as
the simulated ones.
"""

from __future__ import annotations

import pytest

from planners.plan import Plan
from planners.registry import make_planner, planner_names
from sim.evaluator import SimulatedEvaluator
from tests.executor_local.programs import Ground
from tests.real.carried import carried_out, deeds, kinds, merged, simulated
from tests.real.programs import BURNT, TINY, burnt_program, held_case, tiny
from workloads.program import Program

SEARCHING = {
    "local-search": "local-search[evaluations=8]",
    "nsga2": "nsga2[evaluations=8,population=4]",
    "orion": "orion[effort=500]",
    "refined": "refined[effort=500]",
    "stepconf": "stepconf[effort=500]",
    "nimble": "nimble[effort=500]",
    "non-uniform": "non-uniform[effort=500]",
}
"""Those that simulate plans, with little time for it, and only for small workflows."""
FEW_TASKS = 8


def plans(here: Ground, program: Program) -> list[Plan]:
    """What all planners make of it, each plan once."""
    platform = here.local.platform
    evaluator = SimulatedEvaluator(program.workflow, platform, 1)
    searches = program.workflow.n_tasks < FEW_TASKS
    names = [SEARCHING.get(name, name) for name in planner_names() if searches or name not in SEARCHING]
    made = [make_planner(name).plan(program.workflow, platform, evaluator) for name in names]
    return list({(p.workers, p.assignment, p.flexible_mb, p.priority, p.prewarms, p.orders): p for p in made}.values())


@pytest.mark.parametrize("spec", [*TINY, BURNT])
def test_what_planners_make_is_carried_out_as_it_is_simulated(here: Ground, spec: str) -> None:
    program = burnt_program(spec) if spec == BURNT else tiny(spec)
    tried = plans(here, program)
    for plan in tried:
        run = carried_out(here, program, plan)
        real, virtual = deeds(merged(run)), deeds(simulated(run))
        if plan.n_flexible:
            fixed = ("run", "commit", "call") if spec == BURNT else ("run", "commit")
            assert [kinds(real)[kind] for kind in fixed] == [kinds(virtual)[kind] for kind in fixed]
        else:
            assert real == virtual, plan.planner
    assert len(tried) >= 3


@pytest.mark.parametrize("seed", range(8))
def test_random_plans_of_workers_that_hold(here: Ground, seed: int) -> None:
    """Inputs ahead of time, calls ahead of time, calls passed on, streams: as it is simulated."""
    program, plan = held_case(seed)
    run = carried_out(here, program, plan)
    assert deeds(merged(run)) == deeds(simulated(run))
