"""Cleaning references to users and items that went out of all columns, a bounded piece at a time.

A row that went is not used again before every column was looked through, so that a reference to it never comes to mean
another user or item. Histories are looked through first: once they are clean, no model can copy a reference from there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.recommend.store.columns import NOBODY, Column
from models.recommend.store.entities import Entities
from models.recommend.store.kernels.sweep import find_gone
from models.recommend.store.table import Table

VALUES_PER_STEP = 65_536


class Referring(NamedTuple):
    """A column of references."""

    table: Table
    column: Column
    extent: NDArray[np.int64]
    """(1,): how many rows were ever used."""

    @property
    def width(self) -> int:
        """References per row."""
        return int(np.prod(self.column.shape, dtype=np.int64))


class Sweep:
    """Rounds over all columns that refer to the same users or items, in steps."""

    def __init__(self, entities: Entities, progress: NDArray[np.int64]) -> None:
        self._entities = entities
        self._progress = progress
        """(2,): the column at hand, -1 between rounds; and its next row."""
        self._columns: list[Referring] = []
        self._found: NDArray[np.int64] = np.empty((0, 2), np.int64)

    def watch(self, table: Table, column: Column, extent: NDArray[np.int64]) -> None:
        """Look through this column too, up to the row that `extent` (1,) says by then."""
        self._columns.append(Referring(table, column, extent))
        self._entities.referred = True

    def step(self) -> None:
        """Look through the next few rows, if anything went since the last round began."""
        if self._progress[0] < 0:
            if not self._columns or not self._entities.start_sweep():
                return
            self._progress[:] = 0
        referring = self._columns[int(self._progress[0])]
        start = int(self._progress[1])
        rows = max(1, VALUES_PER_STEP // referring.width)
        stop = min(start + rows, int(referring.extent[0]))
        self._clean(referring, start, stop)
        self._progress[1] = stop
        if stop < start + rows:
            self._progress[0] += 1
            self._progress[1] = 0
        if self._progress[0] == len(self._columns):
            self._progress[0] = -1
            self._entities.end_sweep()

    def _clean(self, referring: Referring, start: int, stop: int) -> None:
        table, column, width = referring.table, referring.column, referring.width
        if len(self._found) < (stop - start) * width:
            self._found = np.empty(((stop - start) * width, 2), np.int64)
        references = _by_place(table[column.name], width)
        count = find_gone(references, self._entities.life["state"], start, stop, self._found)
        if not count:
            return
        rows, places = self._found[:count, 0], self._found[:count, 1]
        for beside in table.columns:
            if beside.shape == column.shape:
                _by_place(table[beside.name], width)[rows, places] = beside.fill
        references[rows, places] = NOBODY
        table.dirty[rows] = 1


def _by_place(array: NDArray[Any], width: int) -> NDArray[Any]:
    return array.reshape(len(array), width)
