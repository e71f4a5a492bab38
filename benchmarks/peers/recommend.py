"""What others would rank items by, for the same stream. Users and items are numbers."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from river import reco

Scores = NDArray[np.floating]


class Ranker(Protocol):
    """Scores all items for a user, then learns that the user liked one."""

    def score(self, user: int, known: int, own: list[int]) -> Scores:
        """(known,): scores of the items seen so far; `own` are the user's, oldest first."""

    def learn(self, user: int, item: int, own: list[int]) -> None:
        """The user liked the item."""


class Popularity:
    """How often an item was liked, halved with every half-life (in events)."""

    def __init__(self, items: int, half_life: float = np.inf) -> None:
        self._counts, self._growth, self._step = np.zeros(items), 1.0, 2.0 ** (1.0 / half_life)

    def score(self, user: int, known: int, own: list[int]) -> Scores:
        return self._counts[:known]

    def learn(self, user: int, item: int, own: list[int]) -> None:
        self._counts[item] += self._growth
        self._growth *= self._step
        if self._growth > 1e100:
            self._counts /= self._growth
            self._growth = 1.0


class ItemCosine:
    """Sum of the cosines with the user's items, over all pairs of items."""

    def __init__(self, items: int) -> None:
        self._pairs = np.zeros((items, items), np.float32)
        self._counts = np.zeros(items, np.float32)

    def score(self, user: int, known: int, own: list[int]) -> Scores:
        if not own:
            return self._counts[:known]
        counts = np.sqrt(self._counts)
        parts = self._pairs[own, :known] / np.maximum(counts[own], 1.0)[:, None]
        return parts.sum(axis=0) / np.maximum(counts[:known], 1.0)

    def learn(self, user: int, item: int, own: list[int]) -> None:
        self._pairs[item, own] += 1.0
        self._pairs[own, item] += 1.0
        self._counts[item] += 1.0


class ISGD:
    """One step of gradient descent per event towards 1 (Vinagre, Jorge & Gama 2014); the nearest to 1 rank first."""

    def __init__(self, users: int, items: int, k: int = 40, rate: float = 0.05) -> None:
        rng = np.random.default_rng(1)
        self._users = rng.normal(0.0, 0.1, (users, k))
        self._items = rng.normal(0.0, 0.1, (items, k))
        self._rate, self._regularisation = rate, 0.01

    def score(self, user: int, known: int, own: list[int]) -> Scores:
        return -np.abs(1.0 - self._items[:known] @ self._users[user])

    def learn(self, user: int, item: int, own: list[int]) -> None:
        p, q = self._users[user], self._items[item]
        error = 1.0 - p @ q
        p += self._rate * (error * q - self._regularisation * p)
        q += self._rate * (error * p - self._regularisation * q)


class RiverBiasedMF:
    """River's factorisation, which knows ratings only: 1 for what was liked, 0 for sampled items that were not."""

    def __init__(self, negatives: int = 5) -> None:
        self._model = reco.BiasedMF(n_factors=20, seed=1)
        self._rng, self._negatives, self._known = np.random.default_rng(1), negatives, 1

    def score(self, user: int, known: int, own: list[int]) -> Scores:
        predict = self._model.predict_one
        return np.array([predict(str(user), str(item)) for item in range(known)])

    def learn(self, user: int, item: int, own: list[int]) -> None:
        self._known = max(self._known, item + 1)
        self._model.learn_one(str(user), str(item), 1.0)
        for other in self._rng.integers(0, self._known, self._negatives).tolist():
            if other != item and other not in own:
                self._model.learn_one(str(user), str(other), 0.0)
