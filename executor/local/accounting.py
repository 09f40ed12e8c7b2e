"""The platform's account of a run that is over."""

from __future__ import annotations

import os
import platform as machine
import sys
from contextlib import suppress
from pathlib import Path

from executor.instance.brief import RECORDS
from executor.local.account import PlatformAccount
from executor.local.client import Host
from executor.local.clock import now_ns
from executor.local.requests import Job
from executor.local.unenforced import unenforced
from executor.store.store import StoreError
from executor.worker.view import VOID


def write_outputs(host: Host, job: Job) -> None:
    """What instances printed while they served a run: a file each, ``records/instance-<serial>.txt``, if anything."""
    for instance in host.instances_of(job):
        if instance.process is None:
            continue
        with suppress(OSError), open(instance.process.output, "rb") as output:  # noqa: PTH123
            output.seek(job.heard.get(instance.serial, 0))
            said = output.read()
            if said:
                Path(f"{job.run}/{RECORDS}/instance-{instance.serial}.txt").write_bytes(said)


def account_of(host: Host, job: Job, failure: str, seed: int) -> PlatformAccount:
    """All that is known of it; ``failure`` is why it failed, empty if it did not."""
    instances = {each.serial: each for each in (*host.found_by(job), *host.instances_of(job))}
    return PlatformAccount(
        submitted_ns=job.submitted_ns,
        ended_ns=now_ns(),
        status=job.client_status,
        failure=failure,
        lost=job.lost.number if job.lost else -1,
        refusals=job.refusals,
        seed=seed,
        invocations=tuple(each.account(each.worker, each.epoch, each.delivery, each.task) for each in job.invocations),
        prewarms=tuple(each.account(-1, 1, 1, -1) for each in job.prewarmings),
        instances=tuple(each.account for _, each in sorted(instances.items())),
        unenforced=unenforced(host.platform),
        n_committed=_n_committed(job) if failure else None,
        host={
            "cores": str(os.cpu_count()),
            "python": sys.version.split()[0],
            "system": machine.platform(),
            "hash_seed": host.hash_seed,
        },
    )


def _n_committed(job: Job) -> int | None:
    """As the ledger has it; None if it cannot be read."""
    try:
        states = job.replica.read(tuple(range(len(job.view.parents))))
    except StoreError:
        return None
    return sum(state.version not in (0, VOID) for state in states)
