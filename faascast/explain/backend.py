"""What carried a run out, for people and as plain data."""

from __future__ import annotations

from collections.abc import Iterator

from executor.records.backend import Backend

_MOST_TROUBLES = 3


def backend_content(backend: Backend) -> dict[str, object]:
    """As plain data."""
    return {
        "name": backend.name,
        "is_real": backend.is_real,
        "limits": list(backend.limits),
        "unenforced": list(backend.unenforced),
        "troubles": list(backend.troubles),
        "host": dict(backend.host),
    }


def backend_lines(backend: Backend) -> Iterator[str]:
    """A line for each thing to know; none of a simulated run."""
    if not backend.is_real:
        return
    host = ", ".join(f"{name} {value}" for name, value in backend.host.items())
    yield f"really carried out, on processes of this host{f': {host}' if host else ''}"
    yield from (f"held to {limit}" for limit in backend.limits)
    if backend.unenforced:
        yield f"not followed: {', '.join(backend.unenforced)}"
    yield from (f"not enforced: {trouble}" for trouble in backend.troubles[:_MOST_TROUBLES])
    if (more := len(backend.troubles) - _MOST_TROUBLES) > 0:
        yield f"and {more} more that were not enforced"
