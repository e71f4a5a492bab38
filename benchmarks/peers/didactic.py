"""rrcf of PyPI, used as its documentation shows for streams: the oldest point goes, the new one comes and is scored."""

from __future__ import annotations

import numpy as np
import rrcf

from benchmarks.peers import N_TREES, SAMPLE_SIZE, Shape, shingles


class Rrcf:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.trees: list[rrcf.RCTree] = []
        self.next = SAMPLE_SIZE
        self._recent = np.zeros((0, shape.features))

    def warm(self, records: np.ndarray) -> None:
        points = shingles(records, self.shape.shingle)[-SAMPLE_SIZE:]
        rng = np.random.RandomState(42)
        self.trees = [rrcf.RCTree(points, random_state=rng) for _ in range(N_TREES)]
        self._recent = records[len(records) - self.shape.shingle + 1 :]

    def score_learn(self, records: np.ndarray) -> None:
        rows = np.concatenate([self._recent, records])
        for point in shingles(rows, self.shape.shingle):
            for tree in self.trees:
                tree.forget_point(self.next - SAMPLE_SIZE)
                tree.insert_point(point, index=self.next)
                tree.codisp(self.next)
            self.next += 1
        self._recent = rows[len(rows) - self.shape.shingle + 1 :]
