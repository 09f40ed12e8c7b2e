"""Results into folders and back, from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from executor.records.run import Run
from faascast.experiments.comparison import Comparison
from faascast.experiments.search import Search
from faascast.experiments.sweep import Sweep
from faascast.experiments.traffic import Traffic
from faascast.experiments.validation.validation import Validation
from faascast.faults import BadInput
from faascast.results.arrivals_folder import write_traffic
from faascast.results.comparison_folder import write_comparison
from faascast.results.folder import document_of, whole_folder
from faascast.results.run_folder import read_run, write_run
from faascast.results.search_folder import search_faults, write_search
from faascast.results.sweep_folder import sweep_faults, write_sweep
from faascast.results.validation import write_validation
from faascast.settings import Use


def save(
    result: Run | Comparison | Sweep | Search | Traffic | Validation,
    folder: Path | str,
    uses: Sequence[Use] = (),
    warnings: Sequence[str] = (),
) -> None:
    """Write a result into a folder, as `--out` does: tables, plan, configuration, picture.

    An earlier result in the folder is replaced; BadInput if the folder holds anything else. `uses` and `warnings`
    are those of a run, to be told with it; a comparison, a sweep and traffic have their own.
    """
    folder = Path(folder)
    if isinstance(result, Sweep | Search):
        if faults := [*(sweep_faults if isinstance(result, Sweep) else search_faults)(folder)]:
            raise BadInput(faults)
        if isinstance(result, Sweep):
            write_sweep(folder, result)
        else:
            write_search(folder, result)
        return
    with whole_folder(folder) as inside:
        if isinstance(result, Traffic):
            write_traffic(inside, result)
        elif isinstance(result, Validation):
            write_validation(inside, result)
        elif isinstance(result, Comparison):
            write_comparison(inside, result)
        else:
            write_run(inside, result, uses, warnings)


def load_run(folder: Path | str, planner: str | None = None) -> Run:
    """The run of a folder that `--out` wrote; of a comparison, that of a planner, the best one by default."""
    folder = Path(folder)
    name, written = document_of(folder)
    if name == "run.json":
        if planner is not None:
            raise BadInput([f"{folder} holds one run; expected no planner to choose by, which is {planner!r:.100}"])
        return read_run(folder)
    folders = written.get("folders")
    if name != "comparison.json" or not isinstance(folders, dict):
        raise BadInput([f"{folder} holds no run; expected the folder of a simulation or a comparison"])
    if not folders:
        raise BadInput([f"{folder} holds no run: no planner had a plan that could be run"])
    chosen = planner or written.get("best") or next(iter(folders))
    if not isinstance(chosen, str) or chosen not in folders:
        raise BadInput([f"{folder}: planner is {chosen!r:.100}; expected one with runs: {', '.join(folders)}"])
    name = folders[chosen]
    if not isinstance(name, str) or name in ("", "..") or Path(name).name != name:
        raise BadInput([f"{folder / 'comparison.json'}: folders of {chosen} is {name!r:.100}; expected a folder in it"])
    return read_run(folder / name)
