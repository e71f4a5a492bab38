"""Records and points of one slot: pushed once, shared by all trees, compacted when the region is full."""

from __future__ import annotations

import numpy as np

from models.compiled import Floats, inlined, kernel
from models.forest.kernels.layout import (
    POINTS_FULL,
    READY,
    RECORDS_FULL,
    TREES_FULL,
    Forests,
)


@inlined
def point_offset(f: Forests, slot: int, point: int) -> int:
    """Where the first value of a point lies in `records`."""
    row = f.slots[slot]
    return (row["record_start"] + np.int64(f.locations[row["point_start"] + point])) * f.n_features


@kernel
def newest_offset(f: Forests, slot: int) -> int:
    """Where the newest shingle starts in `records`; only valid once `shingle_size` records were pushed."""
    row = f.slots[slot]
    return (row["record_start"] + row["records"] - f.shingle_size) * f.n_features


@kernel
def needs(f: Forests, slot: int, n: int) -> int:
    """READY, or which heap must give the slot a larger region before it takes n more records."""
    row = f.slots[slot]
    capacity = row["capacity"]
    if capacity < f.sample_size:
        for tree in range(f.n_trees):
            if f.sizes[slot, tree] + n > capacity:
                return TREES_FULL
    if row["points_free"] < n:
        return POINTS_FULL
    if row["records"] + n > row["record_capacity"]:
        compact(f, slot)
        # A region that stays nearly full would be compacted again and again.
        if (row["records"] + n) * 4 > row["record_capacity"] * 3:
            return RECORDS_FULL
    return READY


@kernel
def push_record(f: Forests, slot: int, values: Floats, start: int) -> None:
    """Append one record (`n_features` float32 at values[start]); the slot must be READY."""
    row = f.slots[slot]
    to = (row["record_start"] + row["records"]) * f.n_features
    for i in range(f.n_features):
        # Adding zero turns -0.0 into 0.0: equal values must be equal bytes.
        f.records[to + i] = values[start + i] + np.float32(0.0)
    row["records"] += 1
    row["seen"] += 1


@kernel
def take_point(f: Forests, slot: int) -> int:
    """A point id for the newest shingle, with no references yet."""
    row = f.slots[slot]
    row["points_free"] -= 1
    start = row["point_start"]
    point = f.free_points[start + row["points_free"]]
    f.locations[start + point] = row["records"] - f.shingle_size
    f.sequence[start + point] = row["seq"]
    f.references[start + point] = 0
    return point


@kernel
def release_point(f: Forests, slot: int, point: int) -> None:
    """Drop one reference; the last one frees the id."""
    row = f.slots[slot]
    start = row["point_start"]
    f.references[start + point] -= 1
    if f.references[start + point] == 0:
        f.free_points[start + row["points_free"]] = point
        row["points_free"] += 1


@kernel
def compact(f: Forests, slot: int) -> None:
    """Slide together the records that a point, or the shingle in the making, still needs."""
    row = f.slots[slot]
    held, size, width = row["records"], f.shingle_size, f.n_features
    start, points = row["record_start"], row["point_start"]
    # needed[i] counts starts minus ends at record i; its running sum is the number of points that cover it. Once
    # used, it becomes the place to which record i moved.
    needed = f.moves
    for i in range(held + 1):
        needed[i] = 0
    needed[max(held - size + 1, 0)] += 1
    for point in range(row["point_capacity"]):
        if f.references[points + point] > 0:
            first = np.int64(f.locations[points + point])
            needed[first] += 1
            needed[first + size] -= 1
    cover, kept = 0, 0
    for i in range(held):
        cover += needed[i]
        if cover > 0:
            needed[i] = kept
            for j in range(width):
                f.records[(start + kept) * width + j] = f.records[(start + i) * width + j]
            kept += 1
    for point in range(row["point_capacity"]):
        if f.references[points + point] > 0:
            f.locations[points + point] = needed[np.int64(f.locations[points + point])]
    row["records"] = kept
