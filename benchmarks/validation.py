"""Really runs the seven built-in workflows, predicts half of the runs blind, and writes docs/validation-table.*.

    python -m benchmarks.validation [--runs 20] [--flowbench DIR]

On an idle machine of two cores it takes about three quarters of an hour; nothing else should run meanwhile. Each table
and picture is written when it is complete. FlowBench's recorded runs are predicted first, and told, where they are
there: `$FAASCAST_DATA/flowbench`, or `../shared/data/flowbench`.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import faascast
from faascast import plots
from faascast.experiments.validation.flowbench import predict_flowbench
from faascast.experiments.validation.validation import Validation
from faascast.results.tables import rows_table, write_table
from faascast.results.validation import cell_row
from faascast.text.calibration import calibration_lines
from faascast.text.flowbench import flowbench_lines
from faascast.text.validation import validation_lines

DOCS = Path(__file__).resolve().parent.parent / "docs"
WORKFLOWS = (
    "gemm,n=1200",
    "tree_reduction",
    "text_analysis,text_bytes=1500000",
    "image_transformer,image_bytes=24000000",
    "montage,bytes=2000000",
    "wordcount,chunk_bytes=3000000",
    "fixed_times",
)
"""Of a second or two each, so that there is more to predict than how long messages take; but for the tree's sums."""
PLANNERS = ("one-per-task", "wukong", "uniform", "heft")


def main() -> None:
    """Everything, each part written as soon as it is there."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--runs", type=int, default=20)
    told.add_argument("--workflows", nargs="+", default=WORKFLOWS)
    told.add_argument("--planners", nargs="+", default=PLANNERS)
    told.add_argument("--keep", type=Path, help="a new folder for all runs, for validate --recorded; takes longer")
    told.add_argument("--flowbench", type=Path, default=_recordings())
    given = told.parse_args()
    if given.flowbench.is_dir():
        print("\n".join(flowbench_lines(predict_flowbench(given.flowbench))), flush=True)
    busy = os.getloadavg()[0]
    found = faascast.validate(given.workflows, given.planners, runs=given.runs, keep=given.keep, report=_report)
    (DOCS / "validation-table.md").write_text("\n".join(_page(found, given.runs, busy)) + "\n", "utf-8")
    write_table(DOCS / "validation-table.csv", rows_table(map(cell_row, found.cells)))
    plots.save(plots.predicted_measured(found), DOCS / "validation.png")
    plots.save(plots.causes_compared(found), DOCS / "validation-causes.png")
    print("\n".join(validation_lines(found)))


def _recordings() -> Path:
    data = os.environ.get("FAASCAST_DATA")
    return (Path(data) if data else DOCS.parent.parent / "shared" / "data") / "flowbench"


def _report(done: int, total: int) -> None:
    print(f"\r{done} of {total} runs", end="" if done < total else "\n", file=sys.stderr, flush=True)


def _page(found: Validation, runs: int, busy: float) -> Iterator[str]:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    yield "This file is generated: `make validate`."
    yield ""
    yield f"{runs} runs of each workflow under each planner, half of them cold, on {machine}; load before: {busy:.1f}."
    yield ""
    yield from ("```", *validation_lines(found), "```")
    yield ""
    yield from ("What was calibrated:", "", "```", *calibration_lines(found.calibration), "```")


if __name__ == "__main__":
    main()
