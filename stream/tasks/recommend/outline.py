"""What a recommender's task needs of models.recommend.Recommender."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from models.recommend.answers import Evaluation, Population
from models.recommend.measures.measures import Measures
from models.recommend.records import Interaction, ItemData, Recommended, Request


class Learner(Protocol):
    """A recommender: a deterministic function of the calls' order, whatever the batches."""

    def learn(self, interactions: Sequence[Interaction]) -> Evaluation: ...

    def put_item(self, item: str, data: ItemData, time: float) -> None: ...

    def remove_item(self, item: str) -> bool: ...

    def forget_user(self, user: str) -> bool: ...

    def recommend(self, request: Request) -> list[Recommended]: ...

    def recommend_many(self, requests: Sequence[Request]) -> list[list[Recommended]]: ...

    @property
    def population(self) -> Population: ...

    def measures(self) -> Measures: ...

    def checkpoint(self) -> Iterator[tuple[bytes, bytes | None]]: ...

    def load(self, name: bytes, state: bytes) -> None: ...

    def loaded(self) -> None: ...
