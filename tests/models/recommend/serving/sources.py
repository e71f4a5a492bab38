"""Sources that say what they are told to."""

from __future__ import annotations

import numpy as np

from models.recommend.serving.sources import Candidates


class Table:
    """Fixed scores by row; rows that are not in it are not known."""

    def __init__(self, scores: dict[int, float], name: str = "table", because: int = -1) -> None:
        self.name, self._scores, self._because = name, scores, because
        self.asked: list[int] = []

    def best(self, allowed: np.ndarray, excluded: np.ndarray, most: int) -> Candidates:
        self.asked.append(most)
        known = [row for row in self._scores if allowed[row] and row not in set(excluded.tolist())]
        rows = np.array(sorted(known, key=lambda row: (-self._scores[row], row))[:most], np.int64)
        return Candidates(rows, self.score(rows))

    def score(self, rows: np.ndarray) -> np.ndarray:
        return np.array([self._scores.get(row, -np.inf) for row in rows.tolist()], np.float64)

    def because(self, row: int) -> int:
        return self._because
