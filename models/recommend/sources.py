"""Models as sources of candidates for one request."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from models.compiled import Doubles, Flags, Ints
from models.recommend.neighbours.neighbours import Neighbours
from models.recommend.ranking.hybrid import Asker, Hybrid
from models.recommend.ranking.passing import Among
from models.recommend.ratings.ratings import Ratings
from models.recommend.serving.sources import NONE, Candidates


class Ranked:
    """What the ranking models find among some items. `certain` leaves out those of which they have nothing to say."""

    def __init__(
        self, name: str, hybrid: Hybrid, asker: Asker, among: Among, *, certain: bool = False
    ) -> None:
        self.name = name
        self._hybrid, self._asker, self._certain = hybrid, asker, certain
        self._among = among
        self._because: dict[int, int] = {}

    def best(self, allowed: Flags, excluded: Ints, most: int) -> Candidates:
        """The best items, at most so many, whose row is allowed and not excluded."""
        found = self._hybrid.best(self._asker, allowed, excluded, most, self._among)
        if self._certain:
            count = int(np.count_nonzero(found.scores > 0.0))
            found = Candidates(found.rows[:count], found.scores[:count])
        self._explain(found.rows)
        return found

    def score(self, rows: Ints) -> Doubles:
        """(n,): scores of some rows."""
        scores = self._hybrid.score(self._asker, rows)
        return np.where(scores > 0.0, scores, -np.inf) if self._certain else scores

    def because(self, row: int) -> int:
        """The row of the user's own item that led most to this one; -1: none."""
        if row not in self._because:
            self._explain(np.array([row], np.int64))
        return self._because[row]

    def _explain(self, rows: Ints) -> None:
        # All at once: entering compiled code costs more than one explanation.
        led = self._hybrid.because(self._asker, rows)
        self._because.update(zip(rows.tolist(), led.tolist(), strict=True))


class Trending:
    """What is popular now, in a category or at all."""

    name = "trending"

    def __init__(self, popularity: Callable[[], Doubles], category: Flags | None = None) -> None:
        self._compute, self._category = popularity, category

    @cached_property
    def _popularity(self) -> Doubles:
        # Of all items, so only once somebody has to fall back on it.
        return self._compute()

    def best(self, allowed: Flags, excluded: Ints, most: int) -> Candidates:
        """The best items, at most so many, whose row is allowed and not excluded."""
        if self._category is not None:
            allowed = allowed & self._category
        rows = np.flatnonzero(allowed[: len(self._popularity)])
        rows = rows[self._popularity[rows] > 0.0]
        return _best(rows, self._popularity[rows], excluded, most)

    def score(self, rows: Ints) -> Doubles:
        """(n,): popularity; -inf for items that nobody touches, or that are not of the category."""
        scores = self._popularity[rows]
        if self._category is not None:
            scores = np.where(self._category[rows], scores, 0.0)
        return np.where(scores > 0.0, scores, -np.inf)

    def because(self, row: int) -> int:
        """None."""
        return -1 if row >= 0 else row


class Alike:
    """What users touched who touched the same items."""

    name = "neighbours"

    def __init__(self, neighbours: Neighbours, query: Ints, user: int) -> None:
        self._found = neighbours.candidates(query, user)

    def best(self, allowed: Flags, excluded: Ints, most: int) -> Candidates:
        """The best items, at most so many, whose row is allowed and not excluded."""
        mine = allowed[self._found.rows]
        return _best(self._found.rows[mine], self._found.scores[mine], excluded, most)

    def score(self, rows: Ints) -> Doubles:
        """(n,): scores of some rows; -inf for those that none of these users touched."""
        order = np.argsort(self._found.rows)
        known = self._found.rows[order]
        at = np.minimum(np.searchsorted(known, rows), max(len(known) - 1, 0))
        if not len(known):
            return np.full(len(rows), -np.inf)
        return np.where(known[at] == rows, self._found.scores[order][at], -np.inf)

    def because(self, row: int) -> int:
        """None."""
        return -1 if row >= 0 else row


class Rated:
    """The items that the user would rate highest."""

    name = "ratings"

    def __init__(self, ratings: Ratings, user: int) -> None:
        self._ratings, self._user = ratings, user

    def best(self, allowed: Flags, excluded: Ints, most: int) -> Candidates:
        """The best items, at most so many, whose row is allowed and not excluded."""
        rows = np.flatnonzero(allowed)
        rows = rows[self._ratings.rated(rows)]
        return _best(rows, self._ratings.predict_many(self._user, rows), excluded, most)

    def score(self, rows: Ints) -> Doubles:
        """(n,): the ratings expected; -inf for items that nobody has rated."""
        expected = self._ratings.predict_many(self._user, rows)
        return np.where(self._ratings.rated(rows), expected, -np.inf)

    def because(self, row: int) -> int:
        """None."""
        return -1 if row >= 0 else row


def _best(rows: Ints, scores: Doubles, excluded: Ints, most: int) -> Candidates:
    left = (scores > -np.inf) & ~np.isin(rows, excluded)
    rows, scores = rows[left], scores[left]
    if most < len(rows):
        # Ties at the border are kept for the sort, which decides by row.
        border = np.partition(scores, len(rows) - most)[len(rows) - most]
        rows, scores = rows[scores >= border], scores[scores >= border]
    order = np.lexsort((rows, -scores))[:most]
    return Candidates(rows[order], scores[order]) if len(order) else NONE
