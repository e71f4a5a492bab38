"""One forest as plain arrays, in a canonical form: what is saved does not show how it came about.

Points are numbered in the order of their sequence numbers and records lie without gaps. Priorities and boxes are left
out: they follow exactly from the seed, the sequence numbers and the points.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import IncompatibleState
from models.forest.arena import GROWTH, ForestArena
from models.forest.kernels.restore import restore_trees
from models.forest.kernels.store import compact
from models.forest.soundness import check_forest


def dump_forest(arena: ForestArena, slot: int) -> dict[str, NDArray[Any]]:
    """The forest of a slot as named arrays."""
    compact(arena.forests, slot)
    f, row = arena.forests, arena.forests.slots[slot]
    points = slice(int(row["point_start"]), int(row["point_start"] + row["point_capacity"]))
    live = np.flatnonzero(f.references[points])
    live = live[np.argsort(f.sequence[points][live], kind="stable")]
    rank = np.zeros(int(row["point_capacity"]), np.uint32)
    rank[live] = np.arange(len(live), dtype=np.uint32)

    width = arena.config.n_features
    sizes = f.sizes[slot]
    nodes = f.nodes[_places(arena, slot)]
    held = np.concatenate([_tree(arena, slot, t)[: sizes[t]] for t in range(len(sizes))])
    first = int(row["record_start"]) * width
    return {
        "counters": np.array([row["seq"], row["seen"]], np.int64),
        "seed": np.array([row["seed"]], np.uint64),
        "sizes": sizes.astype(np.uint16),
        "cut": nodes["cut"],
        "dim": nodes["dim"],
        "left": nodes["left"],
        "samples": rank[f.samples[held]].astype(np.uint16 if len(live) < 65536 else np.uint32),
        # Both ascend: their steps are small numbers, and take a fraction of the room.
        "sequence_steps": np.diff(f.sequence[points][live], prepend=0),
        "location_steps": np.diff(f.locations[points][live], prepend=np.uint32(0)),
        "records": f.records[first : first + int(row["records"]) * width],
    }


def load_forest(arena: ForestArena, slot: int, arrays: dict[str, NDArray[Any]]) -> None:
    """Put a dumped forest into an empty slot.

    Raises IncompatibleState where it was dumped from an arena of another shape, CorruptState where it is no forest;
    then nothing has changed.
    """
    config = arena.config
    sizes = arrays["sizes"].astype(np.int64)
    if len(sizes) != config.n_trees or int(sizes.max(initial=0)) > config.sample_size:
        raise IncompatibleState(
            f"The trees of the state must be {config.n_trees} of at most {config.sample_size} "
            f"samples, got {len(sizes)} of up to {int(sizes.max(initial=0))}."
        )
    check_forest(config, arrays)
    n_points, n_records = len(arrays["sequence_steps"]), len(arrays["records"]) // config.n_features
    capacity = int(arena.forests.slots[slot]["capacity"])
    while capacity < int(sizes.max(initial=0)):
        capacity = min(2 * capacity, config.sample_size)
    if capacity > int(arena.forests.slots[slot]["capacity"]):
        arena.resize_trees(slot, capacity)
    # The sizes that growing would have taken, so that freed regions fit the next one.
    points = _grown(int(arena.forests.slots[slot]["point_capacity"]), n_points)
    if points > int(arena.forests.slots[slot]["point_capacity"]):
        arena.resize_points(slot, points)
    records = _grown(int(arena.forests.slots[slot]["record_capacity"]), n_records)
    if records > int(arena.forests.slots[slot]["record_capacity"]):
        arena.resize_records(slot, records)

    f, row = arena.forests, arena.forests.slots[slot]
    row["seq"], row["seen"] = arrays["counters"]
    row["seed"] = arrays["seed"][0]
    row["records"] = n_records
    first = int(row["record_start"]) * config.n_features
    f.records[first : first + len(arrays["records"])] = arrays["records"]
    start, spare = int(row["point_start"]), int(row["point_capacity"]) - n_points
    f.sequence[start : start + n_points] = np.cumsum(arrays["sequence_steps"])
    f.locations[start : start + n_points] = np.cumsum(arrays["location_steps"])
    f.references[start : start + int(row["point_capacity"])] = 0
    f.free_points[start : start + spare] = np.arange(n_points + spare - 1, n_points - 1, -1)
    row["points_free"] = spare
    f.sizes[slot] = sizes

    at_sample, at_node = 0, 0
    for tree, size in enumerate(sizes):
        held = _tree(arena, slot, tree)
        f.samples[held[:size]] = arrays["samples"][at_sample : at_sample + size]
        n_nodes = max(int(size) - 1, 0)
        for name in ("cut", "dim", "left"):
            f.nodes[name][held[:n_nodes]] = arrays[name][at_node : at_node + n_nodes]
        at_sample, at_node = at_sample + size, at_node + n_nodes
    restore_trees(f, slot)


def _grown(capacity: int, needed: int) -> int:
    while capacity <= needed:
        capacity = int(capacity * GROWTH)
    return capacity


def _tree(arena: ForestArena, slot: int, tree: int) -> NDArray[np.int64]:
    row = arena.forests.slots[slot]
    start = int(row["tree_start"]) + tree * int(row["capacity"])
    return np.arange(start, start + int(row["capacity"]))


def _places(arena: ForestArena, slot: int) -> NDArray[np.int64]:
    sizes = arena.forests.sizes[slot]
    return np.concatenate(
        [_tree(arena, slot, t)[: max(int(sizes[t]) - 1, 0)] for t in range(len(sizes))]
    )
