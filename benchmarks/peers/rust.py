"""rcf3 of PyPI: a random cut forest in Rust behind Python, a call per record."""

from __future__ import annotations

import numpy as np
import rcf3

from benchmarks.peers import N_TREES, SAMPLE_SIZE, TIME_DECAY, Shape


class Rcf3:
    def __init__(self, shape: Shape) -> None:
        self.forest = rcf3.Forest(
            shape.features,
            shingle_size=shape.shingle,
            num_trees=N_TREES,
            capacity=SAMPLE_SIZE,
            time_decay=TIME_DECAY,
            seed=42,
        )

    def warm(self, records: np.ndarray) -> None:
        for row in records.tolist():
            self.forest.update(row)

    def score_learn(self, records: np.ndarray) -> None:
        for row in records.tolist():
            self.forest.update_and_score(row)

    def learn(self, records: np.ndarray) -> None:
        for row in records.tolist():
            self.forest.update(row)

    def score(self, records: np.ndarray) -> None:
        for row in records.tolist():
            self.forest.score(row)
