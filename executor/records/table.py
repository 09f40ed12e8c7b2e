"""A table: named columns of equal length, as numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas


class Table(Mapping[str, NDArray[Any]]):
    """Immutable; ``table["column"]`` is an array, ``len(table)`` the number of columns, ``n_rows`` of rows."""

    __slots__ = ("_columns", "n_rows")

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        lengths = {len(values) for values in columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of different lengths: { {k: len(v) for k, v in columns.items()} }")
        self._columns = dict(columns)
        self.n_rows = max(lengths, default=0)
        for values in self._columns.values():
            values.setflags(write=False)

    def __getitem__(self, column: str) -> NDArray[Any]:
        return self._columns[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Row after row, as plain Python values."""
        lists = [values.tolist() for values in self._columns.values()]
        for row in zip(*lists, strict=True):
            yield dict(zip(self._columns, row, strict=True))

    def where(self, chosen: NDArray[np.bool_]) -> Table:
        """The chosen rows."""
        return Table({name: values[chosen] for name, values in self._columns.items()})

    def to_pandas(self) -> pandas.DataFrame:
        """The same as a data frame."""
        import pandas as pd  # half a second that only its users should pay

        return pd.DataFrame({name: values.copy() for name, values in self._columns.items()})

    def __repr__(self) -> str:
        return f"Table({self.n_rows} rows: {', '.join(self._columns)})"
