"""How far predictions are off, measured on records that they were not made of."""

from __future__ import annotations

from dataclasses import dataclass

from planners.knowledge.history import Cell, History, Key, Topic
from planners.knowledge.predictor import NS_PER_S, Predictor
from planners.knowledge.sketch import Sketch


@dataclass(frozen=True)
class Accuracy:
    """Of the predictions of one topic."""

    topic: Topic
    n: int
    """Records held back, each predicted from those that were not."""
    median_error: float
    """Half of them are off by no more than this share of what was recorded."""
    covered: float
    """The share of them that are at most as large as predicted: of a p95 that is right, 95 %."""
    n_unpredicted: int
    """Records held back of which there was no prediction."""


def accuracies(predictor: Predictor) -> tuple[Accuracy, ...]:
    """By topic; of topics of which no record was held back there is none."""
    judged = Predictor(_kept(predictor.history), predictor.level, predictor.mb_per_vcpu)
    found = (_accuracy(topic, judged, predictor.history) for topic in Topic)
    return tuple(each for each in found if each)


def _kept(history: History) -> History:
    """The history of the records that were not held back, each as large as its class's mean."""
    kept = {
        key: Cell(cell.kept, Sketch(), cell.bytes_sum * cell.kept.n // cell.n)
        for key, cell in history.cells.items()
        if cell.kept.n
    }
    return History(kept, history.n_runs)


def _accuracy(topic: Topic, predictor: Predictor, history: History) -> Accuracy | None:
    held = [(key, cell) for key, cell in history.cells.items() if key.topic is topic and cell.held.n]
    if not held:
        return None
    errors: list[tuple[float, int]] = []
    covered = unpredicted = 0
    for key, cell in held:
        value = _predicted(predictor, key, cell)
        if value is None:
            unpredicted += cell.held.n
            continue
        for seen, n in cell.held.values():
            errors.append((_error(value, seen), n))
            covered += n if seen <= value * (1 + 1e-9) else 0
    n = sum(count for _, count in errors)
    return Accuracy(topic, n + unpredicted, _median(errors), covered / n if n else 0.0, unpredicted)


def _predicted(predictor: Predictor, key: Key, cell: Cell) -> float | None:
    """What is believed of the records of a cell, in their own unit."""
    n_bytes = cell.bytes_sum / cell.n
    match key.topic:
        case Topic.RUN:
            found = predictor.run_s(key.function, key.number, n_bytes)
        case Topic.OUTPUT:
            found = predictor.output_bytes(key.function, key.number, n_bytes)
        case Topic.GET | Topic.PUT:
            found = predictor.transfer_s(key.topic, n_bytes)
        case Topic.COLD | Topic.INIT | Topic.WARM:
            found = predictor.start_s(key.topic, key.number)
        case Topic.CALL | Topic.REQUEST | Topic.NOTIFY:
            found = predictor.overall_s(key.topic)
    if found is None:
        return None
    return found.value if key.topic is Topic.OUTPUT else found.value * NS_PER_S


def _error(predicted: float, seen: float) -> float:
    """As a share of what was seen; of nothing seen, that of whatever was predicted is 1."""
    return abs(predicted - seen) / seen if seen else float(predicted > 0)


def _median(errors: list[tuple[float, int]]) -> float:
    """Of values with counts; NaN of none."""
    left = sum(n for _, n in errors) / 2
    for error, n in sorted(errors):
        left -= n
        if left <= 0:
            return error
    return float("nan")
