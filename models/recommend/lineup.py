"""The models of a recommender: what learns, and who is asked for candidates, best first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.compiled import Doubles, Flags, Floats, Ints
from models.recommend.catalogue.catalogue import Catalogue
from models.recommend.config import RecommenderConfig
from models.recommend.content.content import Content
from models.recommend.serving.asked import Asked
from models.recommend.serving.sources import Candidates, Source
from models.recommend.store.kernels.layout import Events
from models.recommend.store.store import Store


class Lineup:
    """The models that a configuration names."""

    def __init__(self, config: RecommenderConfig, store: Store, catalogue: Catalogue) -> None:
        self._store = store
        # What explored items are chosen by, whether it is named or not.
        self.content = Content(store, catalogue, seed=config.seed)

    def learn(self, events: Events) -> None:
        """Learn interactions that are already in the histories."""
        self.content.learn(events)

    def sources(self, asked: Asked) -> Sequence[Source]:  # noqa: ARG002 - the same for everybody so far
        """Whom to ask for the items of one answer, best first."""
        return (Popular(self._store),)

    def likeness(self, asked: Asked, rows: Ints) -> Floats:
        """How like items are, by their data, to what the user touched: (n,), from -1 to 1."""
        return self.content.scores(self.content.profile(asked.user, asked.session), rows)


class Popular:
    """The items with the most interactions."""

    name = "trending"

    def __init__(self, store: Store) -> None:
        self._store = store

    def best(self, allowed: Flags, excluded: Ints, most: int) -> Candidates:
        """The best items, at most so many, whose row is allowed and not excluded."""
        rows = np.flatnonzero(allowed)
        rows = rows[~np.isin(rows, excluded)]
        scores = self.score(rows)
        order = np.argsort(-scores, kind="stable")[:most]
        order = order[np.isfinite(scores[order])]
        return Candidates(rows[order], scores[order])

    def score(self, rows: Ints) -> Doubles:
        """(n,): interactions of each item; -inf where there were none."""
        interactions = self._store.items.interactions[rows].astype(np.float64)
        return np.where(interactions > 0.0, interactions, -np.inf)

    def because(self, row: int) -> int:  # noqa: ARG002 - what is popular is so for everybody
        """None."""
        return -1
