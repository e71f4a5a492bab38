"""A made-up crowd: users with a taste for a few categories, items of which some are far more popular than others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.recommend.records import Interaction, ItemData

EPOCH = 1_700_000_000.0
CATEGORIES = 20


class Crowd(NamedTuple):
    """How many there are."""

    users: int
    items: int
    seed: int = 1

    def item_data(self) -> Iterator[tuple[str, ItemData]]:
        """Every item, with one category."""
        for i in range(self.items):
            yield item_name(i), ItemData(categories=(f"c{i % CATEGORIES}",), text=f"number {i}")

    def pairs(self, n: int, first: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """n pairs (user, item) from the `first` on: three of four in the user's two favourite categories."""
        rng = np.random.default_rng((self.seed, first))
        users = rng.integers(0, self.users, n)
        # The popularity of rank r falls with r ** -0.8.
        ranks = (self.items * rng.random(n) ** 5.0).astype(np.int64)
        favourite = (users * 7 + rng.integers(0, 2, n) * 3) % CATEGORIES
        liked = ranks - ranks % CATEGORIES + favourite
        items = np.where(rng.random(n) < 0.75, liked, ranks)
        return users, np.minimum(items, self.items - 1)

    def interactions(self, n: int, first: int = 0) -> list[Interaction]:
        """The same as interactions, a millisecond apart."""
        users, items = self.pairs(n, first)
        return [
            Interaction(user_name(u), item_name(i), 0, 1.0, EPOCH + (first + at) / 1000.0)
            for at, (u, i) in enumerate(zip(users.tolist(), items.tolist(), strict=True))
        ]


def user_name(user: int) -> str:
    """A user's id."""
    return f"u{user:07d}"


def item_name(item: int) -> str:
    """An item's id."""
    return f"i{item:07d}"
