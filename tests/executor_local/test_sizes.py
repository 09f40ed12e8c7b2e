"""What a size brings: CPU time by each means there is, and memory; what is not enforced is said."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from executor.local.aside import Aside
from executor.local.cgroups import find_place
from executor.local.limits import CpuMeans
from planners.plan import Plan, PlannedWorker
from tests.executor_local.programs import fan, ground, platform_with
from workloads.program import Program

HALF_MB = 1769 // 2
CPU_S = 0.3
do = Aside.do


def burn(number: int) -> float:
    """Use CPU time; how long that took."""
    begin_s, cpu_s = time.monotonic(), time.process_time()
    while time.process_time() - cpu_s < CPU_S:
        sum(range(1000))
    return time.monotonic() - begin_s


def of_size(program: Program, memory_mb: int) -> Plan:
    n = program.workflow.n_tasks
    return Plan(
        planner="by hand",
        workflow=program.workflow.fingerprint,
        workers=tuple(PlannedWorker(f"w{number}", memory_mb) for number in range(n)),
        assignment=tuple(range(n)),
        flexible_mb=None,
        priority=tuple(range(n)),
    )


@pytest.mark.parametrize("cpu", ["cgroup", "duty cycle"])
def test_half_a_vcpu_takes_twice_as_long(tmp_path: Path, cpu: CpuMeans) -> None:
    if cpu == "cgroup" and find_place("cpu") is None:
        pytest.skip("no control group can be written here")
    program = fan(burn, 1)
    with ground(tmp_path, platform_with(), cpu=cpu) as here:
        store = f"files:{tmp_path / 'store'}"
        run = here.local.run(program, of_size(program, HALF_MB), store=store, out=tmp_path / "run", seed=1)
    took_s = run.values[0]
    [instance] = run.account.instances
    assert instance.cpu_limit.startswith(cpu)
    assert instance.troubles == ()
    assert took_s > CPU_S * 1.6
    [invocation] = run.account.invocations
    assert invocation.cpu_ns / 1e9 >= CPU_S * 0.95


def test_nothing_is_enforced_where_nothing_is_asked_for_and_that_is_said(tmp_path: Path) -> None:
    program = fan(burn, 1)
    with ground(tmp_path, platform_with(), cpu="none", memory="none") as here:
        store = f"files:{tmp_path / 'store'}"
        run = here.local.run(program, of_size(program, HALF_MB), store=store, out=tmp_path / "run", seed=1)
    [instance] = run.account.instances
    assert instance.cpu_limit == instance.memory_limit == "none: not asked for"


def test_a_size_with_all_the_host_has_is_not_capped(tmp_path: Path) -> None:
    cores = os.cpu_count() or 1
    platform = platform_with(**{"sizes.mb_per_vcpu": 100, "sizes.max_vcpus": cores})
    program = fan(burn, 1)
    with ground(tmp_path, platform) as here:
        store = f"files:{tmp_path / 'store'}"
        run = here.local.run(program, of_size(program, 100 * cores + 200), store=store, out=tmp_path / "run", seed=1)
    [instance] = run.account.instances
    assert instance.cpu_limit == f"none: {cores:g} vCPUs, and the host has {cores} cores"


def hoard(number: int) -> int:
    """Takes more memory than it has."""
    held = [bytearray(10_000_000) for _ in range(30)]
    for each in held:
        each[::4096] = b"x" * len(each[::4096])
    return len(held)


def test_who_takes_more_memory_than_its_size_fails_where_it_asks(tmp_path: Path) -> None:
    program = fan(hoard, 1)
    with ground(tmp_path, platform_with(max_attempts=1, **{"sizes.mb_per_vcpu": 100})) as here:
        store = f"files:{tmp_path / 'store'}"
        run = here.local.run(program, of_size(program, 200), store=store, out=tmp_path / "run", seed=1)
        again = here.local.run(program, of_size(program, 500), store=store, out=tmp_path / "again", seed=1)
    assert run.failure is not None
    assert "out of memory" in run.failure
    assert run.account.instances[0].memory_limit == "rlimit"
    assert again.result() == [30]


@pytest.mark.parametrize("removed", ["in time", "at once"])
def test_a_control_group_kills_who_takes_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: str) -> None:
    """Why it was killed its group tells, which may be gone as soon as the process is."""
    if find_place("memory") is None:
        pytest.skip("no control group can be written here")
    if removed == "at once":
        monkeypatch.setattr(Aside, "do", lambda aside, act: act() if act else do(aside, act))
    program = fan(hoard, 1)
    with ground(tmp_path, platform_with(max_attempts=2, **{"sizes.mb_per_vcpu": 100}), memory="cgroup") as here:
        store = f"files:{tmp_path / 'store'}"
        run = here.local.run(program, of_size(program, 200), store=store, out=tmp_path / "run", seed=1)
    assert run.failure is not None
    assert "attempt 2 of 2: out of memory: more than 200 MB needed" in run.failure
