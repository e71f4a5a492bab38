"""The sampled points nearest to one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.forest.arena import ForestArena
from models.forest.sample import sampled


class Nearest(NamedTuple):
    """Up to k sampled points, the nearest first, and of equally near ones the newest."""

    distance: NDArray[np.float64]
    """(k,) sum of the absolute differences."""
    age: NDArray[np.int64]
    """(k,) how many points ago each was learned, >= 1."""
    points: NDArray[Any]
    """(k, shingle, features)."""


def nearest(arena: ForestArena, slot: int, point: NDArray[np.float32], k: int) -> Nearest:
    """The distinct sampled points of a slot that are nearest to `point` (shingle, features)."""
    held = sampled(arena, slot)
    distance = np.zeros(0)
    if len(held.number):  # which only a full shingle can be compared with
        distance = np.abs(held.points.astype(np.float64) - point).sum(axis=(1, 2))
    age = int(arena.forests.slots[slot]["seen"]) - arena.config.shingle_size + 1 - held.number
    chosen = np.lexsort((age, distance))[:k]
    return Nearest(distance[chosen], age[chosen], held.points[chosen])
