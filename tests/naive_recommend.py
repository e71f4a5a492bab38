"""The ranking models told as their definitions tell them: every event looked at again, every item scored and sorted.

Slow and obvious on purpose: the tests compare the kernels of models.recommend.kernels with these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

Touch = tuple[int, int, float, int]
"""When (the clock), which item, how much, in which group."""


def popularity(touches: Iterable[Touch], item: int, now: int, half_life: float) -> float:
    """Interactions with an item, each halved with every half-life since."""
    return sum(w * 2.0 ** ((at - now) / half_life) for at, i, w, _ in touches if i == item)


def rounded(count: float) -> float:
    """As float32 holds it."""
    return float(np.float32(count))


class Lists:
    """Bounded lists of neighbours: [other, together, following, session] per slot, as they came.

    Sums are rounded to float32, because whether two are the same decides which of them stays.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self.lists: dict[int, list[list[float]]] = {}

    def count(self, item: int, other: int, *counts: float) -> None:
        slots = self.lists.setdefault(item, [])
        for slot in slots:
            if slot[0] == other:
                for k, count in enumerate(counts):
                    slot[k + 1] = rounded(slot[k + 1] + count)
                return
        if len(slots) < self.length:
            slots.append([other, *map(rounded, counts)])
            return
        least = min(slots, key=lambda slot: slot[1])
        if least[1] > counts[0]:
            least[1] = rounded(least[1] - rounded(counts[0]))
        else:
            slots[slots.index(least)] = [other, *map(rounded, counts)]

    def learn(
        self, context: Sequence[int], in_session: int, item: int, nearer: float, steps: int
    ) -> None:
        """An item came after a context, newest first."""
        for place, other in enumerate(context):
            if other != item:
                near = nearer**place
                session = 1.0 if place < in_session else 0.0
                self.count(item, other, near, 0.0, session)
                self.count(other, item, near, near if place < steps else 0.0, session)


def step_pair(
    p: Sequence[float],
    q: Sequence[float],
    r: Sequence[float],
    biases: tuple[float, float],
    rate: float,
    regularisation: float,
) -> tuple[list[float], list[float], list[float], tuple[float, float]]:
    """One gradient step of BPR for user p, item q, other item r: up ln sigmoid(score difference)."""
    x = biases[0] - biases[1] + sum(a * (b - c) for a, b, c in zip(p, q, r, strict=True))
    pull, shrink = rate / (1.0 + math.exp(x)), 1.0 - rate * regularisation
    user = [shrink * a + pull * (b - c) for a, b, c in zip(p, q, r, strict=True)]
    item = [shrink * b + pull * a for a, b in zip(p, q, strict=True)]
    other = [shrink * c - pull * a for a, c in zip(p, r, strict=True)]
    return user, item, other, (shrink * biases[0] + pull, shrink * biases[1] - pull)


def best(rows: Iterable[int], score: Callable[[int], float], most: int) -> list[int]:
    """The rows of the greatest scores, equal ones by row."""
    return sorted(rows, key=lambda row: (-score(row), row))[:most]


def rank(scores: Sequence[float], target: float) -> float:
    """The place of a score among others, ties at their mean."""
    above = sum(score > target for score in scores)
    equal = sum(score == target for score in scores)
    return 1.0 + above + 0.5 * equal


def gradient(features: Sequence[Sequence[float]], weights: Sequence[float]) -> list[float]:
    """d log2 softmax of the first item by the weights, softmax to base 2."""
    scores = [sum(w * x for w, x in zip(weights, item, strict=True)) for item in features]
    total = sum(2.0**score for score in scores)
    shares = [2.0**score / total for score in scores]
    return [
        features[0][k] - sum(s * item[k] for s, item in zip(shares, features, strict=True))
        for k in range(len(weights))
    ]
