"""How the numbers of items spread: the running mean and deviation of each name."""

from __future__ import annotations

import zlib
from math import sqrt

from models.compiled import Doubles

SLOTS = 512
"""Names share a slot where their hashes do."""
FURTHEST = 4.0
"""Deviations beyond which a number counts as this far."""
LARGEST = 1e100
"""A number beyond +-1e100 counts as such: its square is still a float."""


class Spreads:
    """Means and deviations over a table of shape (SLOTS, 3): count, mean, sum of squared deviations (Welford 1962)."""

    def __init__(self, table: Doubles) -> None:
        self.table = table

    def learn(self, name: str, value: float) -> None:
        """Take one more number into account."""
        row, value = self.table[_slot(name)], _bounded(value)
        row[0] += 1.0
        pull = value - row[1]
        row[1] += pull / row[0]
        row[2] += pull * (value - row[1])

    def standardised(self, name: str, value: float) -> float:
        """How many deviations above its mean the number is; 0 where none is known."""
        count, mean, squares = (float(each) for each in self.table[_slot(name)])
        deviation = sqrt(squares / count) if count else 0.0
        if deviation == 0.0:
            return 0.0
        return min(max((_bounded(value) - mean) / deviation, -FURTHEST), FURTHEST)


def _bounded(value: float) -> float:
    return min(max(value, -LARGEST), LARGEST)


def _slot(name: str) -> int:
    return zlib.crc32(name.encode()) % SLOTS
