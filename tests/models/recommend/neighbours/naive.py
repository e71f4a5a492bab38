"""User-based neighbours, slowly: straight from the definition."""

from __future__ import annotations

from math import sqrt


class NaiveNeighbours:
    def __init__(self, ring: int, nearest: int, context: int, decay: float) -> None:
        self.ring, self.nearest, self.context, self.decay = ring, nearest, context, decay
        self.recent: dict[str, list[str]] = {}
        self.touched: dict[str, list[tuple[str, float]]] = {}
        self.interactions: dict[str, int] = {}

    def learn(self, user: str, item: str, weight: float) -> None:
        self.interactions[item] = self.interactions.get(item, 0) + 1
        self.touched.setdefault(user, []).append((item, weight))
        ring = self.recent.setdefault(item, [])
        if weight > 0.0 and ring[-1:] != [user]:
            ring.append(user)

    def query(self, user: str, session: list[str]) -> list[str]:
        own = [item for item, weight in reversed(self.touched.get(user, [])) if weight > 0.0]
        return list(dict.fromkeys([*reversed(session), *own]))[: self.context]

    def of(self, query: list[str], user: str) -> dict[str, float]:
        weights = {
            item: self.decay**age / sqrt(1 + self.interactions[item])
            for age, item in enumerate(query)
        }
        likeness: dict[str, float] = {}
        for item, weight in weights.items():
            for other in set(self.recent.get(item, [])[-self.ring :]) - {user}:
                likeness[other] = likeness.get(other, 0.0) + weight / sum(weights.values())
        return likeness

    def scores(self, nearest: dict[str, float]) -> dict[str, float]:
        scores: dict[str, float] = {}
        for user, likeness in nearest.items():
            newest_first = list(reversed(self.touched[user]))[: self.context]
            for age, (item, weight) in enumerate(newest_first):
                if weight > 0.0:
                    scores[item] = scores.get(item, 0.0) + likeness * self.decay**age
        return scores
