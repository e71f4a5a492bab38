"""Posting lists: which rows have a value; and their masks, kept as long as they are asked for."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from models.compiled import Flags

KEPT = 64
"""Masks remembered at most; one of 100,000 rows takes 100 kB."""


class Postings:
    """Rows by value. A mask is brought up to date where a row changes, not made anew."""

    def __init__(self) -> None:
        self._rows: dict[str, set[int]] = {}
        self._masks: OrderedDict[str, Flags] = OrderedDict()

    def add(self, value: str, row: int) -> None:
        """The row has the value."""
        self._rows.setdefault(value, set()).add(row)
        if value in self._masks:
            self._masks[value][row] = True

    def discard(self, value: str, row: int) -> None:
        """The row has the value no more."""
        rows = self._rows[value]
        rows.discard(row)
        if not rows:
            del self._rows[value]
        if value in self._masks:
            self._masks[value][row] = False

    def mask(self, value: str, capacity: int) -> Flags:
        """Which of `capacity` rows have the value; not to be written to."""
        mask = self._masks.get(value)
        if mask is None:
            mask = np.zeros(capacity, np.bool_)
            mask[list(self._rows.get(value, ()))] = True
            self._masks[value] = mask
            if len(self._masks) > KEPT:
                self._masks.popitem(last=False)
        self._masks.move_to_end(value)
        return mask

    def grow(self) -> None:
        """Forget masks that have become too short."""
        self._masks.clear()
