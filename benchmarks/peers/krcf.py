"""krcf of PyPI: AWS's own Rust port behind Python, with its bounding boxes kept; a call per record."""

from __future__ import annotations

from typing import Any

import krcf
import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import SAMPLE_SIZE, SEED, TIME_DECAY, InProcess, Trial


class Krcf(InProcess):
    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        # Their type has no name for `lambda`, which is a word of Python.
        options: Any = {
            "dimensions": trial.shape.features,
            "shingle_size": trial.shape.shingle,
            "num_trees": trial.n_trees,
            "sample_size": SAMPLE_SIZE,
            "lambda": TIME_DECAY,
            "bounding_box_cache_fraction": 1.0,
            "parallel_execution_enabled": False,
            "random_seed": SEED,
        }
        self.forest = krcf.RandomCutForest(options)

    def score_learn(self, records: NDArray[np.float32]) -> None:
        for row in records.tolist():
            self.forest.score(row)
            self.forest.update(row)

    def learn(self, records: NDArray[np.float32]) -> None:
        for row in records.tolist():
            self.forest.update(row)

    def score(self, points: NDArray[np.float32]) -> None:
        for point in points.tolist():
            self.forest.score(point)

    def attribute_points(self, points: NDArray[np.float32]) -> None:
        for point in points.tolist():
            self.forest.attribution(point)

    def attribute(self, row: list[float]) -> None:
        self.forest.attribution(row)

    def forecast(self, row: list[float]) -> None:
        self.forest.extrapolate(1)

    def saved_bytes(self) -> int:
        return len(self.forest.to_msgpack())
