"""Hybrids with a store of their own, and streams for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import strategies as st

from models.recommend.catalogue.catalogue import Catalogue
from models.recommend.content.content import Content
from models.recommend.ranking.hybrid import Asker, Hybrid
from models.recommend.records import Interaction, ItemData
from models.recommend.store.store import Limits, Store

ALL = ("trending", "cooccurrence", "factors", "content")


class Life:
    """A store, its catalogue and a hybrid."""

    def __init__(
        self, models: Sequence[str] = ALL, max_items: int = 10_000, neighbours: int = 5
    ) -> None:
        self.store = Store(Limits(8, 10_000, max_items, None, None))
        self.catalogue = Catalogue(self.store)
        content = Content(self.store, self.catalogue) if "content" in models else None
        self.hybrid = Hybrid(
            self.store,
            content,
            models,
            half_lives=(2, 30),
            context=4,
            neighbours=neighbours,
            n_factors=5,
            n_negatives=3,
        )
        self.catalogue.changed.append(self.hybrid.unsettle)
        self.store.watch()

    def describe(self, item: str) -> None:
        """Say something of an item: two of them are alike where their names end alike."""
        row = self.store.put_item(item, 0.0)
        self.catalogue.put(row, ItemData(categories=(item[-1],), text=f"the {item}"))
        self.store.keep()

    def learn(
        self,
        interactions: Sequence[Interaction],
        cut: int = 256,
        before: Callable[[int], None] = lambda event: None,
    ) -> np.ndarray:
        """Learn in batches of `cut`; the ranks of all."""
        ranks = []
        at = 0
        while at < len(interactions):
            n = min(cut, self.store.room, len(interactions) - at)
            before(at)
            events = self.store.advance(interactions[at : at + n])
            ranks.append(self.hybrid.learn(events, np.ones(n, np.bool_)))
            self.store.keep()
            at += n
        return np.concatenate(ranks)

    def asker(self, user: str, now: float) -> Asker:
        """For whom items are ranked."""
        row = self.store.users.row(user)
        if row < 0:
            return Asker(-1, np.zeros(0, np.int64), np.zeros(0))
        past = self.store.histories.of(row)
        # What was only seen says nothing of what comes next.
        said = np.flatnonzero(past.weights > 0.0)[:4]
        return Asker(row, past.items[said], np.maximum(now - past.times[said], 0.0))

    def seen(self, user: str) -> np.ndarray:
        """Rows of the items that a user touched."""
        row = self.store.users.row(user)
        if row < 0:
            return np.zeros(0, np.int64)
        return np.unique(self.store.histories.of(row).items)

    @property
    def alive(self) -> np.ndarray:
        """Rows in use."""
        return np.flatnonzero(self.store.items.life["state"] == 1)


def streams(longest: int = 120) -> st.SearchStrategy[list[Interaction]]:
    """A few users who touch a few dozen items, at times that may go back, with weights of any size."""
    touch = st.tuples(
        st.integers(0, 5),
        st.integers(0, 40),
        st.sampled_from([0.0, 0.5, 1.0, 1.0, 1.0, 1e-300, 1e300]),
        st.sampled_from([0.0, 60.0, 60.0, 5_000.0, 1e6, -100.0]),
    )

    def told(touches: list[tuple[int, int, float, float]]) -> list[Interaction]:
        time, told = 1e9, []
        for user, item, weight, pause in touches:
            time += pause
            told.append(Interaction(f"u{user}", f"i{item}", 0, weight, time))
        return told

    return st.lists(touch, min_size=1, max_size=longest).map(told)


def seeded(n: int, items: int, users: int = 50, seed: int = 1) -> list[Interaction]:
    """A long stream in which some items are popular."""
    rng = np.random.default_rng(seed)
    rows = (items * rng.random(n) ** 3).astype(int)
    who = rng.integers(0, users, n)
    times = 1e9 + np.cumsum(rng.integers(0, 2_000, n))
    return [
        Interaction(f"u{u}", f"i{i}", 0, 1.0, float(t))
        for u, i, t in zip(who, rows, times, strict=True)
    ]
