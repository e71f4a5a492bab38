"""Item co-occurrence: which items come together, and which after which."""

from __future__ import annotations

import numpy as np

from models.compiled import Doubles, Ints
from models.recommend.kernels.answer import strongest
from models.recommend.kernels.layout import Neighbours
from models.recommend.store.columns import NOBODY, Column
from models.recommend.store.store import Store


class Cooccurrence:
    """A bounded list of neighbours per item, counted as interactions come.

    length: neighbours per item; 0 switches the model off.
    """

    def __init__(self, store: Store, length: int) -> None:
        self._items = store.items.table(
            "cooccurrence",
            Column("items", np.int32, (length,), fill=NOBODY, refers_to="items"),
            Column("together", np.float32, (length,)),
            Column("following", np.float32, (length,)),
            Column("session", np.float32, (length,)),
            Column("total", np.float32),
        )
        self._arrays: Neighbours | None = None

    @property
    def arrays(self) -> Neighbours:
        """What kernels take; to be taken anew after items came."""
        items, held = self._items, self._arrays
        if held is not None and held.dirty is items.dirty:
            return held
        held = self._arrays = Neighbours(
            items=items["items"],
            together=items["together"],
            together_words=items["together"].view(np.int32),
            following=items["following"],
            session=items["session"],
            totals=items["total"],
            dirty=items.dirty,
        )
        return held

    def similar(self, item: int) -> tuple[Ints, Doubles]:
        """The neighbours of an item row and their likeness, best first.

        Likeness is the count over what both have: n_ij / ((n_i + 1)**.5 * (n_j + 1)**.5), a cosine with a prior.
        """
        n = self.arrays
        slots = np.flatnonzero(n.items[item] >= 0)
        rows = n.items[item, slots].astype(np.int64)
        expected = np.sqrt((n.totals[item] + 1.0) * (n.totals[rows].astype(np.float64) + 1.0))
        likeness = n.together[item, slots] / expected
        order = np.lexsort((rows, -likeness))
        return rows[order], likeness[order]

    def because(self, context: Ints, items: Ints) -> Ints:
        """(n,): per item, that of a context, newest first, that says most for it; -1 where none does."""
        found = np.empty(len(items), np.int64)
        strongest(self.arrays, context, items, found)
        return found
