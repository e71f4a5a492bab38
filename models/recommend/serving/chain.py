"""Filling an answer from a chain of sources, within the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.compiled import Flags
from models.recommend.catalogue.catalogue import Catalogue
from models.recommend.serving.asked import Asked
from models.recommend.serving.boosting import boosted
from models.recommend.serving.rules import Rules
from models.recommend.serving.sources import Candidates, Source


class Pick(NamedTuple):
    """An item with its place in an answer, by the order of picks."""

    row: int
    score: float
    source: Source


class Chain:
    """Asks sources one after another for the items of one answer."""

    def __init__(self, asked: Asked, catalogue: Catalogue, rules: Rules) -> None:
        self._asked, self._catalogue, self._rules = asked, catalogue, rules
        self._allowed = asked.allowed
        self._full: Counter[str] = Counter()

    def fill(self, sources: Sequence[Source], wanted: int, taken: Sequence[int]) -> list[Pick]:
        """At most `wanted` items, best first, none of the rows already taken.

        Scores of a later source are moved down where they are above those of an earlier one.
        """
        picks: list[Pick] = []
        # More than are wanted help only where some may be passed over, or come in another order.
        plain = not self._rules.boosts and self._rules.max_per_category is None
        times = 1 if plain else self._rules.overfetch
        gone = self._asked.excluded
        if len(taken):
            gone = np.union1d(gone, np.array(taken, np.int64))
        for source in sources:
            while len(picks) < wanted:
                most = times * (wanted - len(picks))
                found = source.best(self._allowed, gone, most)
                best = boosted(found, self._rules.boosts, self._catalogue)
                new = self._take(best, wanted - len(picks))
                picks += _below(picks, best, new, source)
                if len(picks) < wanted:
                    gone = np.union1d(gone, found.rows)
                if len(found.rows) < most:
                    break
        return picks

    def _take(self, best: Candidates, wanted: int) -> list[int]:
        """Places of the first `wanted` whose categories all have room; categories that become full are shut."""
        taken: list[int] = []
        limit = self._rules.max_per_category
        for place, row in enumerate(best.rows.tolist()):
            if len(taken) == wanted:
                break
            if not self._allowed[row]:
                continue
            taken.append(place)
            if limit is not None:
                self._count(row, limit)
        return taken

    def _count(self, row: int, limit: int) -> None:
        for category in set(self._catalogue.data(row).categories):
            self._full[category] += 1
            if self._full[category] == limit:
                self._allowed = self._shut(category)

    def _shut(self, category: str) -> Flags:
        return self._allowed & ~self._catalogue.with_category(category)


def _below(
    before: Sequence[Pick], best: Candidates, places: Sequence[int], source: Source
) -> list[Pick]:
    rows, scores = best.rows[places].tolist(), best.scores[places]
    if before and len(scores):
        scores = scores - max(float(scores[0]) - before[-1].score, 0.0)
    return [Pick(row, score, source) for row, score in zip(rows, scores.tolist(), strict=True)]
