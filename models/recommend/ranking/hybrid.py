"""The hybrid: models that rank the whole catalogue, blended by weights that it learns as interactions come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.compiled import Doubles, Flags, Ints
from models.recommend.content.content import Content
from models.recommend.kernels import layout
from models.recommend.kernels.answer import answer, score_rows
from models.recommend.kernels.layout import Scratch
from models.recommend.kernels.learn import learn_events
from models.recommend.ranking.blend import Blend
from models.recommend.ranking.cooccurrence import Cooccurrence
from models.recommend.ranking.factors import Factors
from models.recommend.ranking.index import Index
from models.recommend.ranking.passing import Among, Passing
from models.recommend.ranking.scratch import new_scratch
from models.recommend.ranking.trending import Trending
from models.recommend.serving.sources import Candidates
from models.recommend.store.kernels.layout import Events
from models.recommend.store.store import Store


class Asker(NamedTuple):
    """For whom items are ranked."""

    user: int
    """Row, -1 for somebody unknown."""
    context: Ints
    """(n,): item rows that the user touched, newest first, those of the running session included."""
    away: Doubles
    """(n,): seconds since each."""


class Hybrid:
    """Trending, co-occurrence, factors and content in one score, or some of them. Not thread-safe.

    models: names among trending, cooccurrence, factors, content; the others are not learned either.
    content: the content model, where "content" is among them.
    half_lives: of trending, in interactions.
    context: how many of a user's newest items say what comes next.
    """

    def __init__(
        self,
        store: Store,
        content: Content | None = None,
        models: Sequence[str] = ("trending", "cooccurrence", "factors"),
        half_lives: Sequence[int] = (200, 2_000, 20_000),
        context: int = 20,
        neighbours: int = 100,
        n_factors: int = 32,
        n_negatives: int = 5,
        learning_rate: float = 0.05,
        regularisation: float = 0.01,
        seed: int = 42,
    ) -> None:
        self._store, self._content = store, content
        self.trending = Trending(store, half_lives)
        length = neighbours if "cooccurrence" in models else 0
        self.cooccurrence = Cooccurrence(store, length)
        k = n_factors if "factors" in models else 0
        self.factors = Factors(store, k, n_negatives, learning_rate, regularisation, seed)
        self.blend = Blend(store, len(half_lives), frozenset(models))
        width = 0 if content is None else content.vectors.shape[1]
        self._index = Index(len(half_lives) + layout.GROUPS, width)
        self._passing = Passing()
        if content is not None:
            content.moving.append(self._index.loosen)
        self._context, self._neighbours = context, length
        self._scratch = self._new_scratch(0)
        store.restoring.append(self._restored)

    def learn(self, events: Events, ranked: Flags) -> Doubles:
        """Learn interactions in their order; returns the place of each item before it was learned.

        From 1, ties at their mean; infinite where it could not have been recommended; NaN where `ranked` (n,) is not.
        """
        ranks = np.empty(len(events.users))
        arrays = self._arrays(self._before(events))
        longest = self._store.limits.history
        learn_events(*arrays, events, longest, ranked, ranks)
        return ranks

    def unsettle(self, row: int) -> None:
        """The item of a row is another, or is described otherwise: it may pass filters that it did not pass before."""
        self._index.unsettle(row)

    def best(
        self,
        asker: Asker,
        allowed: Flags,
        excluded: Ints,
        most: int,
        among: Among | None = None,
    ) -> Candidates:
        """The best items whose row is allowed and not excluded, best first, equal ones by row.

        among: all that are allowed are of these; then the others are not looked through.
        """
        rows, scores = np.empty(most, np.int64), np.empty(most)
        if most == 0:
            return Candidates(rows, scores)
        extent = min(self._store.items.extent, len(allowed))
        arrays, size = self._arrays(self._store.items.extent), self._put(asker)
        passing = self._passing.words(among, arrays[5], self._index.version)
        found = answer(*arrays, asker.user, size, allowed, passing, excluded, extent, rows, scores)
        return Candidates(rows[:found], scores[:found])

    def score(self, asker: Asker, rows: Ints) -> Doubles:
        """(n,): the scores of some rows, as `best` has them."""
        scores = np.empty(len(rows))
        t, n, f, c, blend, _, _, s = self._arrays(self._store.items.extent)
        score_rows(t, n, f, c, blend, s, asker.user, self._put(asker), rows, scores)
        return scores

    def because(self, asker: Asker, rows: Ints) -> Ints:
        """(n,): the rows of the items of the context that led most to these; -1: none."""
        return self.cooccurrence.because(asker.context[: self._context], rows)

    def _before(self, events: Events) -> int:
        """Item rows that are in use before a batch."""
        return int(events.extents[0]) if len(events.extents) else 0

    def _put(self, asker: Asker) -> int:
        size = min(len(asker.context), self._context)
        self._scratch.context[:size] = asker.context[:size]
        self._scratch.away[:size] = asker.away[:size]
        return size

    def _arrays(
        self, extent: int, *, now: bool = False
    ) -> tuple[
        layout.Trends,
        layout.Neighbours,
        layout.Factors,
        layout.Content,
        layout.Blend,
        layout.Bounds,
        object,
        Scratch,
    ]:
        """What kernels take, for items below `extent`."""
        trends, factors = self.trending.arrays, self.factors.arrays
        capacity = len(trends.at)
        content = self._content_arrays(capacity)
        self._index.refresh(trends, factors, content.vectors, extent, now=now)
        if capacity > len(self._scratch.marks):
            self._scratch = self._new_scratch(capacity)
        return (
            trends,
            self.cooccurrence.arrays,
            factors,
            content,
            self.blend.arrays,
            self._index.bounds(capacity),
            self._store.arrays,
            self._scratch,
        )

    def _content_arrays(self, capacity: int) -> layout.Content:
        if self._content is not None:
            return self._content.arrays
        users = len(self.factors.arrays.users)
        return layout.Content(
            vectors=np.zeros((capacity, 0), np.float32),
            profiles=np.zeros((users, 0), np.float32),
            dirty=np.zeros(users, np.uint8),
            decay=0.0,
        )

    def _new_scratch(self, capacity: int) -> Scratch:
        width = self.factors.arrays.items.shape[1]
        content = self._content is not None
        return new_scratch(
            capacity,
            self._context,
            self._neighbours,
            len(self.trending.half_lives),
            width,
            content=content,
        )

    def _restored(self) -> None:
        self._arrays(self._store.items.extent, now=True)
