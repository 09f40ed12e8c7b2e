"""What a recorded run says to whoever was not there: its tables, and on what it ran.

Only what a real run could tell is read. How long something would have taken alone (`alone_s`) a simulated run knows,
and a real one does not, so nobody here asks for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from executor.records.run import Run
from faascast.faults import BadInput, Intake
from faascast.history.folders import read_columns, run_folders
from faascast.history.records import Columns
from faascast.results.folder import document_of
from planners.plan import Plan
from planners.plan_file import read_plan
from platforms import Platform, load_platform
from workloads import Workflow, load_workflow

TABLES = ("tasks", "transfers", "invocations", "instances", "events")
"""Those that are read."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """One recorded run."""

    name: str
    """For messages: its folder, or its place among the runs given."""
    workflow: Workflow
    plan: Plan
    platform: Platform
    """As it was described when the run was recorded."""
    makespan_s: float | None
    """None if the run failed."""
    cost_usd: float
    tables: Mapping[str, Columns]

    def done(self, table: str) -> Columns:
        """The rows of what was carried out."""
        columns = self.tables[table]
        carried_out = columns["outcome"] == "done"
        return {name: column[carried_out] for name, column in columns.items()}

    def steps(self, *kinds: str) -> Columns:
        """The operations of some kinds that were carried out, from what caused each until its end was heard of.

        So what passed before a transfer or a task was under way is part of them: else it would be nobody's.
        """
        events = self.done("events")
        mine = np.isin(events["kind"].astype(str), kinds)
        return {name: column[mine] for name, column in events.items()}

    @property
    def idle_at_first(self) -> Counter[int]:
        """How many idle instances of each size the run found, used or not."""
        instances = self.tables["instances"]
        there = (instances["origin"].astype(str) == "initial") | (instances["created_s"] < 0)
        return Counter(instances["memory_mb"][there].astype(int).tolist())

    @property
    def was_cold(self) -> bool:
        """Whether the run found no instance."""
        return not self.idle_at_first

    @property
    def billed_gb_s(self) -> float:
        """What was billed of all instances: seconds times size, in GB of 1,024 MB."""
        invocations = self.tables["invocations"]
        return float(np.nansum(invocations["billed_s"] * invocations["memory_mb"]) / 1024)


def evidence_of(run: Run, name: str) -> Evidence:
    """What a run of this process says."""
    tables: dict[str, Columns] = {table: getattr(run, table) for table in TABLES}
    return Evidence(name, run.workflow, run.plan, run.platform, run.makespan_s, run.cost_usd, tables)


def read_evidence(folders: Iterable[Path | str]) -> list[Evidence]:
    """What the runs in some result folders say; BadInput with all that is wrong with any of them."""
    intake = Intake()
    found: list[Evidence] = []
    for folder in folders:
        found += intake.take(lambda folder=Path(folder): list(_in_folder(folder))) or ()  # type: ignore[misc]
    intake.close()
    return found


def _in_folder(folder: Path) -> Iterator[Evidence]:
    for run in run_folders(folder):
        yield _read(run)


def _read(folder: Path) -> Evidence:
    _, document = document_of(folder)
    workflow = load_workflow(str(folder / "workflow.json"))
    platform = load_platform(str(folder / "platform.toml"))
    plan = read_plan(folder / "plan.json", workflow)
    tables = {table: read_columns(folder / f"{table}.parquet") for table in TABLES}
    makespan_ns, cost_usd = document.get("makespan_ns"), document.get("cost_usd")
    if not (makespan_ns is None or isinstance(makespan_ns, int)) or not isinstance(cost_usd, int | float):
        raise BadInput([f"{folder / 'run.json'}: makespan_ns or cost_usd is no number; expected the document of a run"])
    makespan_s = None if makespan_ns is None else makespan_ns / 1e9
    return Evidence(str(folder), workflow, plan, platform, makespan_s, float(cost_usd), tables)
