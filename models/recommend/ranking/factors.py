"""Matrix factorisation by incremental BPR."""

from __future__ import annotations

import numpy as np

from models.recommend.kernels import layout
from models.recommend.kernels.arithmetic import LANES
from models.recommend.store.columns import Column
from models.recommend.store.store import Store


class Factors:
    """Vectors of users and items, and a bias per item; see kernels.factors.

    k: length of the vectors; 0 switches the model off.
    negatives: items that each interaction is told from.
    """

    def __init__(
        self, store: Store, k: int, negatives: int, rate: float, regularisation: float, seed: int
    ) -> None:
        self.k, self.negatives, self.seed = k, negatives, seed
        self.rate, self.regularisation = rate, regularisation
        width = -(-k // LANES) * LANES
        vector, known = Column("vector", np.float32, (width,)), Column("known", np.uint8)
        self._users = store.users.table("factors", vector, known)
        self._items = store.items.table("factors", vector, Column("bias", np.float32), known)
        self._arrays: layout.Factors | None = None

    @property
    def arrays(self) -> layout.Factors:
        """What kernels take; to be taken anew after users or items came."""
        users, items, held = self._users, self._items, self._arrays
        if held is not None and held.users_dirty is users.dirty and held.items_dirty is items.dirty:
            return held
        held = self._arrays = layout.Factors(
            users=users["vector"],
            users_known=users["known"],
            users_dirty=users.dirty,
            items=items["vector"],
            biases=items["bias"],
            items_known=items["known"],
            items_dirty=items.dirty,
            k=self.k,
            seed=np.uint64(self.seed),
            negatives=self.negatives,
            rate=self.rate,
            regularisation=self.regularisation,
        )
        return held
