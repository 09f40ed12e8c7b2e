"""Many names in little memory: one UTF-8 string and where each name ends in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import overload

import numpy as np

from workloads.csr import IntArray, frozen

# A JSON file may hold half of a surrogate pair, which is a str that strict UTF-8 refuses.
_ERRORS = "surrogatepass"


class Names(Sequence[str]):
    """An immutable sequence of names, a third of the size of a list of str.

    Decoding is lazy; the dictionary behind :meth:`find` is built at its first call.
    """

    def __init__(self, names: Iterable[str]) -> None:
        encoded = [name.encode("utf-8", _ERRORS) for name in names]
        self._blob = b"".join(encoded)
        self._ends: IntArray = frozen(np.array([0, *accumulate(map(len, encoded))], dtype=np.int32))

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self)}

    def find(self, name: str) -> int | None:
        """The position of a name, or None if it is not among them."""
        return self._index.get(name)

    def to_bytes(self) -> bytes:
        """The whole content, for a fingerprint."""
        return self._ends.astype("<i4").tobytes() + self._blob

    @overload
    def __getitem__(self, i: int) -> str: ...
    @overload
    def __getitem__(self, i: slice) -> tuple[str, ...]: ...
    def __getitem__(self, i: int | slice) -> str | tuple[str, ...]:
        if isinstance(i, slice):
            return tuple(self[k] for k in range(*i.indices(len(self))))
        k = range(len(self))[i]
        return self._blob[self._ends[k] : self._ends[k + 1]].decode("utf-8", _ERRORS)

    def __iter__(self) -> Iterator[str]:
        for begin, end in pairwise(self._ends.tolist()):
            yield self._blob[begin:end].decode("utf-8", _ERRORS)

    def __len__(self) -> int:
        return self._ends.size - 1

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find(name) is not None

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Names):
            return self.to_bytes() == other.to_bytes()
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._blob)

    def __reduce__(self) -> tuple[type[Names], tuple[list[str]]]:
        # Without the dictionary, and read-only again on the other side.
        return Names, (list(self),)

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self[:3]))
        return f"Names({shown}{', …' if len(self) > 3 else ''}; {len(self)})"
