"""Tables: columns that grow together, and which of their rows have changed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recommend.store.columns import Column

FIRST_CAPACITY = 64


class Table:
    """Columns over the same rows; see models.recommend.store.columns."""

    def __init__(self, name: str, columns: tuple[Column, ...], capacity: int = 0) -> None:
        self.name = name
        self.columns = columns
        self.dirty: NDArray[np.uint8] = np.zeros(0, np.uint8)
        """(capacity,): 1 where a row has changed since the last checkpoint."""
        self._arrays: dict[str, NDArray[Any]] = {
            column.name: np.zeros((0, *column.shape), column.dtype) for column in columns
        }
        self.fit(capacity)

    def __getitem__(self, column: str) -> NDArray[Any]:
        """The column's array (capacity, *shape), until the table grows."""
        return self._arrays[column]

    @property
    def saved(self) -> tuple[Column, ...]:
        """The columns that checkpoints hold."""
        return tuple(column for column in self.columns if not column.derived)

    @property
    def row_nbytes(self) -> int:
        """Bytes of one saved row."""
        return sum(self._arrays[column.name].itemsize * _size(column) for column in self.saved)

    @property
    def nbytes(self) -> int:
        """Bytes in memory, spare room included."""
        return self.dirty.nbytes + sum(array.nbytes for array in self._arrays.values())

    def fit(self, rows: int) -> None:
        """Have room for at least so many rows."""
        held = len(self.dirty)
        if rows <= held:
            return
        capacity = max(rows, 2 * held, FIRST_CAPACITY if rows > 1 else 1)
        for column in self.columns:
            self._arrays[column.name] = _longer(self._arrays[column.name], capacity, column.fill)
        dirty = np.zeros(capacity, np.uint8)
        dirty[:held] = self.dirty
        self.dirty = dirty

    def reset(self, rows: NDArray[np.int64]) -> None:
        """Put the columns' fill into some rows."""
        for column in self.columns:
            self._arrays[column.name][rows] = column.fill
        self.dirty[rows] = 1


class Strings:
    """A text per row, or None; `row_nbytes` is how long one usually is, by which pieces are planned."""

    def __init__(self, name: str, row_nbytes: int = 32) -> None:
        self.name, self.row_nbytes = name, row_nbytes
        self.values: list[str | None] = []
        self.dirty: NDArray[np.uint8] = np.zeros(0, np.uint8)

    def __getitem__(self, row: int) -> str | None:
        return self.values[row]

    def __setitem__(self, row: int, value: str | None) -> None:
        self.values[row] = value
        self.dirty[row] = 1

    def fit(self, rows: int) -> None:
        """Have room for at least so many rows."""
        held = len(self.dirty)
        if rows <= held:
            return
        capacity = max(rows, 2 * held, FIRST_CAPACITY)
        self.values.extend([None] * (capacity - held))
        dirty = np.zeros(capacity, np.uint8)
        dirty[:held] = self.dirty
        self.dirty = dirty

    def reset(self, rows: NDArray[np.int64]) -> None:
        """Put None into some rows."""
        for row in rows.tolist():
            self.values[row] = None
        self.dirty[rows] = 1

    @property
    def nbytes(self) -> int:
        """Bytes of the list and, roughly, of its texts."""
        held = [value for value in self.values if value is not None]
        return 8 * len(self.values) + sum(map(len, held)) + 49 * len(held) + self.dirty.nbytes


def _longer(array: NDArray[Any], rows: int, fill: float) -> NDArray[Any]:
    held, shape = len(array), (rows, *array.shape[1:])
    if fill == 0:
        # The system hands out zeros page by page as they are touched: spare room costs nothing yet.
        longer = np.zeros(shape, array.dtype)
    else:
        longer = np.empty(shape, array.dtype)
        longer[held:] = fill
    longer[:held] = array
    return longer


def _size(column: Column) -> int:
    return int(np.prod(column.shape, dtype=np.int64))
