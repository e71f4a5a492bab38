"""Parameters of River's models as columns of the store."""

from __future__ import annotations

from hashlib import blake2b
from math import sqrt

import numpy as np

from models.compiled import Doubles
from models.recommend.store.table import Table

LARGEST = 100.0
"""A parameter is kept within +-100: far beyond any sensible one, and products of two stay finite.

Without a bound, FunkMF with a step too large for its ratings overshoots further each time, until floats overflow.
"""


class Parameters:
    """What River takes for its dictionary of biases or of latent vectors: from rows to a column's values."""

    def __init__(self, table: Table, column: str) -> None:
        self._table, self._column = table, column

    def __getitem__(self, row: int) -> Doubles | np.float64:
        """The row's value; a vector is a view."""
        value: Doubles | np.float64 = self._table[self._column][row]
        return value

    def __setitem__(self, row: int, value: Doubles | np.float64) -> None:
        self._table[self._column][row] = np.minimum(np.maximum(value, -LARGEST), LARGEST)
        self._table.dirty[row] = 1


class RunningMean:
    """What River takes for its running mean of all ratings (West 1979)."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def update(self, rating: float) -> None:
        """Take in one rating."""
        self._table["count"][0] += 1
        self._table["mean"][0] += (rating - self.get()) / int(self._table["count"][0])

    def get(self) -> float:
        """The mean; 0 before any rating."""
        return float(self._table["mean"][0])


def first_vector(name: str, seed: int, n_factors: int, deviation: float) -> Doubles:
    """(n_factors,): evenly distributed around 0, a function of the id alone and not of the order in which ids come."""
    n_blocks = -(-n_factors // 16)
    digests = [blake2b(f"{seed}:{k}:{name}".encode()).digest() for k in range(n_blocks)]
    words = np.frombuffer(b"".join(digests), "<u4")[:n_factors]
    return (words * 2.0**-32 - 0.5) * (sqrt(12.0) * deviation)
