"""Compressed sparse rows: an immutable list of lists of indices in two arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int32]
FloatArray = NDArray[np.float64]


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The same array, no longer writable."""
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False, slots=True)
class Csr:
    """Rows of indices: row ``i`` is ``indices[indptr[i]:indptr[i + 1]]``.

    ``indptr`` has one entry more than there are rows; both arrays are int32 and read-only.
    """

    indptr: IntArray
    indices: IntArray

    def __post_init__(self) -> None:
        frozen(self.indptr)
        frozen(self.indices)

    @classmethod
    def from_rows(cls, rows: Sequence[Iterable[int]]) -> Csr:
        """Rows as they stand."""
        lists = [list(row) for row in rows]
        keys = np.repeat(np.arange(len(lists)), np.array([len(row) for row in lists], dtype=np.int64))
        values = np.fromiter((i for row in lists for i in row), dtype=np.int32, count=keys.size)
        return cls.from_pairs(keys, values, len(lists))

    @classmethod
    def from_pairs(cls, keys: NDArray[Any], values: NDArray[Any], n_rows: int) -> Csr:
        """Row ``keys[k]`` receives ``values[k]``; within a row the order of the pairs is kept."""
        order = np.argsort(keys, kind="stable")
        indptr = np.zeros(n_rows + 1, dtype=np.int32)
        np.cumsum(np.bincount(keys, minlength=n_rows), out=indptr[1:])
        return cls(indptr, values[order].astype(np.int32))

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return self.indptr.size - 1

    @property
    def counts(self) -> IntArray:
        """The length of each row."""
        return np.diff(self.indptr)

    @property
    def keys(self) -> IntArray:
        """The row of each entry of ``indices``."""
        return np.repeat(np.arange(self.n_rows, dtype=np.int32), self.counts)

    def row(self, i: int) -> IntArray:
        """Row ``i``, a read-only view."""
        return self.indices[self.indptr[i] : self.indptr[i + 1]]

    def tuples(self) -> tuple[tuple[int, ...], ...]:
        """All rows as plain Python tuples, for code that must not depend on numpy."""
        flat = self.indices.tolist()
        return tuple(tuple(flat[begin:end]) for begin, end in pairwise(self.indptr.tolist()))

    def transposed(self, n_columns: int) -> Csr:
        """For each index the rows that hold it, ascending."""
        return Csr.from_pairs(self.indices, self.keys, n_columns)

    def __len__(self) -> int:
        return self.n_rows

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Csr):
            return NotImplemented
        return np.array_equal(self.indptr, other.indptr) and np.array_equal(self.indices, other.indices)

    def __hash__(self) -> int:
        return hash((self.indptr.tobytes(), self.indices.tobytes()))

    def __reduce__(self) -> tuple[type[Csr], tuple[IntArray, IntArray]]:
        # Through the constructor: an unpickled array would be writable again.
        return Csr, (self.indptr, self.indices)

    def __repr__(self) -> str:
        return f"Csr({self.n_rows} rows, {self.indices.size} entries)"
