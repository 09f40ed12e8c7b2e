"""Text to be counted and analysed: made-up words, the frequent ones short, in sentences."""

from __future__ import annotations

import numpy as np

_VOCABULARY = 3_000
_WORDS_A_SENTENCE = 12
_SHORTEST, _LONGEST = 2, 9
_LETTERS = "etaoinshrdlu"


def prose(n_bytes: int, random: np.random.Generator) -> bytes:
    """So many bytes of text; the last word may be cut short."""
    words = _vocabulary(random)
    shares = 1 / np.arange(1, len(words) + 1)  # as in any language (Zipf)
    enough = n_bytes // (_SHORTEST + 1) + 1
    ranks = np.searchsorted(shares.cumsum() / shares.sum(), random.random(enough)).tolist()
    ends = range(_WORDS_A_SENTENCE - 1, enough, _WORDS_A_SENTENCE)
    chosen = [words[rank] for rank in ranks]
    for end in ends:
        chosen[end] += "."
    return " ".join(chosen).encode()[:n_bytes]


def _vocabulary(random: np.random.Generator) -> list[str]:
    """Different words, short ones first."""
    letters = np.array(list(_LETTERS))
    lengths = np.linspace(_SHORTEST, _LONGEST, 2 * _VOCABULARY).astype(np.int64)
    found = dict.fromkeys("".join(letters[random.integers(len(letters), size=length)]) for length in lengths)
    return list(found)[:_VOCABULARY]
