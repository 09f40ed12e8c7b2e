"""Rehearsal: how a request of one task goes once its worker runs, learned from the machines themselves.

The workflow is simulated once, alone. If each operation of the worker began when the last of a group of earlier ones
had ended, and nothing else took part, then it is so for every request: the way from the start of the handler to the
exit is a fixed sequence of groups, each as long as its longest operation. What was not found to be like that, a timer
say, or a fetch that had to wait for another, is left to the machines each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from executor.records.operations import Kind
from executor.records.run import Run
from executor.records.table import Table
from platforms import Platform, change_platform
from sim.setting import Setting
from sim.simulate import simulate_setting

_STEPS = (Kind.FETCH, Kind.EXECUTE, Kind.UPLOAD, Kind.COMMIT, Kind.READ)
"""What is known to depend on nothing but the luck of the request."""
_SEED = 0


@dataclass(frozen=True)
class Step:
    """An operation of the worker; ``found`` is a data object, −1 if it has none."""

    kind: Kind
    found: int


@dataclass(frozen=True)
class Script:
    """What happens between the start of the handler and the exit of the worker."""

    groups: tuple[tuple[Step, ...], ...]
    """The operations of a group begin together, when all of the group before have ended."""
    quantities: Mapping[str, float]
    """What the bill counts, by item, whatever the luck."""


def rehearse(setting: Setting) -> Script | None:
    """The script of a setting's requests; None if they have none, or what they do may depend on others."""
    if setting.workflow.n_tasks != 1 or setting.plan.prewarms or setting.copiers or not _nothing_is_shared(setting):
        return None
    # Who would be killed at the maximum duration is no matter here: the lane looks at each request's length.
    endless = change_platform(setting.platform, {"limits.max_duration_s": "none"})
    run = simulate_setting(Setting(setting.workflow, setting.plan, endless), _SEED)
    groups = _groups(run)
    if groups is None:
        return None
    return Script(groups, {item.name: item.quantity for item in run.bill.items})


def _nothing_is_shared(setting: Setting) -> bool:
    """Whether no request can change how long another one takes, or be ended by chance."""
    platform = setting.platform
    view = setting.view
    return (
        platform.host.cores is None
        and not setting.may_run_short
        and view.slots_of(view.worker_for(0)) == 1
        and _transfers_are_alone(setting)
        and _nothing_fails(platform)
    )


def _transfers_are_alone(setting: Setting) -> bool:
    platform = setting.platform
    if platform.store.get_requests_per_s is not None or platform.store.put_requests_per_s is not None:
        return False
    return not any(setting.object_bytes) or (
        platform.network.model == "independent"
        and platform.network.instance is None
        and platform.store.total_bytes_per_s is None
    )


def _nothing_fails(platform: Platform) -> bool:
    return not any(platform.faults.rates.model_dump().values()) and platform.faults.poll_s is None


def _groups(run: Run) -> tuple[tuple[Step, ...], ...] | None:
    """The groups of the worker's operations; None if they are not in groups."""
    rows = run.operations
    if run.status != "complete" or run.invocations.n_rows != 1:
        return None
    kinds = [Kind(kind) for kind in rows["kind"].tolist()]
    starts = [row for row, kind in enumerate(kinds) if kind == Kind.START]
    if sorted(set(kinds) - {*_STEPS}) != [Kind.INVOKE, Kind.START, Kind.NOTIFY] or len(starts) != 1:
        return None
    groups: list[tuple[Step, ...]] = []
    last = starts[0]
    while members := _caused_by(rows, kinds, last):
        groups.append(tuple(Step(kinds[row], int(rows["object"][row])) for row in members))
        last = members[-1]  # rows are in the order of their ends
    is_all = sum(map(len, groups)) == sum(kind in _STEPS for kind in kinds)
    return tuple(groups) if is_all and last == run.last_operation and _exits_at(run, last) else None


def _caused_by(rows: Table, kinds: list[Kind], cause: int) -> list[int]:
    caused = (rows["cause"] == cause).nonzero()[0].tolist()
    return [row for row in caused if kinds[row] in _STEPS]


def _exits_at(run: Run, row: int) -> bool:
    """Whether the worker exits at the end of its last operation, with which the run is complete."""
    return round(float(run.invocations["ended_s"][0]) * 1e9) == int(run.operations["end_ns"][row])
