"""A recommender that knows what has been touched most, and configurations for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from models.recommend.answers import Evaluation, ItemState, UserState, Visit
from models.recommend.measures.measures import Measures, Scope
from models.recommend.measures.tally import Tally
from models.recommend.recommender import Recommender
from models.recommend.records import Interaction, ItemData, Recommended, Request
from models.recommend.serving.filters import Filter

CONFIGURATION = """
api: {follow: true, writes: %s}
recommenders:
  films:
    input: {topic: ratings, user: user, item: item, type: type, timestamp: time}
    %s
    types: {view: 1, buy: 3}
    models: [trending, neighbours]
"""
NOTHING = Scope(Tally(), Tally(), Tally(), 0, 0, None)


class Popular(Recommender):
    """Recommends what has been touched most."""

    def learn(self, interactions: Sequence[Interaction]) -> Evaluation:
        for one in interactions:
            self.histories.setdefault(one.user, []).append(one)
        return Evaluation(np.full(len(interactions), np.nan))

    @property
    def histories(self) -> dict[str, list[Interaction]]:
        """What every user has done."""
        return self.__dict__.setdefault("_histories", {})

    @property
    def described(self) -> dict[str, ItemData]:
        """What was said of items."""
        return self.__dict__.setdefault("_described", {})

    def put_item(self, item: str, data: ItemData, time: float) -> None:
        self.described[item] = data

    def remove_item(self, item: str) -> bool:
        return self.described.pop(item, None) is not None

    def forget_user(self, user: str) -> bool:
        return self.histories.pop(user, None) is not None

    def recommend(self, request: Request) -> list[Recommended]:
        own = [one.item for one in self.histories.get(request.user or "", [])]
        seen = {*own, *request.session} if request.exclude_seen else set()
        because = (*own, *request.session)[-1:] or (None,)
        counts = self._counts()
        if request.filter is not None:
            category = request.filter.text.removeprefix("category:")
            counts = {i: c for i, c in counts.items() if category in self._categories(i)}
        best = sorted(counts, key=lambda item: (-counts[item], item))
        left = [item for item in best if item not in seen and item not in request.exclude]
        return [
            Recommended(item, float(counts[item]), "trending", because[0], None)
            for item in left[: request.n]
        ]

    def similar(self, item: str, n: int, filter: Filter | None = None) -> list[Recommended]:
        return [
            Recommended(i, 0.5, "cooccurrence", item, 0.1) for i in self._counts() if i != item
        ][:n]

    def neighbours(self, user: str, n: int) -> list[tuple[str, float]]:
        return [(other, 0.5) for other in self.histories if other != user][:n]

    def describe_user(self, user: str) -> UserState | None:
        history = self.histories.get(user)
        if history is None:
            return None
        visits = [Visit(one.item, one.kind, one.weight, one.time) for one in reversed(history)]
        return UserState(user, len(history), tuple(visits))

    def describe_item(self, item: str) -> ItemState | None:
        counts = self._counts()
        if item not in counts:
            return None
        return ItemState(item, counts[item], self.described.get(item, ItemData()))

    def measures(self) -> Measures:
        return Measures(10, 5, NOTHING, NOTHING)

    def checkpoint(self) -> Iterator[tuple[bytes, bytes | None]]:
        return iter(())

    def loaded(self) -> None:
        pass

    def _counts(self) -> dict[str, int]:
        counts = dict.fromkeys(self.described, 0)
        for history in self.histories.values():
            for one in history:
                counts[one.item] = counts.get(one.item, 0) + 1
        return counts

    def _categories(self, item: str) -> tuple[str, ...]:
        return self.described[item].categories if item in self.described else ()
