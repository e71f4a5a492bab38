"""A recommender: what learns, what is asked, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.recommend.answers import Evaluation, ItemState, UserState
from models.recommend.config import RecommenderConfig
from models.recommend.measures.measures import Measures
from models.recommend.records import Interaction, ItemData, Recommended, Request
from models.recommend.serving.filters import Filter


class Recommender:
    """A deterministic function of the calls' order: how interactions are cut into batches changes nothing.

    Not thread-safe.
    """

    def __init__(self, config: RecommenderConfig) -> None:
        self.config = config

    def learn(self, interactions: Sequence[Interaction]) -> Evaluation:
        """Learn interactions in their order; a seeded share of them is ranked before.

        Raises InvalidParameter for a kind, weight or time that breaks its rule, and then learns nothing.
        """
        raise NotImplementedError

    def put_item(self, item: str, data: ItemData, time: float) -> None:
        """Set what is known of an item; `time` in seconds since the epoch."""
        raise NotImplementedError

    def remove_item(self, item: str) -> bool:
        """Forget an item; whether there was one."""
        raise NotImplementedError

    def forget_user(self, user: str) -> bool:
        """Forget everything about a user; whether there was one."""
        raise NotImplementedError

    def recommend(self, request: Request) -> list[Recommended]:
        """The best items for a request, best first. Changes nothing."""
        raise NotImplementedError

    def recommend_many(self, requests: Sequence[Request]) -> list[list[Recommended]]:
        """The answers to many requests."""
        return [self.recommend(request) for request in requests]

    def similar(self, item: str, n: int, filter: Filter | None = None) -> list[Recommended]:
        """The items most like another, best first; none for one that is not known."""
        raise NotImplementedError

    def neighbours(self, user: str, n: int) -> list[tuple[str, float]]:
        """The users most like another, with their likeness; none for one that is not known."""
        raise NotImplementedError

    def describe_user(self, user: str) -> UserState | None:
        """What is known of a user."""
        raise NotImplementedError

    def describe_item(self, item: str) -> ItemState | None:
        """What is known of an item."""
        raise NotImplementedError

    def measures(self) -> Measures:
        """How well interactions were foreseen."""
        raise NotImplementedError

    def checkpoint(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Pieces (name, bytes; None: there is no such piece any more) to be kept beside older ones of other names.

        Together they hold the state as it is now. All must be taken before anything else is called.
        """
        raise NotImplementedError

    def load(self, name: bytes, state: bytes) -> None:
        """Take one kept piece, in any order, into a recommender that has learned nothing.

        Raises models.errors.CorruptState or IncompatibleState.
        """
        raise NotImplementedError

    def loaded(self) -> None:
        """All pieces are there. Raises models.errors.CorruptState where they do not go together."""
        raise NotImplementedError
