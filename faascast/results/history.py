"""A history as plain data, for `--json`."""

from __future__ import annotations

import math

from planners.knowledge.accuracy import Accuracy
from planners.knowledge.history import History


def history_content(history: History, accuracies: tuple[Accuracy, ...], level: str) -> dict[str, object]:
    """A history in figures; the errors of predictions at a level, null of topics of which nothing was held back."""
    judged = {each.topic: each for each in accuracies}
    return {
        "fingerprint": history.fingerprint,
        "n_runs": history.n_runs,
        "n_records": history.n_records,
        "functions": list(history.functions),
        "level": level,
        "topics": [
            {"topic": topic.value, "n_records": n, **_accuracy(judged.get(topic))}
            for topic, n in history.counts().items()
        ],
    }


def _accuracy(found: Accuracy | None) -> dict[str, object]:
    known = found is not None and not math.isnan(found.median_error)
    return {
        "n_held_back": found.n if found else 0,
        "n_unpredicted": found.n_unpredicted if found else 0,
        "median_error": found.median_error if found and known else None,
        "covered": found.covered if found and known else None,
    }
