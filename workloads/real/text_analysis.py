"""text_analysis: words of a text counted in parts, the text cut in segments, these analysed, all reported."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from heapq import nsmallest
from itertools import pairwise
from typing import Any

import numpy as np

from workloads.generators import TextAnalysis
from workloads.real.builtin import Builtin, rounded
from workloads.real.prose import prose

PASS_S, MERGE_S = 35e-9, 50e-9
"""CPU seconds of one pass, and of handling all results, per byte of the text; measured."""
SEGMENTS_SHARE, ANALYSIS_SHARE, MERGED_SHARE = 0.98, 3.7, 2.4
"""Sizes of all segments, of an analysis and of them merged, per byte of what they are made of; measured."""
_SMALL_BYTES = 300_000
_MOST = 20


def _words(text: bytes) -> list[str]:
    return text.decode().lower().replace(".", "").split()


def _bounds(n_words: int, parts: int) -> list[int]:
    return [n_words * k // parts for k in range(parts + 1)]


def count(text: bytes, *, part: int, parts: int) -> int:
    """The words of a part of the text."""
    bounds = _bounds(len(text), parts)
    begins = [found.start() for found in re.finditer(rb"\S+", text)]
    return sum(bounds[part] <= begin < bounds[part + 1] for begin in begins)


def merge_counts(*counts: int) -> int:
    """The words of the text."""
    return sum(counts)


def segment(text: bytes, total: int, *, segments: int) -> list[str]:
    """The text without its signs, in segments of as many words."""
    words, bounds = _words(text), _bounds(total, segments)
    return [" ".join(words[begin:end]) for begin, end in pairwise(bounds)]


def statistics(text: bytes, total: int) -> dict[str, float]:
    """Figures of the text as a whole."""
    sentences = text.count(b".")
    letters = sum(map(len, _words(text)))
    return {
        "words": total,
        "sentences": sentences,
        "letters": letters,
        "longest": max(map(len, _words(text)), default=0),
    }


def analyse(segments: list[str], *, part: int) -> dict[str, Counter[Any]]:
    """How often words, and pairs of words that follow one another, are in a segment."""
    words = segments[part].split()
    return {"words": Counter(words), "pairs": Counter(pairwise(words))}


def overview(segments: list[str], figures: dict[str, float], *, part: int, parts: int) -> dict[str, float]:
    """The words of some lengths in the whole text: how many, how many different ones, and their share."""
    words = [word for each in segments for word in each.split() if len(word) % parts == part]
    return {"words": len(words), "different": len(set(words)), "share": len(words) / max(1, figures["words"])}


def merge(*parts: dict[str, Any]) -> dict[str, Any]:
    """All analyses as one, and the overviews side by side."""
    words: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for part in parts:
        words.update(part["words"] if "pairs" in part else {})
        pairs.update(part.get("pairs", {}))
    return {"words": words, "pairs": pairs, "overviews": [part for part in parts if "pairs" not in part]}


def metrics(merged: dict[str, Any]) -> dict[str, float]:
    """How rich the text is in words."""
    words = merged["words"]
    once = sum(found == 1 for found in words.values())
    return {"different": len(words), "once": once, "words": sum(words.values())}


def summary(merged: dict[str, Any]) -> dict[str, list[Any]]:
    """The most frequent words and pairs."""
    return {key: _most_frequent(merged[key]) for key in ("words", "pairs")}


def _most_frequent(counts: Mapping[Any, int]) -> list[Any]:
    return nsmallest(_MOST, counts.items(), key=lambda item: (-item[1], item[0]))


def report(figures: dict[str, float], frequent: dict[str, list[Any]], merged: dict[str, Any]) -> dict[str, Any]:
    """All of it."""
    return {"metrics": figures, "summary": frequent, **merged}


def _text(analysis: TextAnalysis) -> bytes:
    return prose(analysis.text_bytes, np.random.default_rng(analysis.seed))


def _options(analysis: TextAnalysis, function: str, numbers: tuple[int, ...]) -> dict[str, object]:
    match function:
        case "count":
            return {"part": numbers[0], "parts": analysis.counts}
        case "segment":
            return {"segments": analysis.segments}
        case "analyse":
            return {"part": numbers[0]}
        case "overview":
            return {"part": numbers[0], "parts": analysis.overviews}
    return {}


def _straight(analysis: TextAnalysis) -> dict[str, Any]:
    """By numpy, of all words at once; pairs across the segments' borders do not count."""
    words = np.array(re.findall(r"[a-z]+", _text(analysis).decode().lower()), dtype=np.str_)
    borders = {len(words) * k // analysis.segments for k in range(1, analysis.segments)}
    kept = [k for k in range(len(words) - 1) if k + 1 not in borders]
    different, counts = np.unique(words, return_counts=True)
    frequencies = dict(zip(different.tolist(), counts.tolist(), strict=True))
    pairs = Counter((str(words[k]), str(words[k + 1])) for k in kept)
    lengths = np.char.str_len(words) % analysis.overviews if words.size else np.zeros(0)
    of_lengths = [words[lengths == k] for k in range(analysis.overviews)]
    return {
        "metrics": {"different": len(different), "once": int((counts == 1).sum()), "words": len(words)},
        "summary": {"words": _most_frequent(frequencies), "pairs": _most_frequent(pairs)},
        "words": frequencies,
        "pairs": pairs,
        "overviews": [
            {"words": len(each), "different": len(np.unique(each)), "share": len(each) / max(1, len(words))}
            for each in of_lengths
        ],
    }


def _small(told: Mapping[str, Any]) -> dict[str, object]:
    n_bytes = told.get("text_bytes", _SMALL_BYTES)
    segments = told.get("segments", TextAnalysis.segments)
    return {
        "text_bytes": n_bytes,
        "segments_bytes": round(SEGMENTS_SHARE * n_bytes),
        "analysis_bytes": round(ANALYSIS_SHARE * n_bytes / segments),
        "merged_bytes": round(MERGED_SHARE * n_bytes),
        "figures_bytes": 100,
        "pass_s": rounded(PASS_S * n_bytes),
        "merge_s": rounded(MERGE_S * n_bytes),
    }


TEXT_ANALYSIS = Builtin(
    generator=TextAnalysis,
    functions={
        "count": count,
        "merge-counts": merge_counts,
        "segment": segment,
        "statistics": statistics,
        "analyse": analyse,
        "overview": overview,
        "merge": merge,
        "metrics": metrics,
        "summary": summary,
        "report": report,
    },
    given=lambda analysis: {"text": _text(analysis)},
    straight=_straight,
    small=_small,
    options=_options,
    agrees=lambda found, straight: bool(found == straight),
)
