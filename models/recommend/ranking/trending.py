"""Trending: what is touched now, by several measures of now."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.compiled import Doubles
from models.recommend.kernels.layout import GROUPS, Trends
from models.recommend.kernels.trends import SPAN, popularities
from models.recommend.store.columns import Column
from models.recommend.store.store import Store

GROUP_HALF_LIFE = 800
"""Interactions in which popularity among those in the same situation halves."""


class Trending:
    """Decayed popularity by several half-lives, and among users in the same situation.

    Popularity within a category is the same, asked of the category's items alone.

    half_lives: in interactions, not in seconds: what is new in a busy stream is so sooner.
    """

    def __init__(self, store: Store, half_lives: Sequence[int]) -> None:
        self.half_lives = tuple(half_lives)
        all_lives = np.array([*half_lives, *[GROUP_HALF_LIFE] * GROUPS], np.int64)
        columns = len(all_lives)
        self._items = store.items.table(
            "trending",
            Column("counts", np.float32, (columns,)),
            Column("at", np.int64, fill=-1),
        )
        self._whole = store.whole.table(
            "trending",
            Column("growth", np.float64, (columns,), fill=1.0),
            Column("starts", np.int64, (columns,)),
            Column("clock", np.int64),
        )
        # Rounded, because powers may differ in their last bit between machines.
        self._steps = np.round(2.0 ** (40.0 + 1.0 / all_lives)) / 2.0**40
        self._spans = SPAN * all_lives
        self._values = np.empty((columns, 2))
        self._arrays: Trends | None = None

    @property
    def arrays(self) -> Trends:
        """What kernels take; to be taken anew after items came."""
        whole, held = self._whole, self._arrays
        if held is not None and held.dirty is self._items.dirty:
            return held
        held = self._arrays = Trends(
            counts=self._items["counts"],
            at=self._items["at"],
            dirty=self._items.dirty,
            growth=whole["growth"][0],
            starts=whole["starts"][0],
            clock=whole["clock"],
            steps=self._steps,
            spans=self._spans,
        )
        return held

    @property
    def clock(self) -> int:
        """Interactions learned."""
        return int(self._whole["clock"][0])

    def popularity(self, half_life: int) -> Doubles:
        """(item rows,): decayed number of interactions, by one of the half-lives."""
        into = np.empty(len(self._items["at"]))
        popularities(self.arrays, self._values, self.half_lives.index(half_life), into)
        return into
