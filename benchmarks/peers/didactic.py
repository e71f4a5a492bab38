"""rrcf of PyPI, used as its documentation shows for streams: the oldest point goes, the new one comes and is scored."""

from __future__ import annotations

import numpy as np
import rrcf
from numpy.typing import NDArray

from benchmarks.peers import SAMPLE_SIZE, SEED, InProcess, Trial


class Rrcf(InProcess):
    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.trees: list[rrcf.RCTree] = []
        self.index = SAMPLE_SIZE

    def learn(self, records: NDArray[np.float32]) -> None:
        points = self.trial.points(self.next, len(records))[-SAMPLE_SIZE:].astype(np.float64)
        rng = np.random.RandomState(SEED)
        self.trees = [rrcf.RCTree(points, random_state=rng) for _ in range(self.trial.n_trees)]

    def score_learn(self, records: NDArray[np.float32]) -> None:
        for point in self.trial.points(self.next, len(records)).astype(np.float64):
            for tree in self.trees:
                tree.forget_point(self.index - SAMPLE_SIZE)
                tree.insert_point(point, index=self.index)
                tree.codisp(self.index)
            self.index += 1
