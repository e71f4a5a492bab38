"""The items that came last."""

from __future__ import annotations

import numpy as np

from models.compiled import Ints
from models.recommend.store.columns import NOBODY, Column
from models.recommend.store.store import Store

MOST = 1_024
"""How many are remembered."""


class Latest:
    """The rows of the newest items, whether they came with their data or with an interaction."""

    def __init__(self, store: Store) -> None:
        self._state = store.whole.table(
            "latest", Column("rows", np.int32, (MOST,), fill=NOBODY), Column("came", np.int64)
        )
        store.items.opening.append(self._open)
        store.items.leaving.append(self._leave)

    def rows(self) -> Ints:
        """Newest first, those left out that went."""
        place = int(self._state["came"][0]) % MOST
        newest_first = np.roll(self._state["rows"][0], -place)[::-1]
        return newest_first[newest_first != NOBODY].astype(np.int64)

    def _open(self, row: int) -> None:
        state = self._state
        state["rows"][0, int(state["came"][0]) % MOST] = row
        state["came"][0] += 1
        state.dirty[0] = 1

    def _leave(self, rows: Ints) -> None:
        held = self._state["rows"][0]
        held[np.isin(held, rows)] = NOBODY
        self._state.dirty[0] = 1
