"""Whether two values are the same, whatever they are made of."""

from __future__ import annotations

import pickle

import numpy as np


def agree(found: object, expected: object) -> bool:
    """Whether a value is the expected one: by its parts in lists, tuples and dicts, by its elements in arrays.

    Values that know no equality but of themselves are compared as pickles, and differ if they cannot be pickled.
    """
    if type(found) is not type(expected):
        return False
    if isinstance(found, list | tuple) and isinstance(expected, list | tuple):
        return len(found) == len(expected) and all(map(agree, found, expected))
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(agree(value, expected[key]) for key, value in found.items())
    if isinstance(found, np.ndarray) and isinstance(expected, np.ndarray):
        return _arrays_agree(found, expected)
    return _equal(found, expected)


def _arrays_agree(found: np.ndarray, expected: np.ndarray) -> bool:
    may_be_nan = found.dtype.kind in "fc"
    return found.dtype == expected.dtype and np.array_equal(found, expected, equal_nan=may_be_nan)


def _equal(found: object, expected: object) -> bool:
    try:
        if bool(found == expected):
            return True
    except Exception:  # of the values' own making; a data frame has no one truth, say
        pass
    try:
        return pickle.dumps(found) == pickle.dumps(expected)
    except Exception:  # likewise: what is defined inside a function, say
        return False
