"""Moving a slot's parts to other regions of their heaps. The slot's row already names the new region."""

from __future__ import annotations

import numpy as np

from models.compiled import kernel
from models.forest.kernels.layout import Forests


@kernel
def move_trees(f: Forests, slot: int, old_start: int, old_capacity: int) -> None:
    """Copy each tree from its old place; new boxes follow the ones that are there."""
    row = f.slots[slot]
    capacity, width = row["capacity"], 2 * f.n_features * f.shingle_size
    for tree in range(f.n_trees):
        to, source = row["tree_start"] + tree * capacity, old_start + tree * old_capacity
        for i in range(old_capacity):
            f.node_words[to + i] = f.node_words[source + i]
            f.samples[to + i] = f.samples[source + i]
            f.priorities[to + i] = f.priorities[source + i]
            f.box_slots[to + i] = f.box_slots[source + i]
        for i in range(old_capacity * width):
            f.boxes[to * width + i] = f.boxes[source * width + i]
        for i in range(old_capacity, capacity):
            f.box_slots[to + i] = i


@kernel
def move_points(f: Forests, slot: int, old_start: int, old_capacity: int) -> None:
    """Copy the point table; the new ids go under the free ones, to be used last."""
    row = f.slots[slot]
    start, capacity = row["point_start"], row["point_capacity"]
    fresh = capacity - old_capacity
    for i in range(fresh):
        f.free_points[start + i] = capacity - 1 - i
        f.references[start + old_capacity + i] = 0
    for i in range(row["points_free"]):
        f.free_points[start + fresh + i] = f.free_points[old_start + i]
    for i in range(old_capacity):
        f.locations[start + i] = f.locations[old_start + i]
        f.sequence[start + i] = f.sequence[old_start + i]
        f.references[start + i] = f.references[old_start + i]
    row["points_free"] += fresh


@kernel
def move_records(f: Forests, slot: int, old_start: int) -> None:
    """Copy the records held."""
    row = f.slots[slot]
    width = np.int64(f.n_features)
    to, source = row["record_start"] * width, old_start * width
    for i in range(row["records"] * width):
        f.records[to + i] = f.records[source + i]
