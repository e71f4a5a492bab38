"""The numbers of items, one column per name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.compiled import Doubles


class Numbers:
    """A column per name with one number a row, NaN where the row has none."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._columns: dict[str, Doubles] = {}
        self._counts: dict[str, int] = {}

    def __len__(self) -> int:
        """How many names some row has."""
        return len(self._columns)

    def __contains__(self, name: object) -> bool:
        """Whether some row has the name."""
        return name in self._columns

    def put(self, row: int, numbers: Mapping[str, float]) -> None:
        """The row, which had none, has these numbers."""
        for name, value in numbers.items():
            if name not in self._columns:
                self._columns[name] = np.full(self._capacity, np.nan)
                self._counts[name] = 0
            self._columns[name][row] = value
            self._counts[name] += 1

    def clear(self, row: int, numbers: Mapping[str, float]) -> None:
        """The row, which had exactly these numbers, has none."""
        for name in numbers:
            self._counts[name] -= 1
            if self._counts[name]:
                self._columns[name][row] = np.nan
            else:
                del self._columns[name], self._counts[name]

    def column(self, name: str) -> Doubles | None:
        """The number of each row; None where no row has it; not to be written to."""
        return self._columns.get(name)

    def grow(self, capacity: int) -> None:
        """Make room for `capacity` rows."""
        for name, column in self._columns.items():
            longer = np.full(capacity, np.nan)
            longer[: len(column)] = column
            self._columns[name] = longer
        self._capacity = capacity
