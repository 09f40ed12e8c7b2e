"""A trace in a file: JSON as it is made, compressed where the name ends in `.gz`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from gzip import GzipFile
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from msgspec.json import encode

from executor.records.run import Run
from faascast.faults import BadInput
from faascast.results.folder import whole_file
from faascast.traces.trace import about, trace_events

ENDINGS = (".json", ".json.gz")
_LINES = 1000
"""Events that are written at a time."""


def trace_faults(path: Path | str, result: Path | None = None) -> Iterator[str]:
    """Why a trace cannot be written here; nothing if it can. A result's folder holds nothing but the result."""
    if not str(path).endswith(ENDINGS):
        yield f"{path} is no name for a trace; expected one that ends in {' or '.join(ENDINGS)}"
    elif Path(path).is_dir():
        yield f"{path} is a folder; expected the path of a file"
    elif result is not None and Path(path).absolute().is_relative_to(result.absolute()):
        yield f"{path} is inside of {result}, which is replaced as a whole; expected a path beside it"


def save_trace(run: Run, path: Path | str) -> None:
    """Write a run as a trace: JSON in the Trace Event Format, for ui.perfetto.dev or chrome://tracing.

    The path ends in `.json` or `.json.gz`; BadInput if not. The same run gives the same bytes. docs/traces.md says
    what is in it.
    """
    if faults := tuple(trace_faults(path)):
        raise BadInput(faults)
    with whole_file(Path(path)) as beside, _opened(beside) as file:
        _write(run, file)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with path.open("wb") as file:
        if path.suffix != ".gz":
            yield file
            return
        with GzipFile("", "wb", compresslevel=5, fileobj=file, mtime=0) as packed:  # no name, no date: the same bytes
            yield packed  # type: ignore[misc]  # it writes bytes, which is all that is asked of it


def _write(run: Run, file: BinaryIO) -> None:
    """The whole document. `traceEvents` comes last: Perfetto reads on only past members that it knows."""
    head = encode({"faascast": version("faascast"), **about(run)})
    file.write(b'{"displayTimeUnit":"ms","otherData":' + head + b',"traceEvents":[')
    separator, lines = b"\n", list[bytes]()
    for line in trace_events(run):
        lines.append(line)
        if len(lines) == _LINES:
            file.write(separator + b",\n".join(lines))
            separator = b",\n"
            lines.clear()
    file.write((separator if lines else b"") + b",\n".join(lines) + b"\n]}\n")
