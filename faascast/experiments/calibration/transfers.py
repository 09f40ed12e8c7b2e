"""Gets and puts: latency and rate, told apart.

A line through (bytes, seconds) by least absolute deviations, relative to how long transfers of so many bytes take: its
slope is the rate, what is left of each transfer without its bytes is a sample of the latency. A platform has one rate
for both directions, so that is fitted to both together, and how far each direction is from it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faascast.experiments.calibration.evidence import Evidence
from faascast.experiments.calibration.fitting import few, fit_of, together
from faascast.experiments.calibration.found import Fit, Kept
from faascast.experiments.calibration.quiet import Steps, are_quiet, met_crowds
from faascast.experiments.calibration.shapes import LEAST_SAMPLES, fit_shape
from planners.knowledge.line import LEAST_SPREAD
from platforms import Platform

Floats = NDArray[np.float64]

RATE = "network.connection_bytes_per_s"
_LATENCIES = {"get": "store.get_latency_s", "put": "store.put_latency_s"}
_KINDS = {"get": "fetch", "put": "upload"}
"""Of events."""
_LEAST_SHARE: Final = 0.02
"""Of the time of the largest transfers; bytes that take less make no difference that could be told from noise."""
_ROUNDS: Final = 50


class Moved(NamedTuple):
    """Transfers of one direction."""

    n_bytes: Floats
    took_s: Floats


def fit_transfers(runs: Sequence[Evidence], calm: Sequence[Evidence], platform: Platform) -> Iterator[Fit | Kept]:
    """Latencies of gets and puts, and the rate of a connection; calm runs are those without the work of transfers."""
    moved = {direction: _moved(runs, calm, direction) for direction in _LATENCIES}
    rate = _rate(moved)
    yield rate
    per_s = rate.value if isinstance(rate, Fit) else platform.network.connection_bytes_per_s
    s_per_byte = 1 / per_s if isinstance(per_s, float | int) else 0.0
    for direction, path in _LATENCIES.items():
        yield _latency(path, moved[direction], s_per_byte)
    shared = ("network.instance", platform.network.instance), ("store.total_bytes_per_s", platform.store_bytes_per_s)
    yield from (Kept(path, "what transfers share is not fitted") for path, set_ in shared if set_ is not None)


def _moved(runs: Sequence[Evidence], calm: Sequence[Evidence], direction: str) -> Moved:
    """From when each was asked for until it was heard of, whatever the way to the store adds.

    Those that had a core to spare, where the others took longer and these tell latency and rate apart; else all.
    """
    events = [run.steps(_KINDS[direction]) for run in calm]
    begun_s, ended_s, n_bytes = (
        [each[name].astype(np.float64) for each in events] for name in ("begin_s", "end_s", "bytes")
    )
    steps = [Steps(begin_s, end_s - begin_s) for begin_s, end_s in zip(begun_s, ended_s, strict=True)]
    every = Moved(together(n_bytes), together(each.lasted_s for each in steps))
    quiet = are_quiet(runs, steps, take_one=True)
    some = Moved(*(column[quiet] for column in every))
    tells = _spreads(some.n_bytes) or not _spreads(every.n_bytes)
    return some if tells and met_crowds(every.took_s / _expected_s(every), quiet) else every


def _expected_s(moved: Moved) -> Floats:
    """How long so many bytes take, as far as that can be told."""
    line = lines_through([moved])
    if line is None:
        return np.ones(len(moved.took_s))
    return np.maximum(line.latencies_s[0] + line.s_per_byte * moved.n_bytes, 1e-9)


class Lines(NamedTuple):
    """Lines of one slope through several groups of transfers."""

    latencies_s: tuple[float, ...]
    """Of each group."""
    s_per_byte: float


def _rate(moved: Mapping[str, Moved]) -> Fit | Kept:
    """The rate that both directions have together, or why it cannot be told."""
    n = sum(len(each.took_s) for each in moved.values())
    if n < LEAST_SAMPLES:
        return Kept(RATE, few(n))
    alone = {direction: line for direction, each in moved.items() if (line := lines_through([each])) is not None}
    both = lines_through([moved[direction] for direction in alone])
    if both is None:
        return Kept(RATE, "all transfers move about as many bytes, so latency and rate cannot be told apart")
    told = ", ".join(f"{direction}s alone {_speed(line.s_per_byte)}" for direction, line in alone.items())
    longest_s = max(float(np.quantile(moved[direction].took_s, 0.9)) for direction in alone)
    most_bytes = max(float(moved[direction].n_bytes.max()) for direction in alone)
    if both.s_per_byte * most_bytes < _LEAST_SHARE * longest_s:
        return Fit(RATE, "none", n, "no limit that could be told from the scatter", remark=told)
    error = _misfit([moved[direction] for direction in alone], both)
    return Fit(RATE, 1 / both.s_per_byte, n, _speed(both.s_per_byte), error=error, remark=told)


def _speed(s_per_byte: float) -> str:
    return f"{1e-6 / s_per_byte:.3g} MB/s" if s_per_byte > 0 else "without limit"


def _misfit(groups: Sequence[Moved], lines: Lines) -> float:
    """How far the sum of all fitted times is from that of the recorded ones."""
    fitted_s = sum(
        float((latency_s + lines.s_per_byte * group.n_bytes).sum())
        for latency_s, group in zip(lines.latencies_s, groups, strict=True)
    )
    recorded_s = sum(float(group.took_s.sum()) for group in groups)
    return abs(fitted_s - recorded_s) / recorded_s if recorded_s else 0.0


def lines_through(groups: Sequence[Moved]) -> Lines | None:
    """A latency for each group and the seconds for a byte of all; None if bytes hardly differ in any group.

    Least absolute deviations, relative to what is expected, by weighted least squares, again and again; nothing is
    below 0.
    """
    if not any(_spreads(group.n_bytes) for group in groups):
        return None
    from scipy.optimize import nnls  # a fifth of a second that only its users should pay

    n_bytes = np.concatenate([group.n_bytes for group in groups])
    took_s = np.concatenate([group.took_s for group in groups])
    scale = max(1.0, float(n_bytes.max()))
    member = np.repeat(np.arange(len(groups)), [len(group.took_s) for group in groups])
    design = np.column_stack([member[:, np.newaxis] == np.arange(len(groups)), n_bytes / scale])
    least_s = max(1e-9, 1e-3 * float(np.median(took_s)))
    parts, weights = np.zeros(design.shape[1]), np.ones(len(took_s))
    for _ in range(_ROUNDS):
        before = parts
        parts, _ = nnls(design * weights[:, np.newaxis], took_s * weights)
        expected_s = np.maximum(design @ parts, least_s)
        off = np.abs(took_s - design @ parts) / expected_s
        weights = 1 / np.sqrt(expected_s**2 * np.maximum(off, 1e-3))
        if np.allclose(parts, before, rtol=1e-6, atol=1e-12):
            break
    return Lines(tuple(parts[:-1].tolist()), float(parts[-1]) / scale)


def _spreads(n_bytes: Floats) -> bool:
    return len(n_bytes) >= LEAST_SAMPLES and bool(n_bytes.max() >= LEAST_SPREAD * max(1.0, float(n_bytes.min())))


def _latency(path: str, moved: Moved, s_per_byte: float) -> Fit | Kept:
    """What transfers take beyond their bytes.

    Where bytes took longer than the rate says, as they sometimes will, those transfers are left out whose time is
    mostly that of their bytes, unless there are no others.
    """
    of_bytes_s = moved.n_bytes * s_per_byte
    left_s = moved.took_s - of_bytes_s
    remark = ""
    if len(left_s) and (left_s <= 0).mean() > _LEAST_NEGATIVE:
        light = of_bytes_s <= np.maximum(left_s, 0)
        if light.sum() >= LEAST_SAMPLES:
            remark = f"of the {int(light.sum()):,} transfers that are mostly latency, for others scatter by their bytes"
            left_s = left_s[light]
    shape = fit_shape(left_s)
    return Kept(path, few(len(left_s))) if shape is None else fit_of(path, shape, remark)


_LEAST_NEGATIVE: Final = 0.01
