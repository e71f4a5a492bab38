"""Finding references to rows that are not alive."""

from __future__ import annotations

import numpy as np

from models.compiled import kernel
from models.recommend.store.kernels.layout import ALIVE


@kernel
def find_gone(
    references: np.ndarray, states: np.ndarray, start: int, stop: int, found: np.ndarray
) -> int:
    """Places (row, place in it) of references, in rows start..stop, to what is not alive; returns how many.

    `references` is (rows, places), `found` has room for every place.
    """
    count = 0
    for row in range(start, stop):
        for place in range(references.shape[1]):
            target = references[row, place]
            if target >= 0 and states[target] != ALIVE:
                found[count, 0] = row
                found[count, 1] = place
                count += 1
    return count
