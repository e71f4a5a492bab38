"""rcf3 of PyPI: a random cut forest in Rust behind Python, a call per record."""

from __future__ import annotations

import numpy as np
import rcf3
from numpy.typing import NDArray

from benchmarks.peers import SAMPLE_SIZE, SEED, TIME_DECAY, InProcess, Trial


class Rcf3(InProcess):
    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.forest = rcf3.Forest(
            trial.shape.features,
            shingle_size=trial.shape.shingle,
            num_trees=trial.n_trees,
            capacity=SAMPLE_SIZE,
            time_decay=TIME_DECAY,
            seed=SEED,
        )

    def score_learn(self, records: NDArray[np.float32]) -> None:
        for row in records.tolist():
            self.forest.update_and_score(row)

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

    def impute(self, row: list[float], feature: int) -> None:
        size, width = self.trial.shape.shingle, self.trial.shape.features
        before = self.trial.records[self.next - size + 1 : self.next].ravel().tolist()
        self.forest.impute(before + row, [width * (size - 1) + feature])

    def forecast(self, row: list[float]) -> None:
        self.forest.extrapolate(1)

    def saved_bytes(self) -> int:
        return len(self.forest.to_json())
