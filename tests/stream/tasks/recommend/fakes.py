"""A recommender without models: what it says depends on everything that it was told, in its order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np

from models.errors import CorruptState, InvalidParameter
from models.recommend.answers import Evaluation, Population
from models.recommend.config import RecommenderConfig
from models.recommend.measures.measures import Measures, Scope
from models.recommend.measures.tally import Tally
from models.recommend.records import Interaction, ItemData, Recommended, Request

BAD = "bad"
"""An item on which it fails."""


class CountingRecommender:
    """Recommends what was touched most, and lets every score tell the checksum of all that it was told."""

    def __init__(self, config: RecommenderConfig) -> None:
        self.config = config
        self.weights: dict[str, float] = {}
        self.seen: dict[str, list[str]] = {}
        self.data: dict[str, list[str]] = {}
        self.checksum = 0
        self.runs: list[int] = []
        """How many interactions came at once; not part of the state."""
        self._changed: set[str] = set()

    def learn(self, interactions: Sequence[Interaction]) -> Evaluation:
        self.runs.append(len(interactions))
        for one in interactions:
            if one.item == BAD:
                raise RuntimeError("this item is bad")
            self._tell(repr(tuple(one)))
            self.weights[one.item] = self.weights.get(one.item, 0.0) + one.weight
            self.seen.setdefault(one.user, []).append(one.item)
            self._changed.add(one.user)
        return Evaluation(np.full(len(interactions), np.nan))

    def put_item(self, item: str, data: ItemData, time: float) -> None:
        if len(data.text) > 100:
            raise InvalidParameter("text", "an item", "at most 100 characters", len(data.text))
        self._tell(f"{item} {data} {time}")
        self.data[item] = list(data.categories)
        self.weights.setdefault(item, 0.0)

    def remove_item(self, item: str) -> bool:
        self._tell(f"-{item}")
        self.data.pop(item, None)
        return self.weights.pop(item, None) is not None

    def forget_user(self, user: str) -> bool:
        self._tell(f"-{user}")
        self._changed.add(user)
        return self.seen.pop(user, None) is not None

    def recommend(self, request: Request) -> list[Recommended]:
        if request.segment == "refused":
            raise InvalidParameter("segment", "a request", "known", request.segment)
        seen = self.seen.get(request.user or "", []) if request.exclude_seen else []
        out = {*seen, *request.exclude}
        found = sorted((-weight, item) for item, weight in self.weights.items() if item not in out)
        said = self.checksum / 3 + request.draw
        return [
            Recommended(item, said - weight, "counts", seen[-1] if seen else None, None)
            for weight, item in found[: request.n]
        ]

    def recommend_many(self, requests: Sequence[Request]) -> list[list[Recommended]]:
        return [self.recommend(request) for request in requests]

    @property
    def population(self) -> Population:
        return Population(len(self.seen), len(self.weights), len(self.runs))

    def measures(self) -> Measures:
        tally = Tally(self.checksum % 1000, 0, 0, 0)
        scope = Scope(tally, Tally(), Tally(), 0, len(self.weights), None)
        return Measures(10, 5, scope, scope)

    def checkpoint(self) -> Iterator[tuple[bytes, bytes | None]]:
        for user in sorted(self._changed):
            seen = self.seen.get(user)
            yield b"u" + user.encode(), None if seen is None else json.dumps(seen).encode()
        self._changed = set()
        yield b"rest", json.dumps([self.checksum, self.weights, self.data]).encode()

    def load(self, name: bytes, state: bytes) -> None:
        if not state.startswith(b"["):
            raise CorruptState("The state must be a JSON array.")
        if name == b"rest":
            self.checksum, self.weights, self.data = json.loads(state)
        else:
            self.seen[name[1:].decode()] = json.loads(state)

    def loaded(self) -> None:
        """All that there is."""

    def _tell(self, text: str) -> None:
        self.checksum = crc32(text.encode(), self.checksum)
