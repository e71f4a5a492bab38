"""A factorisation machine, slowly: Rendle's equation 1 pair by pair, and AdaGrad parameter by parameter."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np


class NaiveMachine:
    def __init__(self, vectors: np.ndarray, rate: float, regularisation: float) -> None:
        self.rate, self.regularisation = rate, regularisation
        self.bias, self.bias_squares = 0.0, 0.0
        self.w, self.w_squares = np.zeros(len(vectors)), np.zeros(len(vectors))
        self.v, self.v_squares = vectors.astype(float).copy(), np.zeros(vectors.shape)

    def score(self, example: list[tuple[int, float]]) -> float:
        score = self.bias + sum(self.w[slot] * x for slot, x in example)
        for place, (slot, x) in enumerate(example):
            for other, z in example[place + 1 :]:
                score += float(self.v[slot] @ self.v[other]) * x * z
        return score

    def learn(self, example: list[tuple[int, float]], clicked: float) -> float:
        before = 1.0 / (1.0 + exp(-self.score(example)))
        error = before - clicked
        total = sum((self.v[slot] * x for slot, x in example), np.zeros(self.v.shape[1]))
        gradients = [
            (
                slot,
                np.clip(error * x + self.regularisation * self.w[slot], -10, 10),
                np.clip(
                    error * x * (total - self.v[slot] * x) + self.regularisation * self.v[slot],
                    -10,
                    10,
                ),
            )
            for slot, x in example
        ]
        self.bias_squares += error**2
        self.bias -= self.rate * error / sqrt(self.bias_squares + 1e-6)
        for slot, of_w, of_v in gradients:
            self.w_squares[slot] += of_w**2
            self.w[slot] -= self.rate * of_w / sqrt(self.w_squares[slot] + 1e-6)
            self.v_squares[slot] += of_v**2
            self.v[slot] -= self.rate * of_v / np.sqrt(self.v_squares[slot] + 1e-6)
        return before
