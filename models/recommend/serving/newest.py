"""The last resort: the newest items."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Flags, Ints
from models.recommend.catalogue.latest import Latest
from models.recommend.serving.sources import Candidates


class Newest:
    """A source for those of whom, and of whose segment, nothing is known. Scores fall from 1 with age."""

    name = "latest"

    def __init__(self, latest: Latest) -> None:
        self._latest = latest

    def best(self, allowed: Flags, excluded: Ints, most: int) -> Candidates:
        """The newest items whose row is allowed and not excluded."""
        rows = self._latest.rows()
        rows = rows[allowed[rows]]
        rows = rows[~np.isin(rows, excluded)][:most]
        return Candidates(rows, self.score(rows))

    def score(self, rows: Ints) -> Doubles:
        """(n,): 1 for the newest item, less for older ones; -inf for those that are not remembered."""
        newest = self._latest.rows()
        scores = np.full(len(rows), -np.inf)
        order = np.argsort(newest)
        at = np.minimum(np.searchsorted(newest, rows, sorter=order), max(len(newest) - 1, 0))
        if len(newest):
            places = order[at]
            held = newest[places] == rows
            scores[held] = 1.0 / (1.0 + places[held])
        return scores

    def because(self, row: int) -> int:
        """None."""
        return -1 if row >= 0 else row
