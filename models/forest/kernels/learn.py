"""Learning one point: every tree's time-decayed reservoir accepts or refuses it (Efraimidis & Spirakis 2006)."""

from __future__ import annotations

import numpy as np

from models.compiled import index, inlined, kernel
from models.forest.kernels.delete import delete
from models.forest.kernels.insert import insert
from models.forest.kernels.layout import Forests
from models.forest.kernels.randomness import exceeds, priority, tree_seed
from models.forest.kernels.store import newest_offset, release_point, take_point
from models.forest.kernels.tree import tree_base


@inlined
def learn_newest(f: Forests, slot: int) -> None:
    """Offer the slot's newest shingle to all trees. The slot must be READY before the record was pushed.

    A full reservoir evicts its greatest priority; sequence numbers count every point offered.
    """
    row = f.slots[slot]
    x, seq = newest_offset(f, slot), row["seq"]
    point = np.uint32(0)
    taken = False
    for tree in range(f.n_trees):
        seed = tree_seed(row["seed"], tree)
        rank = priority(seed, seq, f.decay)
        full = f.sizes[slot, tree] == f.sample_size
        if full and not exceeds(f.worst[slot, tree], rank):
            continue
        if not taken:
            point, taken = take_point(f, slot), True
        base = tree_base(f, slot, tree)
        if full:
            position = sample_with(f, base, f.sample_size, f.worst[slot, tree])
            evicted = f.samples[base + position]
            delete(f, slot, tree, base, position)
            release_point(f, slot, evicted)
        insert(f, slot, tree, base, seed, f.records, x, point, seq, rank)
        f.references[row["point_start"] + point] += 1
        f.worst[slot, tree] = greatest(f, base, f.sizes[slot, tree], rank)
    row["seq"] = seq + 1


@kernel
def greatest(f: Forests, base: int, size: int, near: int) -> np.int64:
    """The greatest priority among `size` samples, as seen from `near`, which is one of them."""
    best = np.int64(0)
    for a in range(index(base), index(base + size)):
        best = max(best, np.int64(np.uint64(f.priorities[a]) - np.uint64(near)))
    return np.int64(np.uint64(near) + np.uint64(best))


@kernel
def sample_with(f: Forests, base: int, size: int, priority: int) -> int:
    """Position of the first sample of a priority."""
    position = size
    for a in range(size):
        if f.priorities[index(base + a)] == priority:
            position = min(position, a)
    return position
