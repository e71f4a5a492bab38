"""How unusual a record is, and which of its features made it so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.compiled import Doubles
from models.forest.kernels.batch import attribute_points, score_points
from models.forest.verbs.base import ForestBase
from models.forest.verbs.learning import KINDS


class Scoring(ForestBase):
    """Verbs that change nothing: each record is taken as if it came next."""

    def score_one(self, x: Mapping[Any, float | None]) -> float:
        """Score of one record after the last `shingle_size - 1` learned ones."""
        return float(self._scores(self._next_rows(self._names(x), self._row(x)))[0])

    def score_many(self, X: ArrayLike) -> Doubles:
        """Score each of n records (n, features); returns (n,) scores."""
        return self._scores(self._next_rows(*self._rows(X)))

    def attribute_one(self, x: Mapping[Any, float | None]) -> dict[Any, tuple[float, float]]:
        """Feature -> (too low, too high): shares of the inverse-depth score of `x`, which they sum to."""
        names = self._names(x)
        shares = self._shares(self._next_rows(names, self._row(x)))[0].sum(axis=0)
        return {
            name: (float(low), float(high))
            for name, (low, high) in zip(names, shares, strict=False)
        }

    def attribute_many(self, X: ArrayLike) -> Doubles:
        """Shares of the inverse-depth scores of n records (n, features): (n, shingle, features, 2).

        Of each record of the shingle, the oldest first, and each feature: how much it was too low, and too high. All
        shares of a record sum to its score.
        """
        return self._shares(self._next_rows(*self._rows(X)))

    def _next_rows(self, names: list[Any], raw: Doubles) -> NDArray[np.float32]:
        return self._filled(self._as_next(names, raw, gaps=self.missing != "strict"))

    def _scores(self, rows: NDArray[np.float32]) -> Doubles:
        scores = np.zeros(len(rows))
        if self._arena and len(self._recent) >= self.shingle_size - 1:
            points = self._points(rows).ravel()
            score_points(self._arena.forests, 0, points, KINDS[self.score], scores)
        return scores

    def _shares(self, rows: NDArray[np.float32]) -> Doubles:
        width = rows.shape[1]
        shares = np.zeros((len(rows), 2, self.shingle_size * width))
        if self._arena and len(self._recent) >= self.shingle_size - 1:
            attribute_points(self._arena.forests, 0, self._points(rows).ravel(), shares)
        by_lag = shares.reshape(len(rows), 2, self.shingle_size, width)
        return by_lag.transpose(0, 2, 3, 1)
