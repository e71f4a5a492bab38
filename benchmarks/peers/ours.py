"""models.forest: an arena with one slot, given a batch per call."""

from __future__ import annotations

import numpy as np

from benchmarks.peers import N_TREES, SAMPLE_SIZE, Shape
from models.forest import ForestArena, ForestConfig, RandomCutForest
from models.forest.kernels.batch import INVERSE_DEPTH, NO_SCORE, score_points


class Ours:
    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.arena = ForestArena(
            ForestConfig(
                n_features=shape.features,
                shingle_size=shape.shingle,
                n_trees=N_TREES,
                sample_size=SAMPLE_SIZE,
            )
        )
        self.slot = self.arena.open_slot(42)
        self._recent = np.zeros((shape.shingle - 1, shape.features))

    def _offer(self, records: np.ndarray, kind: int) -> None:
        slots = np.full(len(records), self.slot)
        self.arena.score_and_learn(slots, records.astype(np.float32), kind)
        self._recent = records[len(records) - self.shape.shingle + 1 :]

    def warm(self, records: np.ndarray) -> None:
        self._offer(records, NO_SCORE)

    def score_learn(self, records: np.ndarray) -> None:
        self._offer(records, INVERSE_DEPTH)

    def learn(self, records: np.ndarray) -> None:
        self._offer(records, NO_SCORE)

    def score(self, records: np.ndarray) -> None:
        before = np.broadcast_to(self._recent.ravel(), (len(records), self._recent.size))
        points = np.concatenate([before, records], axis=1).astype(np.float32)
        flat = points.ravel()
        score_points(self.arena.forests, self.slot, flat, INVERSE_DEPTH, np.zeros(len(records)))


class OursByVerb:
    """RandomCutForest with River's verbs: a dictionary, and two calls, per record."""

    def __init__(self, shape: Shape) -> None:
        self.forest = RandomCutForest(N_TREES, SAMPLE_SIZE, shape.shingle)

    def warm(self, records: np.ndarray) -> None:
        self.forest.learn_many(records)

    def score_learn(self, records: np.ndarray) -> None:
        for row in records.tolist():
            x = dict(enumerate(row))
            self.forest.score_one(x)
            self.forest.learn_one(x)
