"""A real run: a program's plan, carried out on a local platform, from an empty folder to its results."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, TypedDict, Unpack

from executor.instance.brief import Brief, write
from executor.instance.chunks import get_all
from executor.instance.values import decode
from executor.local.account import ACCOUNT, PlatformAccount
from executor.local.accounting import account_of, write_outputs
from executor.local.aside import Aside
from executor.local.client import ClientDriver, Host
from executor.local.clock import NS_PER_S
from executor.local.journal import Journal
from executor.local.packing import pack
from executor.local.patience import patiently
from executor.local.preparing import make_brief, make_folder, prewarms_of, put_given, salted_view, write_files
from executor.local.requests import Job
from executor.local.resuming import Former
from executor.local.vigil import LOOKS_S, Vigil
from executor.records.naming import worker_name
from executor.store.address import address_of
from executor.store.opening import open_store, rest, wake
from executor.store.paced import Network, Pace, Paced
from executor.store.replica import Replica
from executor.store.store import INITIAL_VERSION, WHOLE, Store, StoreError
from executor.worker.client import Client
from executor.worker.view import INITIAL, View
from planners.plan import Plan
from platforms import Platform
from workloads.program import Program


class Interrupted(KeyboardInterrupt):
    """The user stopped a run; everything has been ended. ``run`` is what there is of it."""

    def __init__(self, run: RealRun) -> None:
        super().__init__(f"interrupted; {run.how_to_resume}")
        self.run = run


class RunFailed(RuntimeError):  # noqa: N818 (it says what is so)
    """A run has no result. Says why."""


@dataclass(frozen=True, eq=False)
class RealRun:
    """What came of a run. Its records are in ``folder``."""

    folder: str
    program: Program
    plan: Plan
    platform: Platform
    seed: int
    account: PlatformAccount
    store: str = ""
    """The address of the store, if what the run put there was kept, to go on from; else empty."""
    values: Mapping[int, Any] = field(default_factory=dict)
    """Of the objects that are asked for."""

    @property
    def status(self) -> str:
        """``complete`` or ``failed``."""
        return "failed" if self.account.failure else "complete"

    @property
    def failure(self) -> str | None:
        """Why it failed."""
        return self.account.failure or None

    @property
    def how_to_resume(self) -> str:
        """What to say to go on, for people; empty if there is nothing to go on from."""
        where = address_of(self.store) if self.store else None  # which is written without its password
        return f"its data are kept in {where}; it can be resumed from {self.folder}" if where else ""

    def result(self) -> object:
        """What the program asked for. RunFailed: there is none."""
        if self.failure:
            raise RunFailed(f"{self.failure}; {self.how_to_resume}" if self.store else self.failure)
        return self.program.result(self.values.__getitem__)


class Options(TypedDict, total=False):
    """How a run is carried out, beyond where."""

    seed: int | None
    """Of the jitter of its back-offs; None draws one and records it."""
    deadline_s: float | None
    """When it is given up, counted from its submission."""
    resume: str | Path | None
    """The folder of a former attempt at the same, which is gone on with: its store's address then holds."""
    examined: bool
    """Whether machines are examined after each of their steps."""


def carry_out(
    host: Host,
    program: Program,
    plan: Plan,
    *,
    store: str,
    out: str | Path,
    **how: Unpack[Options],
) -> RealRun:
    """Carry a program's plan out on a platform that is there. A run that fails is a `RealRun` with a failure.

    ``store`` is the store's address, ``out`` a new folder for the records. The plan must fit (`planners.check`).
    Raises InvalidInput for what cannot be used, StoreError if there is no such store, Interrupted on Ctrl-C.
    """
    given, resume = how.get("seed"), how.get("resume")
    seed = secrets.randbits(32) if given is None else given
    view = salted_view(program, plan, host.platform, seed)
    former = Former.read(resume, view) if resume is not None else None
    bundle = pack(program, plan, host.platform)
    brief = make_brief(store, host.platform, examined=how.get("examined", False))
    brief = former.store_of(brief) if former else brief
    opened = _open(brief, create=former is None)
    run = folder = None
    try:
        folder = make_folder(out)
        write_files(folder, brief, view, bundle)
        run = _Attempt(host, program, plan, view, brief, opened, folder, seed, how.get("deadline_s"), former)
        return run.carry_out()
    except BaseException:
        if former is None and not (run and run.may_be_resumed):
            opened.destroy()
            if folder:  # else it was somebody's before
                shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        opened.close()


def _open(brief: Brief, *, create: bool) -> Store:
    """The store as the client sees it: requests and letters take the platform's time, and objects none."""
    if not create:
        wake(brief.store, brief.name)
    store = open_store(brief.store, brief.name, brief.key, create=create)
    if brief.pace is None:
        return store
    pace = Pace(request_s=brief.pace.request_s, notify_s=brief.pace.notify_s)
    return Paced(store, pace, Network(pace))


class _Attempt:
    """One attempt at a run, from its begin to its end."""

    def __init__(
        self,
        host: Host,
        program: Program,
        plan: Plan,
        view: View,
        brief: Brief,
        store: Store,
        folder: str,
        seed: int,
        deadline_s: float | None,
        former: Former | None,
    ) -> None:
        self._host = host
        self._program = program
        self._plan = plan
        self._view = view
        self._brief = brief
        self._store = store
        self._folder = folder
        self._seed = seed
        self._deadline_ns = None if deadline_s is None else round(deadline_s * NS_PER_S)
        self._former = former
        self._over = Event()
        self.may_be_resumed = former is not None
        """Whether the store holds what a resumption could go on from."""

    def carry_out(self) -> RealRun:
        """All of it."""
        if self._former is None:
            put_given(self._store, self._program.given, self._view.again)
        self._job = job = self._make_job()
        machine = Client(self._view, prewarms_of(self._plan), self._deadline_ns)
        self._client = client = ClientDriver(self._host, job, self._store, machine)
        self._host.begin(job)
        interrupted = False
        try:
            if self._former:
                self._former.bury(job.replica)
                job.epochs.update(self._former.epochs)
            patiently(self._view.again, client.start)
            self.may_be_resumed = True
            if self._former:
                self._former.go_on(self._host, job, client)
            self._wait()
        except KeyboardInterrupt:
            if not self.may_be_resumed:
                raise
            interrupted = True
            self._stop("interrupted")
        finally:
            self._finish()
        run = self._conclude()
        if interrupted:
            raise Interrupted(run)
        return run

    def _make_job(self) -> Job:
        workflow, plan, view = self._program.workflow, self._plan, self._view
        return Job(
            run=self._folder,
            view=view,
            replica=Replica(view, self._store.log),
            aside=Aside("bury"),
            journal=Journal(self._folder, self._former.known if self._former else ()),
            worker_name=lambda worker: worker_name(workflow, plan, view, worker),
            task_name=lambda task: workflow.task_names[task],
            lose=lambda event: self._client.lost(event),
            stop_client=lambda reason: self._client.stop(reason),
            over=self._over.set,
        )

    def _wait(self) -> None:
        """Until nothing is left of it; that it can no longer move is found out here."""
        vigil = Vigil(self._host, self._job, self._host.platform.limits)
        while not self._over.wait(LOOKS_S):
            vigil.look()

    def _stop(self, reason: str) -> None:
        """End it: what runs, what waits, and the client."""
        self._host.call(lambda front: front.give_up(self._job, reason))
        self._over.wait()

    def _finish(self) -> None:
        """Nothing of it goes on."""
        if not self._over.is_set():  # something was raised: it is given up
            self._stop("given up")
        self._client.stop("the run is over")
        self._client.join()
        self._host.leave(self._job)
        self._job.aside.close()
        self._job.journal.close()

    def _conclude(self) -> RealRun:
        """Read the results back, write the account, and remove what nobody needs any more."""
        job = self._job
        failure = job.failure if self._client.exit and self._client.exit.status != "done" else None
        values: dict[int, Any] = {}
        if failure is None:
            try:
                values = {found: self._value(found) for found in self._program.goals}
            except (Exception, SystemExit) as error:  # the store's, or of a value that is made anew by its own code
                failure = f"the results cannot be read: {type(error).__name__}: {error}"
        account = account_of(self._host, job, failure or "", self._seed)
        write(self._folder, ACCOUNT, account)
        write_outputs(self._host, job)
        kept = ""
        if failure is None:
            try:
                self._store.destroy()
            except StoreError:
                kept = self._brief.store
        else:
            kept = self._brief.store
            with suppress(StoreError):  # it names what it keeps; nobody listens for letters any more
                rest(kept, self._brief.name)
        return RealRun(self._folder, self._program, self._plan, self._host.platform, self._seed, account, kept, values)

    def _value(self, found: int) -> Any:
        """An object that is asked for."""
        return decode(patiently(self._view.again, partial(self._stored, found)))

    def _stored(self, found: int) -> bytes:
        """In the version that is committed."""
        view, version = self._view, INITIAL_VERSION
        if view.producer[found] != INITIAL:
            version = self._job.replica.read((view.producer[found],))[0].version
        chunks = view.chunks.get(found, 1)
        objects = self._store.objects
        return get_all(objects, found, version, chunks) if chunks > 1 else objects.get(found, version, WHOLE)
