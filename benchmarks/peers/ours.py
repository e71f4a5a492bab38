"""models.forest: an arena with one slot, given a batch per call; and River's verbs, a record per call."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import SAMPLE_SIZE, SEED, InProcess, Shape, Trial
from models.forest import ForestArena, ForestConfig, RandomCutForest
from models.forest.kernels.batch import attribute_points, score_points
from models.forest.kernels.gains import INVERSE_DEPTH, NO_SCORE

AMPLE = 1 << 40
"""A budget for bounding boxes that no benchmark uses up."""


def config_of(shape: Shape, n_trees: int) -> ForestConfig:
    return ForestConfig(
        n_features=shape.features,
        shingle_size=shape.shingle,
        n_trees=n_trees,
        sample_size=SAMPLE_SIZE,
    )


class Ours(InProcess):
    """`boxes` says whether bounding boxes are kept (a hot key) or rebuilt where they are needed (a compact one)."""

    def __init__(self, trial: Trial, *, boxes: bool) -> None:
        super().__init__(trial)
        config = config_of(trial.shape, trial.n_trees)
        self.arena = ForestArena(config, box_cache=AMPLE if boxes else 0)
        self.slot = self.arena.open_slot(SEED)

    def _offer(self, records: NDArray[np.float32], kind: int) -> None:
        self.arena.score_and_learn(np.full(len(records), self.slot), records, kind)

    def score_learn(self, records: NDArray[np.float32]) -> None:
        self._offer(records, INVERSE_DEPTH)

    def learn(self, records: NDArray[np.float32]) -> None:
        self._offer(records, NO_SCORE)

    def score(self, points: NDArray[np.float32]) -> None:
        scores = np.zeros(len(points))
        score_points(self.arena.forests, self.slot, points.ravel(), INVERSE_DEPTH, scores)

    def attribute_points(self, points: NDArray[np.float32]) -> None:
        shares = np.zeros((len(points), 2, points.shape[1]))
        attribute_points(self.arena.forests, self.slot, points.ravel(), shares)


class OursByVerb(InProcess):
    """RandomCutForest with River's verbs: a dictionary, and two calls, per record."""

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.forest = RandomCutForest(trial.n_trees, SAMPLE_SIZE, trial.shape.shingle, seed=SEED)

    def learn(self, records: NDArray[np.float32]) -> None:
        self.forest.learn_many(records)

    def score_learn(self, records: NDArray[np.float32]) -> None:
        for row in records.tolist():
            x = dict(enumerate(row))
            self.forest.score_one(x)
            self.forest.learn_one(x)

    def attribute(self, row: list[float]) -> None:
        self.forest.attribute_one(dict(enumerate(row)))

    def impute(self, row: list[float], feature: int) -> None:
        known = {name: value for name, value in enumerate(row) if name != feature}
        self.forest.impute_one(known)

    def forecast(self, row: list[float]) -> None:
        self.forest.forecast(1)
