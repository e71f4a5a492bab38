"""Histories of users, as tables of the store."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.recommend.store.columns import NOBODY, Column
from models.recommend.store.entities import Entities
from models.recommend.store.kernels.history import clear, shorten, walk
from models.recommend.store.kernels.layout import BLOCK, Histories
from models.recommend.store.table import Table


class Past(NamedTuple):
    """Interactions of one user, newest first, (n,) each."""

    items: NDArray[np.int64]
    """Rows."""
    kinds: NDArray[np.uint8]
    weights: NDArray[np.float64]
    times: NDArray[np.float64]
    """Seconds since the epoch, as the events said."""


NOTHING = Past(np.empty(0, np.int64), np.empty(0, np.uint8), np.empty(0), np.empty(0))
"""Of somebody unknown."""


class HistoryTable:
    """The newest `longest` interactions of every user.

    Up to BLOCK - 1 older ones stay with them, and for a while as many as the running window added, because blocks are
    dropped whole and only between windows. Readers look at `longest` entries, and no further.
    """

    def __init__(
        self, users: Entities, items: Entities, free: NDArray[np.int64], longest: int
    ) -> None:
        self.longest = longest
        self._free = free
        self._items = items.life
        self.blocks = Table(
            "history",
            (
                Column("item", np.int32, (BLOCK,), fill=NOBODY, refers_to="items"),
                Column("kind", np.uint8, (BLOCK,)),
                Column("weight", np.float32, (BLOCK,)),
                Column("time", np.float64, (BLOCK,)),
                Column("previous", np.int32, fill=NOBODY),
                Column("following", np.int32, fill=NOBODY),
            ),
        )
        self.ends = users.table(
            "history",
            Column("newest", np.int32, fill=NOBODY),
            Column("oldest", np.int32, fill=NOBODY),
            Column("length", np.int32),
        )
        self._arrays: Histories | None = None
        users.leaving.append(self._clear)

    @property
    def arrays(self) -> Histories:
        """What kernels take; to be taken anew after `reserve`, and after users or items were admitted."""
        held = self._arrays
        if (
            held is None
            or held.dirty is not self.blocks.dirty
            or held.users_dirty is not self.ends.dirty
            or held.states is not self._items["state"]
        ):
            held = self._arrays = self._taken()
        return held

    def _taken(self) -> Histories:
        blocks, ends = self.blocks, self.ends
        return Histories(
            items=blocks["item"],
            kinds=blocks["kind"],
            weights=blocks["weight"],
            times=blocks["time"],
            previous=blocks["previous"],
            following=blocks["following"],
            dirty=blocks.dirty,
            free=self._free,
            newest=ends["newest"],
            oldest=ends["oldest"],
            lengths=ends["length"],
            users_dirty=ends.dirty,
            states=self._items["state"],
            born=self._items["born"],
        )

    @property
    def extent(self) -> int:
        """Blocks from this number on were never used."""
        return int(self._free[1])

    def reserve(self, interactions: int) -> None:
        """Have room for so many more, whoever's they are."""
        self.blocks.fit(self.extent + interactions)

    def shorten(self, users: NDArray[np.int64]) -> None:
        """Drop what is too old of these users' histories."""
        shorten(self.arrays, users, self.longest)

    def of(self, user: int) -> Past:
        """What a user did, newest first, at most `longest` interactions, those with items that went left out."""
        n = self.longest
        past = Past(np.empty(n, np.int64), np.empty(n, np.uint8), np.empty(n), np.empty(n))
        count = walk(self.arrays, user, *past)
        return Past(
            past.items[:count], past.kinds[:count], past.weights[:count], past.times[:count]
        )

    def _clear(self, users: NDArray[np.int64]) -> None:
        arrays = self.arrays
        for user in users.tolist():
            clear(arrays, user)
