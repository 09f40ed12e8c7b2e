"""Where the bytes of each get came from, against what the machines asked for in the event log of the run."""

from __future__ import annotations

from io import BytesIO

from hypothesis import assume, given, settings

from executor.records.run import Run
from executor.worker.instructions import Fetch
from executor.worker.replay import read_log
from executor.worker.view import split_marker
from faascast.timeline.flows import call_flows, data_flows
from planners.check import check_plan
from planners.plan import Plan
from platforms import Platform
from sim import simulate
from tests.sim.strategies import limits, settings_of_runs
from tests.sim.test_storms import store_rates, storm, weathers
from workloads import Workflow


def numbers_of_workers(run: Run) -> dict[str, int]:
    """The machines' number of each worker: named ones first, then a flexible one for each task."""
    named = [worker.name for worker in run.plan.workers]
    flexible = [f"flexible:{task}" for task in run.workflow.task_names]
    return {name: number for number, name in enumerate([*named, *flexible])}


@settings(max_examples=4 * settings().max_examples)
@given(settings_of_runs(limits), weathers, store_rates)
def test_each_get_reads_the_version_that_its_machine_asked_for(
    setting: tuple[Workflow, Plan, Platform, int], weather: dict[str, object], rates: dict[str, float | None]
) -> None:
    workflow, plan, platform, seed = setting
    assume(not check_plan(plan, workflow, platform))
    log = BytesIO()
    run = simulate(workflow, plan, storm(platform, weather, rates), seed=seed, event_log=log)
    log.seek(0)
    asked = {
        (frame.worker, frame.epoch, instruction.object): split_marker(instruction.version)
        for frame in read_log(log)[1]
        for instruction in frame.instructions
        if isinstance(instruction, Fetch)
    }
    number, operations, invocations = numbers_of_workers(run), run.operations, run.invocations

    def party(row: int) -> tuple[int, int]:
        invocation = operations["invocation"][row]
        return number[invocations["worker"][invocation]], int(invocations["epoch"][invocation])

    for put, get in data_flows(run):
        assert operations["object"][put] == operations["object"][get]
        assert asked[(*party(get), int(operations["object"][get]))] == party(put)
    for call, start in call_flows(run):
        assert operations["end_ns"][call] == operations["begin_ns"][start]
        assert operations["task"][call] == operations["task"][start]
