"""Item vectors in few bits, by which exact search bounds what content adds to the score of one item."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.compiled import Floats
from models.recommend.kernels.layout import Bounds
from models.recommend.ranking.clusters import ROUNDING

FINEST = 127.0
"""Steps of the greatest number of a vector."""
AT_ONCE = 10_000


def move_sketches(bounds: Bounds, before: NDArray[np.int32], vectors: Floats) -> None:
    """Bring the sketches of the first items, from their places `before`, to where they are now; make missing ones."""
    now = bounds.places[: len(before)]
    for array in (bounds.sketches, bounds.steps, bounds.errors):
        array[now] = array[before]
    missing = np.flatnonzero(bounds.steps[now] == 0.0)
    for rows in np.array_split(missing, len(missing) // AT_ONCE + 1):
        _sketch(bounds, now[rows], vectors[rows].astype(np.float64))


def drop_sketch(bounds: Bounds, place: int) -> None:
    """The content of the item at a place has changed: it may be anything of length 1."""
    bounds.steps[place], bounds.errors[place] = 0.0, 1.0 + ROUNDING


def _sketch(bounds: Bounds, places: NDArray[np.int32], vectors: NDArray[np.float64]) -> None:
    steps = (np.abs(vectors).max(axis=1, initial=0.0) / FINEST).astype(np.float32)
    whole = np.rint(vectors / np.where(steps > 0.0, steps, 1.0)[:, None])
    np.clip(whole, -FINEST, FINEST, out=whole)
    left = vectors - whole * steps[:, None]
    bounds.sketches[places], bounds.steps[places] = whole, steps
    bounds.errors[places] = np.sqrt((left * left).sum(axis=1)) + ROUNDING
