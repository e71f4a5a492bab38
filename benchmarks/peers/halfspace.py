"""River's HalfSpaceTrees: no random cut forest, but what a River user picks today. Its values must lie in [0, 1]."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from river.anomaly import HalfSpaceTrees

from benchmarks.peers import SAMPLE_SIZE, SEED, InProcess, Trial


class HalfSpace(InProcess):
    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.forest = HalfSpaceTrees(
            n_trees=trial.n_trees, height=8, window_size=SAMPLE_SIZE, seed=SEED
        )
        self._recent: deque[list[float]] = deque(maxlen=trial.shape.shingle)

    def _point(self, row: list[float]) -> dict[int, float]:
        self._recent.append(row)
        values = (value for record in self._recent for value in record)
        return {i: (value + 10.0) / 20.0 for i, value in enumerate(values)}

    def learn(self, records: NDArray[np.float32]) -> None:
        for row in records.tolist():
            self.forest.learn_one(self._point(row))

    def score_learn(self, records: NDArray[np.float32]) -> None:
        for row in records.tolist():
            x = self._point(row)
            self.forest.score_one(x)
            self.forest.learn_one(x)
