"""Another source's best items in an order that knows who asks."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Flags, Ints
from models.recommend.click.choices import Choices
from models.recommend.serving.sources import Candidates, Source

LOOKED_AT = 200
"""How many of the other source's items are put in order, if fewer are asked for."""
WEIGHT = 0.3
"""What the odds of a click count against the other source's score, both in their deviations."""


class Reranked:
    """The best items of another source, by its score and the odds of a click together."""

    def __init__(self, source: Source, choices: Choices, user: int, before: int) -> None:
        """`user` and `before` are the rows of who asks and of what was touched last; -1: nobody, nothing."""
        self._source, self._choices = source, choices
        self._user, self._before = user, before

    @property
    def name(self) -> str:
        """The other source's: it is the one that found the items."""
        return self._source.name

    def best(self, allowed: Flags, excluded: Ints, most: int) -> Candidates:
        """The best items, at most so many, whose row is allowed and not excluded."""
        found = self._source.best(allowed, excluded, max(most, LOOKED_AT))
        scores = self._blended(found.rows, found.scores)
        order = np.argsort(-scores, kind="stable")[:most]
        return Candidates(found.rows[order], scores[order])

    def score(self, rows: Ints) -> Doubles:
        """(n,): scores of some rows, in the order that `best` would have them in; -inf for those of which the other
        source says nothing."""
        scores = self._source.score(rows)
        known = np.flatnonzero(np.isfinite(scores))
        order = known[np.lexsort((rows[known], -scores[known]))]
        first, rest = order[:LOOKED_AT], order[LOOKED_AT:]
        found = np.full(len(rows), -np.inf)
        found[first] = self._blended(rows[first], scores[first])
        if len(rest):
            # Below all that is put in order, and as far apart as the other source has them.
            found[rest] = found[first].min() - 1.0 + scores[rest] - scores[first[-1]]
        return found

    def because(self, row: int) -> int:
        """The row of the user's own item that led most to this one; -1: none."""
        return self._source.because(row)

    def _blended(self, rows: Ints, scores: Doubles) -> Doubles:
        odds = self._choices.scores(self._user, self._before, rows)
        return _standardised(scores) + WEIGHT * _standardised(odds)


def _standardised(values: Doubles) -> Doubles:
    """In deviations from their mean; all 0 where they are equal."""
    if not len(values):
        return values
    centred = values - values.mean()
    deviation = float(np.sqrt((centred * centred).mean()))
    return centred / deviation if deviation > 0.0 else centred
