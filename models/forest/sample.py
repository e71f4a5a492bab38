"""The distinct points that a forest holds: what all trees together remember."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.forest.arena import ForestArena


class Sampled(NamedTuple):
    """n distinct points, the oldest first."""

    record: NDArray[np.int64]
    """(n,) index in the slot's records of the first record of each."""
    number: NDArray[np.int64]
    """(n,) that record's number in the stream."""
    trees: NDArray[np.int64]
    """(n,) how many trees hold it."""
    points: NDArray[Any]
    """(n, shingle, features)."""


def sampled(arena: ForestArena, slot: int) -> Sampled:
    """The points that a slot's trees hold."""
    f, row, stride = arena.forests, arena.forests.slots[slot], arena.stride(slot)
    trees, start = arena.config.n_trees, int(row["sample_start"])
    held = f.samples[start : start + trees * stride].reshape(trees, stride)
    record, count = np.unique(
        held[np.arange(stride) < f.sizes[slot][:, None]].astype(np.int64), return_counts=True
    )
    first = f.run_first[int(row["run_start"]) : int(row["run_start"] + row["runs"])]
    run = np.searchsorted(first.astype(np.int64), record, side="right") - 1
    number = f.run_number[int(row["run_start"]) + run] + record - first[run].astype(np.int64)
    lags = np.arange(arena.config.shingle_size)
    points = arena.records[int(row["record_start"]) + record[:, None] + lags]
    return Sampled(record, number, count, points)
