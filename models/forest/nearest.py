"""The sampled points nearest to one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.forest.arena import ForestArena


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
    f, row, config = arena.forests, arena.forests.slots[slot], arena.config
    held = slice(int(row["point_start"]), int(row["point_start"] + row["point_capacity"]))
    live = np.flatnonzero(f.references[held])
    first = int(row["record_start"]) + f.locations[held][live].astype(np.int64)
    lags = np.arange(config.shingle_size)
    points = arena.records[first[:, None] + lags]
    distance = np.zeros(0)
    if len(live):  # which only a full shingle can be compared with
        distance = np.abs(points.astype(np.float64) - point).sum(axis=(1, 2))
    age = int(row["seq"]) - f.sequence[held][live]
    chosen = np.lexsort((age, distance))[:k]
    return Nearest(distance[chosen], age[chosen], points[chosen])
