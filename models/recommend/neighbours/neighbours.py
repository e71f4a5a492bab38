"""User-based neighbours, found when asked for."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Ints
from models.recommend.neighbours.kernels.users import clear, find_users, learn_users, score_items
from models.recommend.serving.sources import NONE, Candidates
from models.recommend.store.columns import NOBODY, Column
from models.recommend.store.kernels.layout import Events
from models.recommend.store.store import Store


class Neighbours:
    """Who touched the same items lately, and what these users touched.

    ring: how many recent users each item remembers.
    nearest: how many neighbours say what is good.
    context: how many of a user's newest interactions say who they are.
    decay: what an interaction counts against the one after it, from 0 to 1.
    """

    def __init__(
        self,
        store: Store,
        ring: int = 128,
        nearest: int = 200,
        context: int = 20,
        decay: float = 0.8,
    ) -> None:
        self.nearest, self.context, self.decay = nearest, context, decay
        self._store = store
        self._items = store.items.table(
            "neighbours",
            Column("recent", np.int32, (ring,), fill=NOBODY, refers_to="users"),
            Column("came", np.int64),
        )
        self._shared, self._stamps = np.zeros(0), np.zeros(0, np.int64)
        self._scores = np.zeros(0)
        self._found_users, self._found_items = np.zeros(0, np.int64), np.zeros(0, np.int64)

    def learn(self, events: Events) -> None:
        """Learn interactions in their order."""
        items = self._items
        learn_users(
            events.users, events.items, events.weights, items["recent"], items["came"], items.dirty
        )

    def query(self, user: int, session: Ints) -> Ints:
        """Item rows that say who somebody is, newest first: a session's (oldest first), then a user row's own."""
        own = self._history(user) if user >= 0 else np.empty(0, np.int64)
        rows = np.concatenate((session[::-1], own))
        _, first = np.unique(rows, return_index=True)
        return rows[np.sort(first)][: self.context]

    def of(self, query: Ints, user: int, n: int) -> list[tuple[int, float]]:
        """The n users most like a query, best first, with their likeness in (0, 1]: the weighted share of its items.

        user: the row that is not its own neighbour; -1: nobody's.
        """
        rows, likeness = self._nearest(query, user, n)
        return list(zip(rows.tolist(), likeness.tolist(), strict=True))

    def candidates(self, query: Ints, user: int) -> Candidates:
        """What the nearest users of a query touched, best first; the query's own items among it."""
        rows, likeness = self._nearest(query, user, self.nearest)
        if not len(rows):
            return NONE
        store = self._store
        self._fit()
        found, scores = self._found_items, self._scores
        count = score_items(
            rows,
            likeness,
            self.context,
            self.decay,
            store.arrays,
            store.items.life["state"],
            scores,
            found,
        )
        items = found[:count].copy()
        values = scores[items]
        clear(scores, found, count)
        order = np.lexsort((items, -values))
        return Candidates(items[order], values[order])

    def _nearest(self, query: Ints, user: int, n: int) -> tuple[Ints, Doubles]:
        if not len(query):
            return np.empty(0, np.int64), np.empty(0)
        self._fit()
        weights = self._weights(query)
        found, shared, stamps = self._found_users, self._shared, self._stamps
        count = find_users(
            query,
            weights,
            user,
            self._items["recent"],
            self._store.users.life["state"],
            shared,
            stamps,
            found,
        )
        rows = found[:count].copy()
        likeness = shared[rows] / weights.sum()
        clear(shared, found, count)
        clear(stamps, found, count)
        order = np.lexsort((rows, -likeness))[:n]
        return rows[order], likeness[order]

    def _weights(self, query: Ints) -> Doubles:
        """Older items say less, and so do popular ones, by their root."""
        ages = self.decay ** np.arange(len(query), dtype=np.float64)
        return ages / np.sqrt(1.0 + self._store.items.interactions[query])

    def _history(self, user: int) -> Ints:
        past = self._store.histories.of(user)
        return past.items[past.weights > 0.0]

    def _fit(self) -> None:
        users, items = len(self._store.users.life.dirty), len(self._store.items.life.dirty)
        if users > len(self._shared):
            self._shared, self._stamps = np.zeros(users), np.zeros(users, np.int64)
            self._found_users = np.zeros(users, np.int64)
        if items > len(self._scores):
            self._scores, self._found_items = np.zeros(items), np.zeros(items, np.int64)
