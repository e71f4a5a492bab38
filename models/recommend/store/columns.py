"""What a model keeps of each user, each item, or of the whole: it declares columns, and the store keeps them.

A model takes the store when it is made, and declares tables on `store.users`, `store.items` or `store.whole`:

    self.vectors = store.items.table("factors", Column("vector", np.float32, (32,)), Column("bias", np.float32))

`self.vectors["vector"]` is then the array (capacity, 32), of which row r is item r's. Arrays move when they grow: take
them anew for every batch of events. A kernel that changes row r sets `self.vectors.dirty[r] = 1`; rows that are not
marked are missing from the next checkpoint. Columns that change together belong in one table, since a row is saved
with all its columns. New rows, and rows whose user or item went, hold the columns' `fill`.

`store.whole` has one row, 0, that every checkpoint holds: scalars and small tables of the whole model. `store.slots`
declares a table with a fixed number of rows that are nobody's.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

NOBODY = -1
"""In a column of references: no user, no item."""


class Column(NamedTuple):
    """One array of a table: a value, or an array of values, per row."""

    name: str
    dtype: DTypeLike
    shape: tuple[int, ...] = ()
    """Shape of one row's value."""
    fill: float = 0
    """What a row holds that nobody wrote to."""
    refers_to: Literal["users", "items"] | None = None
    """Values are rows there (int32; NOBODY is none). Where such a user or item goes, the value becomes NOBODY some time
    later, and until then names a row that is not alive; columns of the same shape get their fill in the same place."""
    derived: bool = False
    """Not saved: whoever declares it computes it again once a checkpoint is loaded."""

    @property
    def signature(self) -> list[object]:
        """Name, type and shape: what saved rows must agree with."""
        return [self.name, np.dtype(self.dtype).newbyteorder("<").str, list(self.shape)]
