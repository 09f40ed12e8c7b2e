"""wordcount: the words of a text, counted in chunks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from heapq import nsmallest
from itertools import groupby
from typing import Any

import numpy as np

from workloads.generators import WordCount
from workloads.real.builtin import Builtin, rounded
from workloads.real.prose import prose

COUNT_S, MERGE_S, COUNTS_BYTES = 26e-9, 0.8e-3, 27_500
"""CPU seconds of counting a byte and of merging two tables, and size of a table; measured."""
_SMALL_BYTES = 200_000
_MOST = 1_000


def count(chunk: bytes) -> dict[str, int]:
    """How often each word is there."""
    return dict(Counter(chunk.decode().replace(".", "").split()))


def merge(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    """Two tables of counts as one."""
    return dict(Counter(a) + Counter(b))


def report(counts: dict[str, int]) -> dict[str, Any]:
    """The most frequent words, and what there is in all."""
    frequent = nsmallest(_MOST, counts.items(), key=lambda item: (-item[1], item[0]))
    return {"words": sum(counts.values()), "different": len(counts), "counts": frequent}


def _chunks(wordcount: WordCount) -> list[bytes]:
    """Pieces of one text; words that a cut goes through are two."""
    size = wordcount.chunk_bytes
    text = prose(size * wordcount.chunks, np.random.default_rng(wordcount.seed))
    return [text[size * i : size * (i + 1)] for i in range(wordcount.chunks)]


def _straight(wordcount: WordCount) -> dict[str, Any]:
    """All words sorted, then equal ones counted side by side."""
    words = sorted(re.findall("[a-z]+", b" ".join(_chunks(wordcount)).decode()))
    counts = [(word, len(list(same))) for word, same in groupby(words)]
    counts.sort(key=lambda item: item[1], reverse=True)
    return {"words": len(words), "different": len(counts), "counts": counts[:_MOST]}


def _small(told: Mapping[str, Any]) -> dict[str, object]:
    n_bytes = told.get("chunk_bytes", _SMALL_BYTES)
    return {
        "chunk_bytes": n_bytes,
        "counts_bytes": min(n_bytes, COUNTS_BYTES),
        "count_s": rounded(COUNT_S * n_bytes),
        "merge_s": MERGE_S,
    }


WORDCOUNT = Builtin(
    generator=WordCount,
    functions={"count": count, "merge": merge, "report": report},
    given=lambda wordcount: {f"chunk-{i}": chunk for i, chunk in enumerate(_chunks(wordcount))},
    straight=_straight,
    small=_small,
    agrees=lambda found, straight: bool(found == straight),
)
