"""A calibration in files: the platform, what tasks compute, and the history that planners can plan with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from faascast.experiments.calibration.calibrate import Calibration
from faascast.experiments.calibration.demands import TaskGroup
from faascast.experiments.calibration.found import Fit
from faascast.faults import BadInput
from faascast.results.folder import whole_file
from planners.knowledge.history import History
from planners.knowledge.history_file import write_history
from workloads.sources import write_workflow


def calibration_paths(out: Path, workflows: Sequence[str]) -> list[Path]:
    """What `write_calibration` writes: the platform, a file for each workflow, and the history; BadInput if it cannot.

    Names of workflows may hold what file names may not; that is replaced, and told apart by a number.
    """
    if out.suffix != ".toml":
        raise BadInput([f"--out is {out}; expected a name that ends in .toml, for a platform is written there"])
    names: list[str] = []
    for workflow in workflows:
        plain = "".join(each if each.isalnum() or each in "-_" else "-" for each in workflow)
        names.append(plain if plain not in names else f"{plain}-{len(names) + 1}")
    return [out, *(out.with_suffix(f".{name}.json") for name in names), out.with_suffix(".history.json")]


def write_calibration(calibration: Calibration, history: History, out: Path) -> list[Path]:
    """Write all of a calibration, each file in full or not at all; their paths."""
    paths = calibration_paths(out, [fitted.workflow.name for fitted in calibration.workflows])
    platform, *workflows, learned = paths
    with whole_file(platform) as path:
        path.write_text(calibration.platform.to_toml(), "utf-8")
    for place, fitted in zip(workflows, calibration.workflows, strict=True):
        with whole_file(place) as path:
            write_workflow(fitted.workflow, path)
    with whole_file(learned) as path:
        write_history(history, path)
    return paths


def calibration_content(calibration: Calibration) -> dict[str, object]:
    """A calibration as plain data, for `--json`."""
    return {
        "platform": {"name": calibration.platform.name, "fingerprint": calibration.platform.fingerprint},
        "n_runs": calibration.n_runs,
        "fits": [_fit(fit) for fit in calibration.fits],
        "kept": [{"path": kept.path, "why": kept.why} for kept in calibration.kept],
        "workflows": [
            {
                "name": fitted.workflow.name,
                "groups": [_group(group) for group in fitted.groups],
                "unseen": list(fitted.unseen),
            }
            for fitted in calibration.workflows
        ],
    }


def _fit(fit: Fit) -> dict[str, object]:
    figures = {"n_samples": fit.n, "ks": fit.ks, "error": fit.error}
    return {"path": fit.path, "value": fit.value, "told": fit.told, **figures, "remark": fit.remark}


def _group(group: TaskGroup) -> dict[str, object]:
    return {
        "function": group.function,
        "tasks": list(group.tasks),
        "n_samples": group.n,
        "io_s": group.demand.io_s,
        "cpu_s": group.demand.cpu_s,
        "parallelism": group.demand.parallelism,
        "unknown": list(group.unknown),
    }
