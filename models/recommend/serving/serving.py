"""From what models know to an answer: rules, pins, exploration, explanations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from models.compiled import Floats, Ints
from models.recommend.catalogue.catalogue import Catalogue
from models.recommend.catalogue.latest import Latest
from models.recommend.records import Recommended, Request
from models.recommend.serving.asked import Asked, asked
from models.recommend.serving.chain import Chain, Pick
from models.recommend.serving.exploration import CERTAIN, choose, inclusion, start_of
from models.recommend.serving.newest import Newest
from models.recommend.serving.rules import Rules
from models.recommend.serving.sources import Source
from models.recommend.store.store import Store

Likeness = Callable[[Ints], Floats]
"""How like item rows (n,) are to what the user touched: (n,), from -1 to 1, 0 where nothing is known."""


class Serving:
    """Answers requests by the rules. Reads only: an answer changes nothing."""

    def __init__(
        self, store: Store, catalogue: Catalogue, latest: Latest, rules: Rules, seed: int
    ) -> None:
        self._store, self._catalogue, self._latest = store, catalogue, latest
        self._rules, self._seed = rules, seed
        self._newest = Newest(latest)

    def asked(self, request: Request) -> Asked:
        """The request in rows: what sources are made from."""
        return asked(request, self._store, self._catalogue, self._rules)

    def answer(
        self, asked: Asked, sources: Sequence[Source], likeness: Likeness
    ) -> list[Recommended]:
        """The answer, best first but for pins and explored items; shorter than asked for where there is no more.

        sources: best first; the newest items follow them by themselves.
        """
        chain = [*sources, self._newest]
        pins = self._pins(asked)
        free = [place for place in range(asked.request.n) if place not in pins]
        filled = Chain(asked, self._catalogue, self._rules)
        picks = filled.fill(chain, len(free), list(pins.values()))
        if self._rules.explore == 0.0 and not pins:
            return [self._picked(pick, None) for pick in picks]
        pool = self._pool(asked, {*pins.values(), *(pick.row for pick in picks)})
        chances = self._chances(pool, likeness, len(free))
        start = start_of(self._seed, asked.request.user, asked.request.draw)
        explored = np.flatnonzero(choose(chances, start)).tolist()

        answer: dict[int, Recommended] = {}
        for place, row in pins.items():
            answer[place] = self._item(row, 0.0, "pinned", None)
        kept = len(free) - len(explored)
        for place, chosen in zip(_spread(free, len(explored)), explored, strict=True):
            chance = int(chances[chosen]) / CERTAIN
            row = int(pool[chosen])
            answer[place] = self._item(row, float(likeness(pool[[chosen]])[0]), "explore", chance)
        left = [place for place in free if place not in answer]
        last = self._last_chance(chances, len(free))
        for place, (index, pick) in zip(left, enumerate(picks[:kept]), strict=False):
            answer[place] = self._picked(pick, last.get(index))
        return [answer[place] for place in sorted(answer)]

    def _pins(self, asked: Asked) -> dict[int, int]:
        """Row by place, from 0."""
        pins: dict[int, int] = {}
        for pin in self._rules.pins:
            rows = asked.without(self._known(pin.item))
            if len(rows) and pin.place <= asked.request.n:
                pins[pin.place - 1] = int(rows[0])
        return pins

    def _known(self, item: str) -> Ints:
        rows = self._store.items.rows((item,))
        return rows[rows >= 0]

    def _pool(self, asked: Asked, taken: set[int]) -> Ints:
        """New items that the answer would not hold anyway: so their chance to be shown is that of being chosen."""
        if self._rules.explore == 0.0:
            return np.empty(0, np.int64)
        rows = asked.without(self._latest.rows())
        rows = rows[self._store.items.interactions[rows] < self._rules.new_below]
        return rows[~np.isin(rows, np.array(sorted(taken), np.int64))]

    def _chances(self, pool: Ints, likeness: Likeness, places: int) -> Ints:
        if not len(pool):
            return np.empty(0, np.int64)
        return inclusion(likeness(pool), places * self._rules.explore, self._rules.chance)

    @staticmethod
    def _last_chance(chances: Ints, places: int) -> dict[int, float]:
        """With which probability the last ranked item is shown, where chance decides how many are explored."""
        whole, part = divmod(int(chances.sum()), CERTAIN)
        return {places - whole - 1: 1.0 - part / CERTAIN} if part else {}

    def _picked(self, pick: Pick, propensity: float | None) -> Recommended:
        because = pick.source.because(pick.row)
        return self._item(pick.row, pick.score, pick.source.name, propensity, because)

    def _item(
        self, row: int, score: float, source: str, propensity: float | None, because: int = -1
    ) -> Recommended:
        ids = self._store.items
        return Recommended(
            ids.id(row), score, source, ids.id(because) if because >= 0 else None, propensity
        )


def _spread(free: Sequence[int], parts: int) -> list[int]:
    """The last place of each of so many equal stretches of the free ones."""
    return [free[(part + 1) * len(free) // parts - 1] for part in range(parts)]
