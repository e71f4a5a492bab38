"""One forest as plain arrays, in a canonical form: what is saved does not show how it came about.

Saved are the records, which of them points start with, and each tree's cuts. All else follows exactly: which points a
tree holds from their priorities, how they lie in it from its cuts, boxes and buckets from the points.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptState, IncompatibleState
from models.forest.arena import ForestArena
from models.forest.earlier import is_earlier, upgraded
from models.forest.kernels.fading import drop_marks
from models.forest.kernels.layout import DUPLICATE
from models.forest.kernels.restore import SOUND, WRONG_SAMPLES, restore_trees
from models.forest.kernels.store import SPARE
from models.forest.sizes import GROWTH, NODE_STEP
from models.forest.soundness import check_forest


def dump_forest(arena: ForestArena, slot: int) -> dict[str, NDArray[Any]]:
    """The forest of a slot as named arrays."""
    arena.compact(slot)
    drop_marks(arena.forests, slot, arena.oldest(slot))
    f, row, trees = arena.forests, arena.forests.slots[slot], arena.config.n_trees
    held = int(row["records"])
    starts = np.zeros(held, np.bool_)
    for tree in range(trees):
        starts[f.samples[_samples(arena, slot, tree)]] = True
    nodes = f.nodes[np.concatenate([_nodes(arena, slot, tree) for tree in range(trees)])]
    runs = slice(int(row["run_start"]), int(row["run_start"] + row["runs"]))
    marks = slice(int(row["mark_start"]), int(row["mark_start"] + row["marks"]))
    first, width = int(row["record_start"]), arena.config.n_features
    dims = nodes["dim"]
    few = arena.config.dimensions < 255
    return {
        "counters": np.array([row["seen"], row["paused"], f.bucket], np.int64),
        "seed": np.array([row["seed"]], np.uint64),
        "marks": f.marks[marks].copy(),
        "sizes": f.sizes[slot].copy(),
        "counts": f.counts[slot].copy(),
        "bounded": f.bounded[slot].copy(),
        "bounds": np.where(f.bounded[slot], f.bounds[slot], 0),
        "cut": nodes["cut"],
        # A byte is enough for most, and DUPLICATE stays the greatest number.
        "dim": dims.astype(np.uint8) if few else dims,
        "run_first": f.run_first[runs].copy(),
        "run_number": f.run_number[runs].copy(),
        "starts": np.packbits(starts),
        "records": f.records[first * width : (first + held) * width].copy(),
    }


def load_forest(arena: ForestArena, slot: int, arrays: dict[str, NDArray[Any]]) -> None:
    """Put a dumped forest into an empty slot.

    Raises IncompatibleState where it was dumped from an arena of another shape, CorruptState where it is no forest;
    then the slot must be closed.
    """
    if is_earlier(arrays):
        arrays = upgraded(arena.config, arrays)
    config = arena.config
    sizes = arrays["sizes"].astype(np.int64)
    if len(sizes) != config.n_trees or int(sizes.max(initial=0)) > config.sample_size:
        raise IncompatibleState(
            f"The trees of the state must be {config.n_trees} of at most {config.sample_size} "
            f"samples, got {len(sizes)} of up to {int(sizes.max(initial=0))}."
        )
    check_forest(config, arrays)
    held, counts = len(arrays["records"]) // config.n_features, arrays["counts"].astype(np.int64)
    _make_room(arena, slot, int(sizes.max()), int(counts.max()), held, arrays)

    f, row = arena.forests, arena.forests.slots[slot]
    row["seen"], row["paused"], _ = arrays["counters"]
    row["seed"] = arrays["seed"][0]
    row["records"], row["runs"], row["marks"] = held, len(arrays["run_first"]), len(arrays["marks"])
    first = int(row["record_start"]) * config.n_features
    f.records[first : first + len(arrays["records"])] = arrays["records"]
    runs = slice(int(row["run_start"]), int(row["run_start"] + row["runs"]))
    f.run_first[runs], f.run_number[runs] = arrays["run_first"], arrays["run_number"]
    f.marks[int(row["mark_start"]) : int(row["mark_start"] + row["marks"])] = arrays["marks"]
    for name in ("counts", "bounded", "bounds"):
        getattr(f, name)[slot] = arrays[name]

    dims = arrays["dim"].astype(np.uint16)
    if arrays["dim"].dtype == np.uint8:
        dims[dims == 255] = DUPLICATE
    at = 0
    for tree, count in enumerate(counts.tolist()):
        places = _nodes(arena, slot, tree)
        f.nodes["cut"][places] = arrays["cut"][at : at + count]
        f.nodes["dim"][places] = dims[at : at + count]
        at += count
    starts = np.flatnonzero(np.unpackbits(arrays["starts"], count=held))
    run = np.searchsorted(arrays["run_first"], starts, side="right") - 1
    numbers = arrays["run_number"][run] + (starts - arrays["run_first"][run])
    found = restore_trees(f, slot, starts, numbers, sizes)
    if found != SOUND:
        rule = (
            "the samples that it counts"
            if found == WRONG_SAMPLES
            else "nodes that part its samples"
        )
        raise CorruptState(f"The saved forest must have {rule}, got others.")


def describe_forest(arrays: dict[str, NDArray[Any]], shingle_size: int) -> dict[str, int]:
    """What a dumped forest says of itself."""
    points, learned = arrays.get("sequence_steps"), int(arrays["counters"][0])
    if points is None:
        learned = max(learned - shingle_size + 1, 0)
    return {
        "trees": len(arrays["sizes"]),
        "samples_per_tree": int(arrays["sizes"].max(initial=0)),
        "distinct_points": int(np.unpackbits(arrays["starts"]).sum())
        if points is None
        else len(points),
        "points_learned": learned,
    }


def _make_room(
    arena: ForestArena,
    slot: int,
    size: int,
    count: int,
    held: int,
    arrays: dict[str, NDArray[Any]],
) -> None:
    """Grow an empty slot to what the arrays take, in the steps in which learning would have."""
    row = arena.forests.slots[slot]
    capacity = int(row["capacity"])
    while capacity < size:
        capacity = min(2 * capacity, arena.config.sample_size)
    if capacity > int(row["capacity"]):
        arena.resize_samples(slot, capacity)
    arena.resize_nodes(slot, -(-count // NODE_STEP) * NODE_STEP)
    for resize, wanted, now in (
        (arena.resize_records, held + held // (SPARE - 1) + 1, "record_capacity"),
        (arena.resize_runs, int(len(arrays["run_first"]) * GROWTH) + 1, "run_capacity"),
        (arena.resize_marks, len(arrays["marks"]), "mark_capacity"),
    ):
        if wanted > int(arena.forests.slots[slot][now]):
            resize(slot, wanted)


def _samples(arena: ForestArena, slot: int, tree: int) -> slice:
    start = int(arena.forests.slots[slot]["sample_start"]) + tree * arena.stride(slot)
    return slice(start, start + int(arena.forests.sizes[slot, tree]))


def _nodes(arena: ForestArena, slot: int, tree: int) -> NDArray[np.int64]:
    row = arena.forests.slots[slot]
    start = int(row["node_start"]) + tree * int(row["node_capacity"])
    return np.arange(start, start + int(arena.forests.counts[slot, tree]))
