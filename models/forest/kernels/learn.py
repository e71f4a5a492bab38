"""Learning one point: every tree's time-decayed reservoir accepts or refuses it (Efraimidis & Spirakis 2006)."""

from __future__ import annotations

import numpy as np

from models.compiled import kernel
from models.forest.kernels.delete import delete
from models.forest.kernels.insert import insert
from models.forest.kernels.layout import Forests
from models.forest.kernels.randomness import exceeds, priority, tree_seed
from models.forest.kernels.store import newest_offset, release_point, take_point
from models.forest.kernels.tree import tree_base


@kernel
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
            position = greatest(f, base, f.sample_size)
            evicted = f.samples[base + position]
            delete(f, slot, tree, base, position)
            release_point(f, slot, evicted)
        insert(f, slot, tree, base, seed, f.records, x, point, seq, rank)
        f.references[row["point_start"] + point] += 1
        size = f.sizes[slot, tree]
        f.worst[slot, tree] = f.priorities[base + greatest(f, base, size)]
    row["seq"] = seq + 1


@kernel
def greatest(f: Forests, base: int, size: int) -> int:
    """Position of the greatest priority among `size` samples; the leftmost of equals."""
    position, value = 0, f.priorities[base]
    for a in range(1, size):
        if exceeds(f.priorities[base + a], value):
            position, value = a, f.priorities[base + a]
    return position
